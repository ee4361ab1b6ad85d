"""`vertelpaal worker`: open, inspect and transcribe what poles delivered."""

from __future__ import annotations

import fcntl
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vertelpaal.errors import NoSafeDecoding, SettingsError

if TYPE_CHECKING:
    from server.config import ServerSettings
    from server.decoding.decoder import Decoder
    from server.pipeline.worker import Worker
    from server.speech.transcriber import Transcriber

log = logging.getLogger(__name__)

CONCURRENCY = 2


@click.command(
    "worker",
    epilog="The worker is the only part of the server that reads the private keys in VERTELPAAL_HOME/keys. Without a "
    "speech model recordings wait; `vertelpaal models fetch small` brings one.",
)
@click.option("--name", default="worker-1", show_default=True, help="Its name, stable and unique on this machine.")
def command(name: str) -> None:
    """Open, inspect and transcribe what poles delivered, until told to stop."""
    from server.config import ServerSettings

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("server").setLevel(logging.INFO)
    settings = ServerSettings.load()
    ended = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: ended.set())
    with _alone(settings.folder, name):
        make_worker(settings, name).run(ended)


def make_worker(settings: ServerSettings, name: str) -> Worker:
    """Return a worker on this machine's settings; what it needs is imported here, as it is heavy."""
    from server.backup.places import Places, check_restored
    from server.database import Database, make_engine
    from server.decoding.decoder import Decoder
    from server.migrations import check_head
    from server.pipeline.janitor import Janitor
    from server.pipeline.media import inspect_and_remux
    from server.pipeline.settling import Folders
    from server.pipeline.unpack import Unpacker
    from server.pipeline.worker import Worker
    from server.privacy.journal import Journal
    from vertelpaal.clock import SystemClock
    from vertelpaal.keys import KeyRing

    places = Places.of(settings)
    check_restored(places)
    engine = make_engine(settings.database)
    check_head(engine)
    database, clock = Database(engine), SystemClock()
    folders = Folders(
        settings.intake_folder, settings.work_folder / name, settings.media_folder, settings.quarantine_folder
    )
    key = settings.withdrawal_key.get_secret_value().encode()
    decoder = Decoder(without_wall=settings.decodes_without_wall, ahead=True)
    say_how_it_decodes(decoder)
    journal = Journal(places.journal, settings.periods.tombstone)
    remux = partial(inspect_and_remux, decoder=decoder)
    return Worker(
        name=name,
        database=database,
        folders=folders,
        unpacker=Unpacker(database, folders, KeyRing(settings.keys_folder), key, clock, remux),
        find_transcriber=lambda: find_transcriber(settings, decoder),
        work_url=settings.work_database,
        clock=clock,
        concurrency=CONCURRENCY,
        is_running=partial(is_running, settings.folder),
        janitor=Janitor(database, folders, clock, settings.days_aside, settings.periods, journal),
    )


def say_how_it_decodes(decoder: Decoder) -> None:
    """Log in plain words when this machine has no wall to decode behind, and what follows from that."""
    try:
        missing = decoder.check()
    except NoSafeDecoding as error:
        log.error("%s", error)
        return
    if missing:
        log.warning("recordings are decoded WITHOUT a wall, as VERTELPAAL_DECODE_WITHOUT_WALL allows: %s", missing)


def find_transcriber(settings: ServerSettings, decoder: Decoder) -> Transcriber | None:
    """Return the speech model of the settings, loaded; None while it is not here."""
    from models.device import settle_device
    from models.store import find_model
    from server.speech.hearing import ChildHearing
    from server.speech.whisper import load_whisper

    device = settle_device(settings.device)
    model = find_model(settings.models_folder, settings.model, device)
    return load_whisper(model, device, hearing=ChildHearing(decoder)) if model else None


def is_running(folder: Path, name: str) -> bool:
    """Return whether a worker of this name runs on this machine."""
    try:
        with _alone(folder, name):
            return False
    except SettingsError:
        return True


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """Hold the name, so that no second worker takes up the work of this one."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{name}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(f"a worker named {name} runs already; give this one another --name") from error
        yield

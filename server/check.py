"""`vertelpaal check` on a server: settings, database, clock, keys, disk, speech model, worker, backups."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from vertelpaal.check import Finding
from vertelpaal.errors import VertelpaalError

if TYPE_CHECKING:
    from server.config import ServerSettings
    from server.database import Database

LITTLE_ROOM = 5 * 2**30
WORKER_SILENT = timedelta(minutes=1)


def findings() -> Iterator[Finding]:
    """Yield what there is to say; without settings nothing else can be looked at."""
    from server.config import ServerSettings

    try:
        settings = ServerSettings.load()
    except VertelpaalError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, f"read; data lives in {settings.home}")
    yield from findings_with(settings)


def findings_with(settings: ServerSettings) -> Iterator[Finding]:
    """Yield what there is to say of everything but the settings themselves."""
    looks: tuple[tuple[str, Callable[[ServerSettings], str]], ...] = (
        ("database", _database),
        ("clock", _clock),
        ("keys", _keys),
        ("media folder", _media_folder),
        ("disk", _disk),
        ("decoding", _decoding),
        ("speech model", _model),
        ("worker", _worker),
        ("deliveries", _deliveries),
    )
    for subject, look in looks:
        try:
            yield Finding(subject, True, look(settings))
        except (VertelpaalError, OSError) as error:
            yield Finding(subject, False, str(error))
    yield Finding("quarantine", None, _quarantine(settings))
    yield _backups(settings)


def _opened(settings: ServerSettings) -> Database:
    from server.database import Database, make_engine
    from server.migrations import check_head

    engine = make_engine(settings.database)
    check_head(engine)
    return Database(engine)


def _database(settings: ServerSettings) -> str:
    database = _opened(settings)
    return f"{database.engine.dialect.name}, every migration done"


def _clock(settings: ServerSettings) -> str:
    from server.privacy.belief import check_clock
    from vertelpaal.clock import SystemClock

    now = SystemClock().now()
    with _opened(settings).reading() as session:
        check_clock(session, now)
    return f"{now:%Y-%m-%d %H:%M} UTC, which may well be so"


def _keys(settings: ServerSettings) -> str:
    from vertelpaal.errors import UnfitMachine
    from vertelpaal.keys import key_for_poles, read_private_keys

    found = [str(key.to_public()) for key in read_private_keys(settings.keys_folder)]
    told = settings.public_key or key_for_poles(settings.home)
    if told not in found:
        raise UnfitMachine(f"poles are told to seal to {told[:16]}…, of which the private half is not here")
    return f"{len(found)} private key(s), poles seal to {told[:16]}…"


def _media_folder(settings: ServerSettings) -> str:
    settings.media_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    probe = settings.media_folder / ".check"
    probe.touch()
    probe.unlink()
    return f"{settings.media_folder} can be written"


def _disk(settings: ServerSettings) -> str:
    free = shutil.disk_usage(settings.folder).free
    if free < LITTLE_ROOM:
        raise OSError(f"only {free / 2**30:.1f} GiB free")
    return f"{free / 2**30:.1f} GiB free"


def _decoding(settings: ServerSettings) -> str:
    from server.decoding.decoder import Decoder
    from vertelpaal.errors import NoSafeDecoding

    if missing := Decoder(without_wall=settings.decodes_without_wall).check():
        raise NoSafeDecoding(f"WITHOUT a wall, as VERTELPAAL_DECODE_WITHOUT_WALL allows: {missing}")
    return "in a child without network, files, processes or privileges"


def _model(settings: ServerSettings) -> str:
    from models.device import settle_device
    from models.store import find_model
    from vertelpaal.errors import ModelError

    model = find_model(settings.models_folder, settings.model, settle_device(settings.device))
    if model is None:
        raise ModelError("none; recordings wait. `vertelpaal models fetch small` brings one")
    return f"{model.name}, SHA-256 {model.sha256[:16]}…"


def _worker(settings: ServerSettings) -> str:
    from sqlalchemy import select

    from server.tables import WorkerRow
    from vertelpaal.clock import SystemClock
    from vertelpaal.errors import SettingsError

    with _opened(settings).reading() as session:
        row = session.scalar(select(WorkerRow).order_by(WorkerRow.last_seen_at.desc()).limit(1))
    if row is None or SystemClock().now() - row.last_seen_at > WORKER_SILENT:
        raise SettingsError("no worker is alive; start one with `vertelpaal worker`")
    return f"{row.id} is alive"


def _deliveries(settings: ServerSettings) -> str:
    from sqlalchemy import select

    from server.tables import EnvelopeRow, EnvelopeState

    with _opened(settings).reading() as session:
        waiting = session.scalars(select(EnvelopeRow.visit_id).where(EnvelopeRow.state == EnvelopeState.RECEIVED)).all()
    gone = [visit_id for visit_id in waiting if not (settings.intake_folder / f"{visit_id}.age").exists()]
    if gone:
        raise OSError(
            f"{len(gone)} envelope(s) are not in {settings.intake_folder}, first {gone[0]}; is its disk there?"
        )
    return f"{len(waiting)} wait for the worker"


def _backups(settings: ServerSettings) -> Finding:
    """Say whether backups can be made; a library may make them in a way of its own, so it is nothing wrong."""
    if settings.backup_key is None:
        says = "NONE is made: no key for them is known; `vertelpaal keys for-backup FILE` makes one (docs/backup.md)"
        return Finding("backups", None, says)
    return Finding("backups", True, f"sealed to {settings.backup_key[:16]}…")


def _quarantine(settings: ServerSettings) -> str:
    from server.review.queries import quarantined

    try:
        with _opened(settings).reading() as session:
            return f"{len(quarantined(session, settings.days_aside))} thing(s) put aside"
    except VertelpaalError as error:
        return str(error)

"""One story in one process: two visitors at a pole, their envelopes on their way, and the library that opens them."""

from __future__ import annotations

import contextlib
import hashlib
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import requests
from pyrage import x25519
from sqlalchemy import func, select

from kiosk.agent import LOOK_SECONDS, Agent
from kiosk.conditions import Room
from kiosk.events import Ticked
from kiosk.journey import Screen
from kiosk.outbox import Outbox, SealedVisit
from kiosk.scene import Scene
from kiosk.server_client import ServerClient
from kiosk.shelf import Shelf, Token
from kiosk.take import Takes
from kiosk.uplink import Uplink
from server.app import create_app
from server.config import ServerSettings
from server.database import Database, make_engine
from server.intake.envelopes import Intake
from server.migrations import migrate
from server.pipeline.janitor import Janitor
from server.pipeline.media import RemuxedMedia
from server.pipeline.settling import Folders
from server.pipeline.unpack import Remux, Unpacker
from server.privacy.withdrawal import withdraw
from server.tables import EnvelopeRow, EnvelopeState, VisitRow
from tests.makers import WITHDRAWAL_KEY, HandClock, create_library
from tests.media import create_webm
from tests.serving import serving
from vertelpaal.errors import VertelpaalError
from vertelpaal.visit import Receipt

Told = Literal["saved", "not saved", "receipt", "withdrawn"]
Tell = Callable[[Told, UUID], None]
"""Writes down what was acknowledged, outside of everything that can be lost."""

TOUCHES = {
    Screen.ATTRACT: "start",
    Screen.LANGUAGE: "language:nl",
    Screen.WAY: "way:voice",
    Screen.AGE: "age:16-plus",
    Screen.NOTICE: "yes",
    Screen.READY: "record",
    Screen.PLAYBACK: "keep",
    Screen.CONSENT: "yes",
    Screen.PROFILE: "skip",
    Screen.THANKS: "done",
}
SPEECH_SECONDS = 1.0
TRIES = 40
"""How often the story goes on when something fails, before it gives up."""


@dataclass(frozen=True)
class Cast:
    """Who plays: the house's own parts, or ones that misbehave."""

    outbox: type[Outbox] = Outbox
    intake: type[Intake] = Intake
    remux: Remux | None = None
    """None stands for a remux that copies, so that no decoder has to be started for each crash."""
    withdraw: Callable[..., object] = withdraw


@dataclass(frozen=True)
class Props:
    """What the story needs and cannot lose: it lies outside of every crash."""

    identity: str
    speech: bytes


def prepare(home: Path) -> Props:
    """Set up a library and a paired pole in `home`, at rest; folders that nothing was in yet are not made yet."""
    engine = make_engine(settings_of(home).database)
    migrate(engine)
    sample = create_library(Database(engine), home / "server", HandClock())
    engine.dispose()
    shelf = Shelf(home / "kiosk")
    shelf.keep_token(Token(kiosk_id=sample.kiosk_id, token=sample.token))
    props = Props(str(sample.identity), create_webm(SPEECH_SECONDS))
    with playing(home, props, Cast(), lambda *_: None) as stage:
        stage.uplink.once()
    for folder in (home / "kiosk" / "outbox", *vars(folders_of(home)).values()):
        shutil.rmtree(folder)
    return props


class NotingClient(ServerClient):
    """The pole's client, which tells of every receipt."""

    def __init__(self, url: str, tell: Tell) -> None:
        super().__init__(url)
        self._tell = tell

    def deliver(self, token: Token, sealed: SealedVisit) -> Receipt:
        receipt = super().deliver(token, sealed)
        self._tell("receipt", receipt.visit_id)
        return receipt


class Stage:
    """The pole and the library, both running in this process, with real HTTP between them."""

    def __init__(self, home: Path, props: Props, cast: Cast, tell: Tell, url: str, database: Database) -> None:
        clock = HandClock()
        self.url = url
        shelf, outbox, takes = Shelf(home / "kiosk"), cast.outbox(home / "kiosk" / "outbox"), Takes()
        self._clock, self._takes, self._props, self._tell = clock, takes, props, tell
        self._database, self._shelf = database, shelf
        self.folders = folders_of(home)
        self.agent = Agent(
            clock=clock,
            shelf=shelf,
            outbox=outbox,
            takes=takes,
            languages=("nl",),
            free_bytes=lambda: shutil.disk_usage(outbox.folder).free,
            show=self._hear,
            tell_volume=lambda _: None,
            on_sealed=lambda: None,
            clock_offset=lambda: None,
            public_url=None,
        )
        self.uplink = Uplink(
            client=NotingClient(url, tell),
            shelf=shelf,
            outbox=outbox,
            clock=clock,
            rng=random.Random(1),
            on_publication=self.agent.publication_arrived,
            on_pairing=self.agent.pairing,
            seconds=30,
        )
        self.outbox = outbox
        identity = x25519.Identity.from_str(props.identity)
        self.unpacker = Unpacker(
            database, self.folders, [identity], WITHDRAWAL_KEY, clock, remux=cast.remux or copy_instead
        )
        self._settled = threading.Event()

    def look(self) -> tuple[Screen, Room]:
        """Let the pole notice what fits on its disk; return its screen and what it offers."""
        self._clock.forward(LOOK_SECONDS + 1)
        self.agent._look_now_and_then()
        return self.agent._journey.screen, self.agent._journey.conditions.room

    def visit(self, speaks: bool, meanwhile: Callable[[], object] = lambda: None) -> UUID:
        """Let somebody make a visit to its end, and return its id; `meanwhile` happens while they speak."""
        visit_id = None
        for _ in range(TRIES):
            screen, draft = self.agent._journey.screen, self.agent._journey.draft
            if draft is not None:
                visit_id = draft.id
            if screen in (Screen.THANKS, Screen.CLOSED):
                assert visit_id is not None, "the pole was closed before somebody came"
                self._tell("saved" if screen is Screen.THANKS else "not saved", visit_id)
                self._act("done")
                return visit_id
            if screen is Screen.RECORDING:
                meanwhile()
            self._take_a_step(screen, speaks)
        raise AssertionError(f"the visit came to no end: {screen}")

    def declares(self, visit_id: UUID, sealed: bytes) -> int:
        """Declare an envelope to the library; return the status of its answer."""
        declared = {"length": len(sealed), "sha256": hashlib.sha256(sealed).hexdigest()}
        return self._asks("PUT", visit_id, json=declared)

    def sends(self, visit_id: UUID, piece: bytes, offset: int) -> int:
        """Send a piece of an envelope to the library; return the status of its answer."""
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self._asks("PATCH", visit_id, data=piece, headers=headers)

    def deliver(self, sealed: SealedVisit) -> None:
        """Let the pole deliver one envelope, and nothing else."""
        self.outbox.confirm(sealed, self.uplink._client.deliver(self._token(), sealed))

    def unpack(self) -> None:
        """Open what was received."""
        with self._database.reading() as session:
            waiting = session.scalars(
                select(EnvelopeRow.visit_id).where(EnvelopeRow.state == EnvelopeState.RECEIVED)
            ).all()
        for visit_id in waiting:
            self.unpacker.unpack(visit_id)

    def is_done(self) -> bool:
        """Return whether nothing waits anywhere."""
        busy = (EnvelopeState.UPLOADING, EnvelopeState.RECEIVED)
        with self._database.reading() as session:
            unfinished = session.scalar(select(EnvelopeRow.visit_id).where(EnvelopeRow.state.in_(busy)).limit(1))
        return unfinished is None and not self.outbox.waiting()

    def highest_sequence(self) -> int:
        """Return the highest number of a visit that was opened."""
        with self._database.reading() as session:
            return session.scalar(select(func.max(VisitRow.sequence))) or 0

    def drain(self) -> int:
        """Deliver and open until nothing waits; return how many rounds failed, the last one too if something waits."""
        failures = 0
        for _ in range(TRIES):
            try:
                self.uplink.once()
                self.unpack()
                if self.is_done():
                    return failures
            except Exception:  # whatever the disk did: the next round goes on
                failures += 1
        return failures + 1

    def brings(self) -> None:
        """Deliver until nothing waits at the pole; nothing is opened."""
        for _ in range(TRIES):
            with contextlib.suppress(VertelpaalError):
                self.uplink.once()
                if not self.outbox.waiting():
                    return

    def _asks(self, method: str, visit_id: UUID, *, headers: dict[str, str] | None = None, **request: Any) -> int:
        sent = {"Authorization": f"Bearer {self._token().token}", **(headers or {})}
        url = f"{self.url}/api/v1/envelopes/{visit_id}"
        return requests.request(method, url, headers=sent, timeout=30, **request).status_code

    def _token(self) -> Token:
        token = self._shelf.token()
        assert token is not None
        return token

    def _take_a_step(self, screen: Screen, speaks: bool) -> None:
        journey = self.agent._journey
        if screen is Screen.SAVING:
            assert self._settled.wait(30), "the pole said nothing"
        elif screen is Screen.COUNTDOWN:
            self._clock.forward(4)
            self.agent.handle(Ticked())
        elif screen is Screen.RECORDING:
            assert journey.take is not None
            self.agent.chunk(journey.take, 0, self._props.speech)
            self.agent.take_finished(journey.take, 1, "audio/webm", SPEECH_SECONDS, heard=True)
        elif screen is Screen.QUESTION:
            offered = "smiley:4" if journey.question.kind.value == "smiley" else "next"
            self._act(offered)
        elif screen is Screen.WAY and not speaks:
            self._act("skip")
        else:
            self._act(TOUCHES[screen])

    def _act(self, action: str) -> None:
        self._settled.clear()
        self.agent.act(self.agent._serial, action, None)

    def _hear(self, scene: Scene) -> None:
        if scene.screen in (Screen.THANKS, Screen.CLOSED):
            self._settled.set()


@contextlib.contextmanager
def playing(home: Path, props: Props, cast: Cast, tell: Tell) -> Iterator[Stage]:
    """Start the pole and the library of `home` as after any start of the machine."""
    settings = settings_of(home)
    identity = x25519.Identity.from_str(props.identity)
    app = create_app(settings, lambda: str(identity.to_public()), HandClock())
    database: Database = app.extensions["vertelpaal"].database
    app.extensions["intake"] = cast.intake(database, settings.intake_folder, HandClock())
    try:
        with serving(app) as url:
            yield Stage(home, props, cast, tell, url, database)
    finally:
        database.engine.dispose()


def two_visits(home: Path, props: Props, cast: Cast, tell: Tell) -> None:
    """Let one visitor speak and one only tap; deliver and open both."""
    with playing(home, props, cast, tell) as stage:
        for speaks in (True, False):
            with contextlib.suppress(VertelpaalError):
                stage.visit(speaks)
        stage.drain()


def one_receipt(home: Path, props: Props, cast: Cast, tell: Tell) -> None:
    """Let one visitor speak, and deliver that to its receipt; it ends before anything is opened."""
    with playing(home, props, cast, tell) as stage:
        with contextlib.suppress(VertelpaalError):
            stage.visit(speaks=True)
        stage.brings()


def start_again(home: Path, props: Props) -> None:
    """Do what a start of the machines does: the janitor cleans, the pole delivers, the worker opens."""
    with playing(home, props, Cast(), lambda *_: None) as stage:
        Janitor(stage._database, stage.folders, HandClock(), quarantine_days=90).clean()
        assert stage.drain() == 0, "something failed although the disk is well again"
        assert stage.outbox.next_sequence() > stage.highest_sequence(), "a number was given twice"


def folders_of(home: Path) -> Folders:
    """Return where the library of `home` keeps its files."""
    server = home / "server"
    return Folders(server / "intake", server / "work", server / "media", server / "quarantine")


def copy_instead(source: Path, folder: Path, name: str, seconds: float) -> RemuxedMedia:
    """Stand in for the remux of a voice."""
    target = folder / f"{name}.webm"
    target.unlink(missing_ok=True)  # so that its name is given anew: a sync of the folder may have failed before
    target.write_bytes(source.read_bytes())
    return RemuxedMedia(target, "audio/webm", seconds, None, None, None, None, None)


def settings_of(home: Path) -> ServerSettings:
    """Return the settings of the library of `home`."""
    return ServerSettings(home=home, secret_key="s" * 40, withdrawal_key=WITHDRAWAL_KEY.decode(), https_only=False)

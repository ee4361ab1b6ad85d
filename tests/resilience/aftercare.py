"""A second story: an envelope is put aside and let in again, visits are taken back, and the janitor cleans up."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from pyrage import x25519
from sqlalchemy import select

from kiosk.shelf import Shelf
from server.database import Database, make_engine
from server.pipeline.janitor import Janitor
from server.pipeline.retry import retry
from server.pipeline.settling import Folders
from server.pipeline.unpack import Unpacker
from server.privacy.belief import trust
from server.privacy.periods import UPLOAD_KEPT
from server.tables import EnvelopeRow, EnvelopeState
from tests.makers import BETTER, HOURS, NOW, STAFF, WITHDRAWAL_KEY, HandClock, create_recording, create_visit, seal
from tests.resilience.story import Cast, Props, Tell, copy_instead, folders_of, settings_of
from vertelpaal.identifiers import new_id
from vertelpaal.visit import RecordingAnswer, SmileyAnswer, Visit

QUARANTINE_DAYS = 90
LONG_AGO = (NOW - timedelta(days=200)).timestamp()
"""When what nobody owns was last written."""


class House:
    """The library without its doors: intake, worker, janitor, and whoever takes a visit back."""

    def __init__(self, home: Path, props: Props, cast: Cast, tell: Tell, database: Database) -> None:
        token = Shelf(home / "kiosk").token()
        assert token is not None
        self.folders: Folders = folders_of(home)
        self.clock = HandClock()
        self._kiosk_id, self._props, self._tell, self._database = token.kiosk_id, props, tell, database
        self._remux, self._withdraw = cast.remux or copy_instead, cast.withdraw
        self._identity = x25519.Identity.from_str(props.identity)
        self._unpacker = self._with_key(self._identity)
        self._intake = cast.intake(database, self.folders.intake, self.clock)

    def receives(self) -> Visit:
        """Take in a visit with a voice, to its receipt."""
        visit, sealed = self.seals()
        self.takes(visit, sealed)
        return visit

    def seals(self) -> tuple[Visit, bytes]:
        """Return a visit with a voice, and its sealed bytes."""
        recording = create_recording(self._props.speech)
        answers = (
            SmileyAnswer(question_id=HOURS, at=NOW, value=4),
            SmileyAnswer(question_id=STAFF, at=NOW, value=4),
            RecordingAnswer(question_id=BETTER, at=NOW, recording=recording),
        )
        visit = create_visit(self._kiosk_id, recording=recording, answers=answers)
        return visit, seal(visit, {recording.id: self._props.speech}, self._identity.to_public())

    def takes(self, visit: Visit, sealed: bytes) -> None:
        """Take sealed bytes in to their receipt."""
        self.takes_half(visit, sealed, len(sealed))
        self._tell("receipt", visit.id)

    def takes_half(self, visit: Visit, sealed: bytes, length: int) -> None:
        """Take in the first bytes of an envelope."""
        self._intake.declare(visit.id, self._kiosk_id, len(sealed), hashlib.sha256(sealed).hexdigest())
        self._intake.append(visit.id, self._kiosk_id, 0, [sealed[:length]])

    def opens(self, visit_id: UUID) -> None:
        """Let a worker open an envelope."""
        self._unpacker.unpack(visit_id)

    def puts_aside(self, visit_id: UUID) -> None:
        """Let a worker that has another key find an envelope."""
        self._with_key(x25519.Identity.generate()).unpack(visit_id)

    def retries(self) -> None:
        """Let in again whatever lies aside."""
        retry(self._database, self.folders, self.clock, everything=True)

    def takes_back(self, visit: Visit) -> None:
        """Let a visitor take a visit back, to the word that it is gone."""
        assert visit.withdrawal_code is not None
        kept = (self.folders.media, self.folders.quarantine)
        self._withdraw(self._database, kept, visit.withdrawal_code, WITHDRAWAL_KEY, self.clock)
        self._tell("withdrawn", visit.id)

    def leaves_rubbish(self) -> None:
        """Leave half an upload and media that nobody owns, as they lie long after."""
        visit, sealed = self.seals()
        self.takes_half(visit, sealed, len(sealed) // 2)
        (self.folders.media / f"{new_id()}.webm").write_bytes(b"of nobody")
        self.grows_old()

    def grows_old(self) -> None:
        """Let files look as they do long after; what lies whole aside keeps its time, as it is to come back."""
        halves = self.folders.quarantine.glob(".*.part")  # which the janitor ends with the period of quarantine
        for file in (*self.folders.intake.iterdir(), *self.folders.media.iterdir(), *halves):
            os.utime(file, (LONG_AGO, LONG_AGO))

    def cleans(self) -> None:
        """Let the janitor clean, when nobody goes on with an upload any more."""
        self.clock.forward((UPLOAD_KEPT + timedelta(days=1)).total_seconds())
        with self._database.transaction() as session:
            trust(session, self.clock.now())  # as a manager says after weeks
        Janitor(self._database, self.folders, self.clock, QUARANTINE_DAYS).clean()

    def waiting(self) -> list[UUID]:
        """Return what waits to be opened."""
        with self._database.reading() as session:
            received = select(EnvelopeRow.visit_id).where(EnvelopeRow.state == EnvelopeState.RECEIVED)
            return list(session.scalars(received))

    def _with_key(self, identity: x25519.Identity) -> Unpacker:
        return Unpacker(self._database, self.folders, [identity], WITHDRAWAL_KEY, self.clock, self._remux)


def aftercare(home: Path, props: Props, cast: Cast, tell: Tell) -> None:
    """Put one envelope aside and let it in again, take one visit back after it was opened and one before; clean."""
    with _living_in(home, props, cast, tell) as house:
        aside = house.receives()
        house.puts_aside(aside.id)
        house.retries()
        house.opens(aside.id)
        opened = house.receives()
        house.opens(opened.id)
        house.takes_back(opened)
        early, sealed = house.seals()
        house.takes_back(early)
        house.takes(early, sealed)
        house.opens(early.id)
        house.leaves_rubbish()
        house.cleans()


def go_on(home: Path, props: Props) -> None:
    """Do what is done after a start: the janitor cleans, what lies aside is let in again, the worker opens."""
    with _living_in(home, props, Cast(), lambda *_: None) as house:
        for _ in range(2):  # what the janitor receives, and what it no longer has to wait for
            house.grows_old()
            house.cleans()
            house.retries()
            for visit_id in house.waiting():
                house.opens(visit_id)


@contextmanager
def _living_in(home: Path, props: Props, cast: Cast, tell: Tell) -> Iterator[House]:
    engine = make_engine(settings_of(home).database)
    try:
        yield House(home, props, cast, tell, Database(engine))
    finally:
        engine.dispose()

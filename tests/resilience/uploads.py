"""Uploads over a bad line, and the record against which they are compared."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from kiosk.outbox import Outbox, SealedVisit
from kiosk.server_client import ServerClient
from kiosk.shelf import Shelf, Token
from kiosk.uplink import Uplink
from server.tables import EnvelopeRow, EnvelopeState, LiveEventRow
from tests.makers import SampleLibrary, create_recording, create_visit
from tests.resilience.proxy import BadLine, Fault, Kind
from tests.serving import Quiet, serving
from vertelpaal.visit import Receipt

BATCH = 25
MOST_STEPS = 40
"""Tries of the uplink for each envelope; more would mean that it gets nowhere."""
GIVES_UP_SECONDS = 0.5
ODDS = {
    Kind.CUT: 24,
    Kind.RESET: 24,
    Kind.STALL: 4,
    Kind.SLOW: 2,
    Kind.SLOW_HEADERS: 8,
    Kind.PORTAL: 12,
    Kind.REDIRECT: 12,
}
"""How often each fault comes; the slow ones seldom, as they take real time."""


def any_fault(rng: random.Random) -> Fault:
    """Return a fault anywhere in the first envelopes of a connection, or in the answers to them."""
    (kind,) = rng.choices(list(ODDS), list(ODDS.values()))
    if kind is Kind.SLOW:
        return Fault(kind, rng.randint(256, 2048), rng.random() < 0.5)
    if kind is Kind.SLOW_HEADERS:
        return Fault(kind, rng.randint(100, 1000), upward=False)
    upward = rng.random() < 0.6
    return Fault(kind, rng.randint(0, 12_000 if upward else 2_000), upward)


class Notary(Outbox):
    """An outbox that looks, whenever an envelope is removed, whether the server has it."""

    def __init__(self, folder: Path, sample: SampleLibrary) -> None:
        super().__init__(folder)
        self._sample = sample
        self.sealed: dict[UUID, bytes] = {}
        self.removed_untruly: list[UUID] = []

    def note(self, sealed: SealedVisit) -> None:
        """Write down what was sealed."""
        self.sealed[sealed.visit_id] = sealed.file.read_bytes()

    def confirm(self, sealed: SealedVisit, receipt: Receipt) -> None:
        super().confirm(sealed, receipt)
        if not has_arrived(self._sample, sealed.visit_id, self.sealed[sealed.visit_id]):
            self.removed_untruly.append(sealed.visit_id)


def has_arrived(sample: SampleLibrary, visit_id: UUID, data: bytes) -> bool:
    """Return whether the server has these very bytes, and says so."""
    with sample.database.reading() as session:
        row = session.get(EnvelopeRow, visit_id)
    file = sample.folders.sealed(visit_id)
    return row is not None and row.state == EnvelopeState.RECEIVED and file.exists() and file.read_bytes() == data


@dataclass(frozen=True)
class Verdict:
    """What became of the sealed visits."""

    sealed: int
    arrived: int
    doubled: int
    waiting: int
    removed_untruly: int
    halves: int
    followed: int


@dataclass
class Uploads:
    """A pole that seals visits and brings them over a bad line to a real server; its clock is moved by hand."""

    sample: SampleLibrary
    outbox: Notary
    uplink: Uplink
    line: BadLine
    rng: random.Random
    elsewhere: list[str]
    steps: int = 0
    boot: UUID = field(default_factory=lambda: UUID(int=1))

    def makes(self, count: int) -> Verdict:
        """Seal so many visits and bring them all over; return what became of them."""
        for at in range(0, count, BATCH):
            for _ in range(min(BATCH, count - at)):
                self._seal()
            self._drain()
        return self.verdict()

    def _seal(self) -> None:
        data = self.rng.randbytes(self.rng.randint(100, 6_000))
        recording = create_recording(data)
        visit = create_visit(self.sample.kiosk_id, recording=recording, sequence=self.outbox.next_sequence())
        self.outbox.note(self.outbox.put(visit, {recording.id: data}, [self.sample.identity.to_public()]))

    def _drain(self) -> None:
        for _ in range(BATCH * MOST_STEPS):
            if not self.outbox.waiting():
                return
            self.sample.clock.forward(self.uplink.step())
            self.steps += 1

    def verdict(self) -> Verdict:
        """Compare what was sealed with what the server has."""
        sealed = self.outbox.sealed
        with self.sample.database.reading() as session:
            told = Counter(session.scalars(select(LiveEventRow.subject).where(LiveEventRow.kind == "envelope")).all())
        return Verdict(
            sealed=len(sealed),
            arrived=sum(has_arrived(self.sample, visit_id, data) for visit_id, data in sealed.items()),
            doubled=sum(times > 1 for times in told.values()),
            waiting=len(self.outbox.waiting()),
            removed_untruly=len(self.outbox.removed_untruly),
            halves=len(list(self.sample.folders.intake.glob("*.part"))),
            followed=len(self.elsewhere),
        )


@contextmanager
def uploads(
    sample: SampleLibrary, app: Flask, seed: int, client: type[ServerClient] = ServerClient
) -> Iterator[Uploads]:
    """Set up a paired pole, a bad line and the real intake."""
    rng = random.Random(seed)
    elsewhere: list[str] = []
    home = sample.home / "pole"
    shelf, outbox = Shelf(home), Notary(home / "outbox", sample)
    shelf.keep_token(Token(kiosk_id=sample.kiosk_id, token=sample.token))
    with (
        serving(app, Quiet) as server,
        serving(_elsewhere(elsewhere), Quiet) as trap,
        BadLine(server, lambda: any_fault(rng), trap) as line,
    ):
        uplink = Uplink(
            client=client(line.url, timeout=GIVES_UP_SECONDS),
            shelf=shelf,
            outbox=outbox,
            clock=sample.clock,
            rng=random.Random(seed),
            on_publication=lambda _: None,
            on_pairing=lambda _: None,
            seconds=30,
        )
        yield Uploads(sample, outbox, uplink, line, random.Random(seed), elsewhere)


def _elsewhere(visited: list[str]) -> Flask:
    """Return where a redirect leads, which a pole never comes to."""
    trap = Flask("elsewhere")

    @trap.route("/<path:path>", methods=["GET", "PUT", "PATCH", "POST", "HEAD"])
    def come(path: str) -> str:
        visited.append(path)
        return "welcome"

    return trap

"""Parts of the house that promise too early, to show that the crash points notice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO
from uuid import UUID

from pyrage import x25519

from kiosk.outbox import Outbox, SealedVisit
from server.intake.envelopes import Intake, Progress
from server.tables import EnvelopeRow
from vertelpaal.visit import Receipt, Visit


class HastyOutbox(Outbox):
    """Says that a visit is sealed, and seals it when somebody asks what is to be sent."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._later: list[tuple[Visit, Mapping[UUID, bytes], Sequence[x25519.Recipient]]] = []

    def put(self, visit: Visit, media: Mapping[UUID, bytes], recipients: Sequence[x25519.Recipient]) -> SealedVisit:
        self._later.append((visit, media, recipients))
        return SealedVisit(visit.id, self.folder / "later")

    def waiting(self) -> list[SealedVisit]:
        while self._later:
            super().put(*self._later.pop(0))
        return super().waiting()


class HastyIntake(Intake):
    """Gives the receipt first, and keeps the envelope once the pole has removed its own."""

    def _complete(self, part: IO[bytes], row: EnvelopeRow, arrived: Callable[[], str]) -> None:
        """Later."""

    def _receive(self, row: EnvelopeRow) -> Progress:
        outbox = self._folder.parent.parent / "kiosk" / "outbox"

        def commit() -> None:
            while any(outbox.glob(f"*-{row.visit_id}.age")):
                time.sleep(0.01)
            with self._locked(row.visit_id) as part:
                Intake._complete(self, part, row, lambda: row.sha256)
            Intake._receive(self, row)

        threading.Thread(target=commit, daemon=True).start()
        receipt = Receipt(visit_id=row.visit_id, sha256=row.sha256, received_at=self._clock.now())
        return Progress(row.length, row.length, receipt)


def hasty_withdraw(*_: object) -> None:
    """Leave a withdrawal for later, which lets its visitor read that all is gone."""

"""Settling an envelope: its row and its sealed bytes change together, by one party at a time in any process."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from server.database import Database
from server.tables import EnvelopeRow, EnvelopeState
from vertelpaal.durable import remove_durably

LOCKS = 1024
"""Envelopes share this many lock files, so that no lock file is ever removed."""
OPENED = (EnvelopeState.PROCESSED, EnvelopeState.ERASED)


@dataclass(frozen=True)
class Folders:
    """Where the pipeline finds and leaves files."""

    intake: Path
    work: Path
    media: Path
    quarantine: Path

    def sealed(self, visit_id: UUID) -> Path:
        """Return the sealed bytes of a visit."""
        return self.intake / f"{visit_id}.age"

    def aside(self, visit_id: UUID) -> Path:
        """Return the sealed bytes of a visit that was put aside."""
        return self.quarantine / f"{visit_id}.age"


@contextmanager
def settling(folders: Folders, visit_id: UUID) -> Iterator[None]:
    """Wait until nobody else settles this envelope, and hold it: worker, janitor and `retry` may all want to."""
    with open(folders.intake / f".settle-{visit_id.int % LOCKS}", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def discard_sealed(database: Database, folders: Folders, visit_id: UUID) -> bool:
    """Remove the sealed bytes of an envelope that is done; what is quarantined has to lie aside first."""
    with settling(folders, visit_id):
        with database.reading() as session:
            row = session.get(EnvelopeRow, visit_id)
        if row is None:
            return False
        is_aside = row.state == EnvelopeState.QUARANTINED and folders.aside(visit_id).exists()
        if row.state not in OPENED and not is_aside:
            return False
        remove_durably(folders.sealed(visit_id))
        return True

"""Attempts at work: counted before it begins, so that what stops its worker time and again is put aside in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy.orm import Session

from server.database import Database
from server.tables import EnvelopeRow, RecordingRow


class Attempts:
    """Counts attempts at the rows of one table, and takes back the one that did not stop its worker.

    Knows which of this process are open: counted, and neither ended nor taken back. Safe to share between threads.
    """

    def __init__(self, database: Database, table: type[EnvelopeRow] | type[RecordingRow]) -> None:
        self._database = database
        self._table = table
        self._open: dict[UUID, int] = {}

    def count(self, session: Session, subject: UUID, row: EnvelopeRow | RecordingRow) -> int:
        """Count an attempt, and return which it is.

        Whoever takes it back from here on waits for this transaction, and finds by its number whether it was committed.
        """
        row.attempts += 1
        session.flush()
        self._open[subject] = row.attempts
        return row.attempts

    def end(self, subject: UUID) -> None:
        """Say that the attempt is over, and counts; one that was taken back stays so."""
        self._open.pop(subject, None)

    @contextmanager
    def ending(self, subject: UUID) -> Iterator[None]:
        """Say at the end of the block that the attempt is over, however the block ends."""
        try:
            yield
        finally:
            self.end(subject)

    def forgive(self, subject: UUID) -> None:
        """Take the open attempt back, once: it did not end, but it did not stop the worker either."""
        counted = self._open.pop(subject, None)
        if counted is None:
            return
        with self._database.transaction() as session:
            row = self._row(session, subject)
            if row.attempts == counted:
                row.attempts -= 1

    def _row(self, session: Session, subject: UUID) -> EnvelopeRow | RecordingRow:
        if self._table is EnvelopeRow:
            return session.get_one(EnvelopeRow, subject, with_for_update=True)
        return session.get_one(RecordingRow, subject, with_for_update=True)

    def forgive_unfinished(self) -> None:
        """Take back every open attempt, as at a stop that breaks it off."""
        for subject in list(self._open):
            self.forgive(subject)

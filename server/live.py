"""News for signed-in screens: workers and intake write rows, one thread of the web process reads and emits them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from server.database import Database
from server.privacy.belief import stamp_now
from server.tables import LiveEventRow
from vertelpaal.clock import Clock
from vertelpaal.traces import trace

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
EVERY_SECONDS = 0.5


def announce(session: Session, kind: str, subject: UUID | str, now: datetime) -> None:
    """Say that something happened to `subject`; it is news once the transaction is committed."""
    session.add(LiveEventRow(kind=kind, subject=str(subject), happened_at=stamp_now(session, now)))


def forget_old_news(session: Session, now: datetime) -> None:
    """Delete what was told long ago; the newest row stays, as SQLite would number the next one from 1 without it."""
    newest = select(func.max(LiveEventRow.id)).scalar_subquery()
    session.execute(delete(LiveEventRow).where(LiveEventRow.happened_at < now - KEPT, LiveEventRow.id < newest))


class LiveNews:
    """Reads the news in a thread and hands each to `emit(kind, subject)`."""

    def __init__(self, database: Database, clock: Clock, emit: Callable[[str, str], None]) -> None:
        self._database = database
        self._clock = clock
        self._emit = emit
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-news", daemon=True)
        self._last = 0

    def start(self) -> None:
        """Begin with what happens from now on."""
        with self._database.transaction() as session:
            forget_old_news(session, self._clock.now())
            self._last = session.scalar(select(func.max(LiveEventRow.id))) or 0
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            try:
                self._read()
                self._database.forget_owed()  # here, as nobody else looks this often: every process owes it to this one
            except (SQLAlchemyError, OSError) as error:
                log.error("the news could not be told; trying again: %s", trace(error))

    def _read(self) -> None:
        with self._database.reading() as session:
            fresh = select(LiveEventRow).where(LiveEventRow.id > self._last).order_by(LiveEventRow.id).limit(200)
            news = session.scalars(fresh).all()
        for event in news:
            self._emit(event.kind, event.subject)
            self._last = event.id

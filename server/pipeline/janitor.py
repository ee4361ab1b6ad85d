"""The janitor: removes what nothing points to any more, and what its time is over for; it says how much."""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, select

from server.database import Database
from server.live import KEPT as NEWS_KEPT
from server.pipeline.unpack import Folders
from server.tables import EnvelopeRow, EnvelopeState, LiveEventRow, RecordingRow, RecordingState
from vertelpaal.clock import Clock

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
SETTLED = timedelta(hours=1)
"""A file without a row is left alone for this long: its row may be about to be committed."""


class Janitor:
    """Cleans the folders of a worker, at its start and every hour."""

    def __init__(self, database: Database, folders: Folders, clock: Clock, quarantine_days: int) -> None:
        self._database = database
        self._folders = folders
        self._clock = clock
        self._kept = timedelta(days=quarantine_days)
        self._cleaned = clock.monotonic()

    def clean_now_and_then(self) -> None:
        """Clean if the last time is an hour ago; only while the worker's own folder of work is at rest."""
        if self._clock.monotonic() - self._cleaned >= EVERY_SECONDS:
            self._cleaned = self._clock.monotonic()
            self._clean_files()

    def clean(self) -> None:
        """Clean at the start, when nothing of this worker is under way."""
        shutil.rmtree(self._folders.work, ignore_errors=True)
        self._folders.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clean_files()

    def _clean_files(self) -> None:
        removed = self._end_quarantine() + self._remove_ownerless_media() + self._remove_finished_envelopes()
        with self._database.transaction() as session:
            session.execute(delete(LiveEventRow).where(LiveEventRow.happened_at < self._clock.now() - NEWS_KEPT))
        self._database.forget_deleted()
        if removed:
            log.info("the janitor removed %d file(s)", removed)

    def _remove_ownerless_media(self) -> int:
        """Remove media and quarantined recordings whose recording is erased, or never came to have a row."""
        with self._database.reading() as session:
            live = set(session.scalars(select(RecordingRow.id).where(RecordingRow.state != RecordingState.ERASED)))
            erased = set(session.scalars(select(RecordingRow.id).where(RecordingRow.state == RecordingState.ERASED)))
        files = [*self._folders.media.iterdir(), *self._folders.quarantine.glob("*.webm")]
        return sum(
            _remove(file)
            for file in files
            if (owner := _id_of(file)) is not None and owner not in live and (owner in erased or self._is_settled(file))
        )

    def _remove_finished_envelopes(self) -> int:
        """Remove sealed bytes of envelopes that are done; a power cut can bring a removed file back."""
        done = (EnvelopeState.PROCESSED, EnvelopeState.ERASED, EnvelopeState.QUARANTINED)
        with self._database.reading() as session:
            finished = set(session.scalars(select(EnvelopeRow.visit_id).where(EnvelopeRow.state.in_(done))))
        files = [*self._folders.intake.glob("*.age"), *self._folders.intake.glob("*.part")]
        return sum(_remove(file) for file in files if _id_of(file) in finished)

    def _end_quarantine(self) -> int:
        """Remove what was put aside too long ago, as the page of quarantine says."""
        before = self._clock.now() - self._kept
        return sum(_remove(file) for file in self._folders.quarantine.iterdir() if _written(file) < before)

    def _is_settled(self, file: Path) -> bool:
        return _written(file) < self._clock.now() - SETTLED


def _id_of(file: Path) -> UUID | None:
    try:
        return UUID(file.name.partition(".")[0])
    except ValueError:
        return None


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _remove(file: Path) -> int:
    file.unlink(missing_ok=True)
    return 1

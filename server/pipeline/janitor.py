"""The janitor: removes what nothing points to any more, and what its time is over for; it says how much.

While the clock is doubted (`server/privacy/belief.py`) nothing goes for its age: `now` is None then.
"""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import Database
from server.intake.envelopes import Intake
from server.live import forget_old_news
from server.pipeline.discard import discard
from server.pipeline.settling import Folders, discard_sealed
from server.privacy.belief import STEP_BACK, believe
from server.privacy.journal import Journal
from server.privacy.periods import UPLOAD_KEPT, Periods
from server.privacy.retention import end_what_is_over
from server.privacy.withdrawal import owner_of
from server.staff.operations import end_future_sessions
from server.tables import EnvelopeRow, EnvelopeState, RecordingRow, RecordingState
from vertelpaal.clock import AMSTERDAM, Clock
from vertelpaal.errors import DoubtedClock

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
NIGHT_HOUR = 3
"""From this hour in Amsterdam a day's retention may run; a machine that was off then does it when it starts."""
SETTLED = timedelta(hours=1)
"""A file without a row is left alone for this long: its row may be about to be committed."""


class Janitor:
    """Cleans the folders of a worker, at its start and every hour; with periods it ends what is over, each night."""

    def __init__(
        self,
        database: Database,
        folders: Folders,
        clock: Clock,
        quarantine_days: int,
        periods: Periods | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._database = database
        self._periods = periods
        self._journal = journal
        self._ended_on: date | None = None
        """The night of the last retention that had nothing left to do."""
        self._folders = folders
        self._intake = Intake(database, folders.intake, clock)
        self._clock = clock
        self._kept = timedelta(days=quarantine_days)
        self._cleaned = clock.monotonic()

    def clean_now_and_then(self) -> datetime | None:
        """Clean if the last time is an hour ago; return the moment that was believed, None when there was none.

        The worker's folder of work is left alone.
        """
        if self._clock.monotonic() - self._cleaned < EVERY_SECONDS:
            return None
        self._cleaned = self._clock.monotonic()
        now = self._believe()
        if now is not None and _is_night(now) and _day(now) != self._ended_on:
            self._end_periods(now)
        self._clean_files(now)
        return now

    def clean(self) -> datetime | None:
        """Clean at the start, when nothing of this worker is under way; return the moment that was believed."""
        shutil.rmtree(self._folders.work, ignore_errors=True)
        self._folders.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        now = self._believe()
        if now is not None:
            self._end_periods(now)
        self._clean_files(now)
        return now

    def _believe(self) -> datetime | None:
        """Return what time it is; None when that is doubted, which is said every time."""
        now = self._clock.now()
        try:
            with self._database.transaction() as session:
                believe(session, now)
        except DoubtedClock as error:
            log.error("nothing is removed for its age: %s", error.message)
            return None
        return now

    def _clean_files(self, now: datetime | None) -> None:
        if now is not None:
            self._date_anew(now)
        removed = self._remove_ownerless_media(now) + self._remove_halves(now) + self._remove_finished_envelopes(now)
        whole = self._intake.receive_whole()
        if now is not None:
            removed += self._end_quarantine(now) + self._intake.forget_abandoned(now - UPLOAD_KEPT)
            with self._database.transaction() as session:
                forget_old_news(session, now)
        self._database.forget_deleted()
        if removed:
            log.info("the janitor removed %d file(s)", removed)
        if whole:
            log.info("%d envelope(s) were whole and had no receipt yet", whole)

    def _date_anew(self, now: datetime) -> None:
        """Let what a clock ahead dated beyond now count from now; it would outlive all others by as much."""
        for folder in (self._folders.media, self._folders.quarantine, self._folders.intake):
            for file in folder.iterdir():
                if not _is_older(file, now + STEP_BACK):
                    with suppress(FileNotFoundError):
                        os.utime(file, (now.timestamp(), now.timestamp()))
        with self._database.transaction() as session:
            end_future_sessions(session, now)

    def _end_periods(self, now: datetime) -> None:
        """End what was kept long enough; when one run could not end it all, the next cleaning goes on."""
        if self._periods is None:
            return
        ended = end_what_is_over(
            self._database, (self._folders.media, self._folders.quarantine), self._periods, self._clock
        )
        if ended.is_complete:
            self._ended_on = _day(now)
        if ended.total:
            log.info(
                "retention ended %s", ", ".join(f"{count} {kind}" for kind, count in ended.counts.items() if count)
            )
        if self._journal is not None:
            with self._database.reading() as session:
                lines = self._journal.end_lines(session, now)
            if lines:
                log.info("%d line(s) of the journal of withdrawals ended", lines)

    def _remove_ownerless_media(self, now: datetime | None) -> int:
        """Remove media and quarantined recordings that their row lets go of, or that never came to have a row."""
        with self._database.reading() as session:
            known = set(session.scalars(select(RecordingRow.id)))
            live = set(session.scalars(select(RecordingRow.id).where(RecordingRow.media_file.is_not(None))))
            aside = set(
                session.scalars(select(RecordingRow.id).where(RecordingRow.state == RecordingState.QUARANTINED))
            )
        media = [file for file in self._folders.media.iterdir() if owner_of(file) not in live]
        media += [file for file in self._folders.quarantine.glob("*.webm") if owner_of(file) not in aside]
        return sum(
            _remove(file)
            for file in media
            if (owner := owner_of(file)) is not None and (owner in known or _is_settled(file, now))
        )

    def _remove_halves(self, now: datetime | None) -> int:
        """Remove what a crash left half written (`vertelpaal.durable`); in the intake that is a part like any other."""
        halves = [half for folder in (self._folders.media, self._folders.quarantine) for half in folder.glob(".*.part")]
        return sum(_remove(half) for half in halves if _is_settled(half, now))

    def _remove_finished_envelopes(self, now: datetime | None) -> int:
        """Remove sealed bytes of envelopes that are done; a power cut can bring a removed file back."""
        with self._database.reading() as session:
            arriving = set(
                session.scalars(select(EnvelopeRow.visit_id).where(EnvelopeRow.state == EnvelopeState.UPLOADING))
            )
        parts = [file for file in self._folders.intake.glob("*.part") if owner_of(file) not in arriving]
        removed = sum(_remove(file) for file in parts if _is_settled(file, now))
        owners = [owner_of(file) for file in self._folders.intake.glob("*.age")]
        return removed + sum(
            discard_sealed(self._database, self._folders, owner) for owner in owners if owner is not None
        )

    def _end_quarantine(self, now: datetime) -> int:
        """Remove what was received too long ago and is still aside, as the page of quarantine says."""
        before = now - self._kept
        aside = EnvelopeRow.state == EnvelopeState.QUARANTINED, EnvelopeRow.received_at < before
        with self._database.reading() as session:
            visits = session.scalars(select(EnvelopeRow.visit_id).where(*aside)).all()
        discarded = sum(discard(self._database, self._folders, visit_id, self._clock) for visit_id in visits)
        with self._database.reading() as session:
            over = [file for file in self._folders.quarantine.iterdir() if _is_over(session, file, before)]
        return discarded + sum(_remove(file) for file in over)


def _is_over(session: Session, file: Path, before: datetime) -> bool:
    """Return whether what lies aside was received before this; of what no row knows it counts when it was written."""
    owner = owner_of(file)
    recording = session.get(RecordingRow, owner) if owner else None
    envelope = session.get(EnvelopeRow, recording.visit_id if recording else owner) if owner else None
    if envelope is None or envelope.received_at is None:
        return _is_older(file, before)
    return envelope.received_at < before


def _day(now: datetime) -> date:
    return now.astimezone(AMSTERDAM).date()


def _is_night(now: datetime) -> bool:
    """Return whether the night of this day has begun."""
    return now.astimezone(AMSTERDAM).hour >= NIGHT_HOUR


def _is_settled(file: Path, now: datetime | None) -> bool:
    return now is not None and _is_older(file, now - SETTLED)


def _is_older(file: Path, moment: datetime) -> bool:
    """Return whether a file was last written before this; one that went meanwhile was not."""
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC) < moment
    except FileNotFoundError:
        return False


def _remove(file: Path) -> int:
    file.unlink(missing_ok=True)
    return 1

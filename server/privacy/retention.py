"""Retention: what was kept long enough goes, kind by kind; taps stay, and belong to nobody in the end.

A run goes through the kinds in order and begins with the next one only when nothing of the last one is left, so the
code with which a visitor takes things back outlives the things. Rows let go first and files follow; where a crash comes
between, the janitor removes files that no row names. A run may be stopped anywhere and begun again. A clock that is
doubted (`server/privacy/belief.py`) ends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, exists, func, null, or_, select, update
from sqlalchemy.orm import Session

from server.database import Database
from server.live import announce
from server.moments import moment_of_visit
from server.privacy.belief import believe
from server.privacy.periods import Periods
from server.privacy.withdrawal import NO_MEDIA, NOBODY, remove_recording_files
from server.staff.operations import LONGEST
from server.tables import (
    AnswerRow,
    ConsentRow,
    RecordingRow,
    RecordingState,
    StaffRow,
    StaffSessionRow,
    TombstoneRow,
    TranscriptRow,
    VisitRow,
)
from vertelpaal.clock import Clock
from vertelpaal.visit import Way

BATCH = 200
MOST = 5000
"""How much one run ends at most; the next one goes on."""


@dataclass(frozen=True)
class Ended:
    """How much of each kind a run ended; when `is_complete` is false more waits for the next run."""

    counts: Mapping[str, int]
    is_complete: bool

    @property
    def total(self) -> int:
        """Return how much was ended of all kinds together."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class _Kind:
    """A kind that ends: `find` selects the key of what is over and its visit, `end` lets go of those."""

    name: str
    kept: Callable[[Periods], timedelta]
    find: Callable[[datetime], Select[Any, Any]]
    end: Callable[[Session, Sequence[Any]], object]
    has_files: bool = False


def count_over(session: Session, periods: Periods, now: datetime) -> Mapping[str, int]:
    """Return how much of each kind is over, and touch nothing."""
    over = {kind.name: kind.find(now - kind.kept(periods)).subquery() for kind in _KINDS}
    return {name: session.scalar(select(func.count()).select_from(query)) or 0 for name, query in over.items()}


def end_what_is_over(
    database: Database, media_folders: tuple[Path, ...], periods: Periods, clock: Clock, most: int = MOST
) -> Ended:
    """End at most so many things that are over, in the order of the kinds.

    Raises:
        DoubtedClock: nobody can say what is over; nothing is ended.
    """
    now = clock.now()
    with database.transaction() as session:
        believe(session, now)
    counts = dict.fromkeys((kind.name for kind in _KINDS), 0)
    for kind in _KINDS:
        before = now - kind.kept(periods)
        while (room := most - sum(counts.values())) > 0:
            size = min(BATCH, room)
            done = _end_batch(database, media_folders, kind, before, size, clock)
            counts[kind.name] += done
            if done < size:
                break
        else:
            return Ended(counts, is_complete=False)
    return Ended(counts, is_complete=True)


def _end_batch(
    database: Database, media_folders: tuple[Path, ...], kind: _Kind, before: datetime, size: int, clock: Clock
) -> int:
    with database.transaction() as session:
        found = session.execute(kind.find(before).limit(size).with_for_update()).all()
        keys = [key for key, _ in found]
        if keys:
            kind.end(session, keys)
    if kind.has_files and keys:
        remove_recording_files(media_folders, *keys)
    if visits := dict.fromkeys(visit_id for _, visit_id in found if visit_id is not None):
        with database.transaction() as session:
            for visit_id in visits:
                announce(session, "erased", visit_id, clock.now())  # last: whoever reads it may rely on it
    return len(keys)


def _is_over(before: datetime) -> ColumnElement[bool]:
    """Return the condition that a visit was before this."""
    return moment_of_visit() < before


def _find_recordings(way: Way) -> Callable[[datetime], Select[Any, Any]]:
    has_media = or_(
        RecordingRow.media_file.is_not(None),
        RecordingRow.poster_file.is_not(None),
        RecordingRow.state != RecordingState.TRANSCRIBED,  # a transcript may stay; without one nothing is left
    )
    return lambda before: (
        select(RecordingRow.id, RecordingRow.visit_id)
        .join(VisitRow, VisitRow.id == RecordingRow.visit_id)
        .where(RecordingRow.way == way, RecordingRow.state != RecordingState.ERASED, has_media, _is_over(before))
        .order_by(RecordingRow.id)
    )


def _end_recordings(session: Session, ids: Sequence[UUID]) -> None:
    """Let go of sound and picture, also of what was quarantined."""
    session.execute(update(RecordingRow).where(RecordingRow.id.in_(ids)).values(**NO_MEDIA))
    _close_empty(session, ids)


def _find_transcripts(before: datetime) -> Select[Any, Any]:
    return (
        select(TranscriptRow.recording_id, RecordingRow.visit_id)
        .join(RecordingRow, RecordingRow.id == TranscriptRow.recording_id)
        .join(VisitRow, VisitRow.id == RecordingRow.visit_id)
        .where(_is_over(before))
        .order_by(TranscriptRow.recording_id)
    )


def _end_transcripts(session: Session, ids: Sequence[UUID]) -> None:
    session.execute(delete(TranscriptRow).where(TranscriptRow.recording_id.in_(ids)))
    _close_empty(session, ids)


def _close_empty(session: Session, ids: Sequence[UUID]) -> None:
    """Say of recordings of which neither media nor words are left that they are erased."""
    has_words = exists().where(TranscriptRow.recording_id == RecordingRow.id)
    empty = update(RecordingRow).where(RecordingRow.id.in_(ids), RecordingRow.media_file.is_(None), ~has_words)
    session.execute(empty.values(state=RecordingState.ERASED, reason=None))


def _find_texts(before: datetime) -> Select[Any, Any]:
    """Select the visits with a typed answer."""
    typed = exists().where(AnswerRow.visit_id == VisitRow.id, AnswerRow.text.is_not(None))
    return select(VisitRow.id, VisitRow.id.label("visit_id")).where(typed, _is_over(before)).order_by(VisitRow.id)


def _end_texts(session: Session, ids: Sequence[UUID]) -> None:
    session.execute(update(AnswerRow).where(AnswerRow.visit_id.in_(ids)).values(text=None))


def _find_profiles(before: datetime) -> Select[Any, Any]:
    """Select the visits that still say something of who it was, or have consents or a code."""
    told = [getattr(VisitRow, name).is_distinct_from(value) for name, value in NOBODY.items()]
    told += [VisitRow.withdrawal_hash.is_not(None), exists().where(ConsentRow.visit_id == VisitRow.id)]
    return select(VisitRow.id, VisitRow.id.label("visit_id")).where(or_(*told), _is_over(before)).order_by(VisitRow.id)


def _end_profiles(session: Session, ids: Sequence[UUID]) -> None:
    session.execute(delete(ConsentRow).where(ConsentRow.visit_id.in_(ids)))
    session.execute(update(VisitRow).where(VisitRow.id.in_(ids)).values(**NOBODY, withdrawal_hash=None))


def _find_tombstones(before: datetime) -> Select[Any, Any]:
    over = select(TombstoneRow.withdrawal_hash, null()).where(TombstoneRow.withdrawn_at < before)
    return over.order_by(TombstoneRow.withdrawal_hash)


def _end_tombstones(session: Session, hashes: Sequence[str]) -> None:
    session.execute(delete(TombstoneRow).where(TombstoneRow.withdrawal_hash.in_(hashes)))


def _find_sessions(before: datetime) -> Select[Any, Any]:
    over = select(StaffSessionRow.token_hash, null()).where(StaffSessionRow.began_at < before)
    return over.order_by(StaffSessionRow.token_hash)


def _end_sessions(session: Session, hashes: Sequence[str]) -> None:
    session.execute(delete(StaffSessionRow).where(StaffSessionRow.token_hash.in_(hashes)))


def _find_staff(before: datetime) -> Select[Any, Any]:
    closed = StaffRow.disabled_at < before, StaffRow.password_hash != ""
    return select(StaffRow.id, null()).where(*closed).order_by(StaffRow.id)


def _end_staff(session: Session, ids: Sequence[UUID]) -> None:
    """Take name, address and password from closed accounts; the rows stay, as activities point to them."""
    for row in session.scalars(select(StaffRow).where(StaffRow.id.in_(ids))):
        row.email, row.name, row.password_hash = str(row.id), "Oud-medewerker", ""


_KINDS = (
    _Kind("video", lambda kept: kept.video, _find_recordings(Way.VIDEO), _end_recordings, has_files=True),
    _Kind("voice", lambda kept: kept.voice, _find_recordings(Way.VOICE), _end_recordings, has_files=True),
    _Kind("transcript", lambda kept: kept.transcript, _find_transcripts, _end_transcripts),
    _Kind("text", lambda kept: kept.text, _find_texts, _end_texts),
    _Kind("profile", lambda kept: kept.profile, _find_profiles, _end_profiles),
    _Kind("tombstone", lambda kept: kept.tombstone, _find_tombstones, _end_tombstones),
    _Kind("session", lambda _: LONGEST, _find_sessions, _end_sessions),
    _Kind("staff", lambda kept: kept.staff, _find_staff, _end_staff),
)

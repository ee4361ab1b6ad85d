"""Withdrawal: a code takes back what a visitor told; a tombstone stays, also for what arrives later."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from server.database import Database
from server.live import announce
from server.tables import AnswerRow, ConsentRow, RecordingRow, RecordingState, TombstoneRow, TranscriptRow, VisitRow
from vertelpaal.clock import Clock
from vertelpaal.durable import sync_folder
from vertelpaal.withdrawal import keyed_hash

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Withdrawn:
    """What a withdrawal did: `visit_id` is None when its envelope has not arrived yet."""

    visit_id: UUID | None
    recordings: int
    texts: int
    was_withdrawn_before: bool


def withdraw(database: Database, media_folders: tuple[Path, ...], code: str, key: bytes, clock: Clock) -> Withdrawn:
    """Erase media, transcripts and words of the visit with this code, and let its taps belong to nobody.

    A tombstone is kept for the code, whether or not its envelope has arrived: who withdraws in the minute after the
    thanks is heard as well.

    Raises:
        InvalidInput: it cannot be a code.
    """
    code_hash = keyed_hash(code, key)
    now = clock.now()
    with database.transaction() as session:
        hold_code(session, code_hash)
        before = session.get(TombstoneRow, code_hash)
        visit = session.scalar(select(VisitRow).where(VisitRow.withdrawal_hash == code_hash))
        if before is None:
            session.add(TombstoneRow(withdrawal_hash=code_hash, withdrawn_at=now, visit_id=visit.id if visit else None))
        recordings, texts = _erase(session, visit) if visit else ([], 0)
        if visit is not None:
            visit.withdrawn_at = now
            announce(session, "erased", visit.id, now)
    for recording_id in recordings:
        remove_recording_files(media_folders, recording_id)
    database.forget_deleted()
    found = visit.id if visit else (before.visit_id if before else None)
    return Withdrawn(found, len(recordings), texts, before is not None)


def meets_tombstone(session: Session, code_hash: str | None, visit_id: UUID | None = None) -> bool:
    """Return whether this code was withdrawn before its envelope came; note the visit when it is given."""
    if code_hash is None:
        return False
    tombstone = session.get(TombstoneRow, code_hash)
    if tombstone is None:
        return False
    if visit_id is not None:
        tombstone.visit_id = visit_id
    return True


def hold_code(session: Session, code_hash: str) -> None:
    """Let a withdrawal and the arrival of its visit happen one after the other (SQLite writers always do)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(int(code_hash[:15], 16))))


def _erase(session: Session, visit: VisitRow) -> tuple[list[UUID], int]:
    """Erase the rows' content, and detach the taps from what says who it was; return recordings and texts erased."""
    mine = select(RecordingRow.id).where(RecordingRow.visit_id == visit.id).with_for_update()
    recordings = list(session.scalars(mine))  # held first: a transcript under way ends before, or finds it erased
    session.execute(delete(TranscriptRow).where(TranscriptRow.recording_id.in_(recordings)))
    session.execute(
        update(RecordingRow)
        .where(RecordingRow.id.in_(recordings))
        .values(
            state=RecordingState.ERASED,
            reason=None,
            media_file=None,
            poster_file=None,
            media_sha256=None,
            media_bytes=None,
            too_dark=None,
        )
    )
    with_text = select(AnswerRow).where(AnswerRow.visit_id == visit.id, AnswerRow.text.is_not(None))
    texts = session.scalars(with_text).all()
    for answer in texts:
        answer.text = None
    session.execute(delete(ConsentRow).where(ConsentRow.visit_id == visit.id))
    visit.age_band = None
    visit.member = None
    visit.activity = None
    return recordings, len(texts)


def remove_recording_files(folders: tuple[Path, ...], recording_id: UUID) -> int:
    """Remove media, poster and quarantined bytes of a recording; return how many files that were."""
    removed = 0
    for folder in folders:
        for file in folder.glob(f"{recording_id}.*"):
            file.unlink(missing_ok=True)
            removed += 1
        if folder.is_dir():
            sync_folder(folder)
    return removed

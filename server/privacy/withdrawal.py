"""Withdrawal: a code takes back what a visitor told; a tombstone stays, also for what arrives later."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from server.database import Database
from server.live import announce
from server.privacy.belief import stamp_now
from server.speech.transcriber import UNKNOWN_LANGUAGE
from server.tables import AnswerRow, ConsentRow, RecordingRow, RecordingState, TombstoneRow, TranscriptRow, VisitRow
from vertelpaal.clock import Clock
from vertelpaal.durable import sync_folder
from vertelpaal.withdrawal import keyed_hash

log = logging.getLogger(__name__)

NOBODY = MappingProxyType(
    {"language": UNKNOWN_LANGUAGE, "activity": None, "age_band": None, "member": None, "pictures": None}
)
"""What a visit says of who made it, once its taps belong to nobody."""
NO_MEDIA = MappingProxyType(
    dict.fromkeys(
        (
            *("media_file", "media_type", "media_sha256", "media_bytes", "sealed_sha256"),
            *("poster_file", "video_codec", "width", "height", "seconds", "too_dark"),
        )
    )
)
"""What a recording says of its sound and picture, once they are gone."""
Remove = Callable[..., int]
"""Removes the files of recordings from folders, as `remove_recording_files` does."""


@dataclass(frozen=True)
class Withdrawn:
    """What a withdrawal did: `visit_id` is None when its envelope has not arrived yet."""

    visit_id: UUID | None
    recordings: int
    texts: int
    was_withdrawn_before: bool


def withdraw(
    database: Database,
    media_folders: tuple[Path, ...],
    code: str,
    key: bytes,
    clock: Clock,
    remove: Remove | None = None,
) -> Withdrawn:
    """Erase media, transcripts and words of the visit with this code, and let its taps belong to nobody.

    A tombstone is kept for the code, whether or not its envelope has arrived: who withdraws in the minute after the
    thanks is heard as well.

    Raises:
        InvalidInput: it cannot be a code.
    """
    return take_back(database, media_folders, keyed_hash(code, key), clock, remove)


def take_back(
    database: Database,
    media_folders: tuple[Path, ...],
    code_hash: str,
    clock: Clock,
    remove: Remove | None = None,
) -> Withdrawn:
    """Do what a withdrawal does, for the code with this keyed hash."""
    with database.transaction() as session:
        now = stamp_now(session, clock.now())
        hold_code(session, code_hash)
        before = session.get(TombstoneRow, code_hash)
        visit = session.scalar(select(VisitRow).where(VisitRow.withdrawal_hash == code_hash))
        if before is None:
            session.add(TombstoneRow(withdrawal_hash=code_hash, withdrawn_at=now, visit_id=visit.id if visit else None))
        recordings, texts = _erase(session, visit) if visit else ([], 0)
        if visit is not None:
            visit.withdrawn_at = now
    (remove or remove_recording_files)(media_folders, *recordings)
    if visit is not None:
        database.forget_deleted()
        with database.transaction() as session:
            announce(session, "erased", visit.id, now)  # last: whoever reads it may rely on it
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


def erase_again(session: Session, code_hash: str, withdrawn_at: datetime) -> None:
    """Erase what a withdrawal erased before, in a transaction that brings back an older state of the database."""
    visit = session.scalar(select(VisitRow).where(VisitRow.withdrawal_hash == code_hash))
    if visit is not None:
        _erase(session, visit)
        visit.withdrawn_at = withdrawn_at


def _erase(session: Session, visit: VisitRow) -> tuple[list[UUID], int]:
    """Erase the rows' content, and detach the taps from what says who it was; return recordings and texts erased."""
    mine = select(RecordingRow.id).where(RecordingRow.visit_id == visit.id).with_for_update()
    recordings = list(session.scalars(mine))  # held first: a transcript under way ends before, or finds it erased
    session.execute(delete(TranscriptRow).where(TranscriptRow.recording_id.in_(recordings)))
    session.execute(
        update(RecordingRow)
        .where(RecordingRow.id.in_(recordings))
        .values(state=RecordingState.ERASED, reason=None, **NO_MEDIA)
    )
    with_text = select(AnswerRow).where(AnswerRow.visit_id == visit.id, AnswerRow.text.is_not(None))
    texts = session.scalars(with_text).all()
    for answer in texts:
        answer.text = None
    session.execute(delete(ConsentRow).where(ConsentRow.visit_id == visit.id))
    for name, value in NOBODY.items():
        setattr(visit, name, value)
    return recordings, len(texts)


def remove_recording_files(folders: tuple[Path, ...], *recording_ids: UUID) -> int:
    """Remove media, poster and quarantined bytes of recordings; return how many files that were."""
    removed = 0
    for folder in folders:
        if not folder.is_dir():
            continue
        for file in [file for file in folder.iterdir() if owner_of(file) in recording_ids]:
            file.unlink(missing_ok=True)
            removed += 1
        sync_folder(folder)
    return removed


def owner_of(file: Path) -> UUID | None:
    """Return the recording or visit that a file is named after."""
    try:
        return UUID(file.name.partition(".")[0])
    except ValueError:
        return None

"""Trying again what was put aside: after an upgrade that reads it, when a key has come back, when there is memory."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from server.database import Database
from server.live import announce
from server.pipeline.settling import Folders, settling
from server.tables import EnvelopeRow, EnvelopeState, RecordingRow, RecordingState
from vertelpaal.clock import Clock
from vertelpaal.durable import copy_durably, remove_durably
from vertelpaal.envelope import NEWER


def retry(database: Database, folders: Folders, clock: Clock, *, everything: bool = False) -> list[UUID]:
    """Let the worker open quarantined envelopes again, those of a newer version or all; return their visits.

    One whose sealed bytes are gone stays where it is. May be stopped anywhere and done again.
    """
    _end_earlier(database, folders)
    with database.reading() as session:
        query = select(EnvelopeRow).where(EnvelopeRow.state == EnvelopeState.QUARANTINED)
        if not everything:
            query = query.where(EnvelopeRow.reason.startswith(NEWER))
        aside = [row.visit_id for row in session.scalars(query.order_by(EnvelopeRow.received_at))]
    return [visit_id for visit_id in aside if _let_in_again(database, folders, visit_id, clock)]


def retry_recordings(database: Database, clock: Clock) -> list[UUID]:
    """Let the worker transcribe again what staff can hear and it could not; return those recordings."""
    failed = select(RecordingRow).where(
        RecordingRow.state == RecordingState.QUARANTINED, RecordingRow.media_file.is_not(None)
    )
    with database.transaction() as session:
        rows = session.scalars(failed.order_by(RecordingRow.id).with_for_update()).all()
        for row in rows:
            row.state, row.reason, row.attempts = RecordingState.OPENED, None, 0
            announce(session, "recording", row.id, clock.now())
        return [row.id for row in rows]


def _let_in_again(database: Database, folders: Folders, visit_id: UUID, clock: Clock) -> bool:
    aside, sealed = folders.aside(visit_id), folders.sealed(visit_id)
    with settling(folders, visit_id):
        if _state(database, visit_id) != EnvelopeState.QUARANTINED or not (aside.exists() or sealed.exists()):
            return False
        if aside.exists():
            copy_durably(aside, sealed)  # before the row says that it waits there
        with database.transaction() as session:
            row = session.get_one(EnvelopeRow, visit_id)
            row.state, row.reason, row.attempts, row.processed_at = EnvelopeState.RECEIVED, None, 0, None
            announce(session, "envelope", visit_id, clock.now())
        remove_durably(aside)
        return True


def _end_earlier(database: Database, folders: Folders) -> None:
    """Remove from quarantine what an earlier call let in, and was stopped before it removed it."""
    for file in folders.quarantine.glob("*.age"):
        visit_id = UUID(file.stem)
        with settling(folders, visit_id):
            if _state(database, visit_id) not in (None, EnvelopeState.QUARANTINED):
                remove_durably(file)


def _state(database: Database, visit_id: UUID) -> str | None:
    with database.reading() as session:
        row = session.get(EnvelopeRow, visit_id)
        return None if row is None else row.state

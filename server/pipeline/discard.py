"""Discarding what was put aside: its sealed bytes go for good; its row stays, to know it when it comes again."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy import select

from server.database import Database
from server.live import announce
from server.pipeline.settling import Folders, settling
from server.tables import EnvelopeRow, EnvelopeState
from vertelpaal.clock import Clock
from vertelpaal.durable import remove_durably
from vertelpaal.errors import NotFound

log = logging.getLogger(__name__)


def discard(database: Database, folders: Folders, visit_id: UUID, clock: Clock) -> bool:
    """Discard one quarantined envelope; return whether it was one. May be stopped anywhere and done again."""
    with settling(folders, visit_id):
        with database.reading() as session:
            row = session.get(EnvelopeRow, visit_id)
        if row is None or row.state != EnvelopeState.QUARANTINED:
            return False
        remove_durably(folders.aside(visit_id))  # first: what the row calls erased is gone
        remove_durably(folders.sealed(visit_id))
        with database.transaction() as session:
            row = session.get_one(EnvelopeRow, visit_id)
            row.state, row.reason, row.processed_at = EnvelopeState.ERASED, None, clock.now()
            announce(session, "erased", visit_id, clock.now())
    log.warning("envelope %s is discarded from quarantine", visit_id)
    return True


def discard_one(database: Database, folders: Folders, visit_id: UUID, clock: Clock) -> None:
    """Discard the envelope of this visit.

    Raises:
        NotFound: no envelope of it is in quarantine.
    """
    if not discard(database, folders, visit_id, clock):
        raise NotFound(f"no envelope of the visit {visit_id} is in quarantine")


def discard_all(database: Database, folders: Folders, clock: Clock) -> list[UUID]:
    """Discard every quarantined envelope; return their visits."""
    with database.reading() as session:
        aside = select(EnvelopeRow.visit_id).where(EnvelopeRow.state == EnvelopeState.QUARANTINED)
        visits = session.scalars(aside.order_by(EnvelopeRow.received_at)).all()
    return [visit_id for visit_id in visits if discard(database, folders, visit_id, clock)]

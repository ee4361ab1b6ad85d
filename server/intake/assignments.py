"""What a pole is told each time it asks: what to run, to whom to seal, and what goes on in its branch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from server.activities.queries import told_to
from server.intake.publications import newest_publication
from server.privacy.belief import believed_now
from server.tables import KioskRow
from vertelpaal.assignment import Assignment


def assign(session: Session, kiosk: KioskRow, public_key: str, public_url: str | None, now: datetime) -> Assignment:
    """Return the assignment of a pole."""
    newest = newest_publication(session)
    return Assignment(
        kiosk_id=kiosk.id,
        branch=kiosk.branch.name,
        publication=newest.number if newest else None,
        publication_sha256=newest.sha256 if newest else None,
        public_key=public_key,
        public_url=public_url,
        activities=told_to(session, kiosk, now),
        server_time=now,
        time_is_believed=believed_now(session, now) == now,
    )

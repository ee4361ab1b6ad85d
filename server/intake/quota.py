"""What one pole may bring: bounded, so that a stolen token fills no disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.tables import EnvelopeRow, EnvelopeState
from vertelpaal.errors import Throttled

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Quota:
    """What a pole may have under way at once, and bring in a day.

    A pole sends one envelope after the other, so it leaves few unfinished. A busy one brings some hundreds a day, one
    that was cut off for weeks some thousands, of about 10 MB.
    """

    unfinished: int = 100
    envelopes_a_day: int = 20_000
    bytes_a_day: int = 200 * 2**30

    def check(self, session: Session, kiosk_id: UUID, length: int, now: datetime) -> None:
        """Check that a pole may begin another envelope of `length` bytes.

        Raises:
            Throttled: not now.
        """
        mine = EnvelopeRow.kiosk_id == kiosk_id
        counts = select(func.count(), func.coalesce(func.sum(EnvelopeRow.length), 0))
        unfinished = session.execute(counts.where(mine, EnvelopeRow.state == EnvelopeState.UPLOADING)).one()[0]
        if unfinished >= self.unfinished:
            raise Throttled(f"this pole has {unfinished} uploads to finish first")
        envelopes, size = session.execute(counts.where(mine, EnvelopeRow.declared_at > now - DAY)).one()
        if envelopes >= self.envelopes_a_day or int(size) + length > self.bytes_a_day:
            raise Throttled("this pole brought as much as it may in a day")

"""What one pole may bring and leave unopened: bounded, so that a stolen token fills no disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from server.tables import BYTES_ARE_GONE, EnvelopeRow, EnvelopeState
from vertelpaal.errors import Throttled

DAY = timedelta(days=1)
SOON, LATER = 60, 600
"""Seconds after which a pole may ask again: once it has finished something, or the worker has opened something."""


@dataclass(frozen=True)
class Quota:
    """What a pole may have under way at once, bring in a day, and have on the disk that nobody could open yet.

    A pole sends one envelope after the other, so it leaves few unfinished. A busy one brings some hundreds a day, one
    that was cut off for weeks some thousands, of about 10 MB. What was put aside counts while its bytes lie there: once
    they are discarded, or their time is over, its row says that they are erased.
    """

    unfinished: int = 100
    envelopes_a_day: int = 20_000
    bytes_a_day: int = 200 * 2**30
    share_of_disk: float = 0.25

    def check(self, session: Session, kiosk_id: UUID, length: int, now: datetime, disk_bytes: int) -> None:
        """Check that a pole may begin another envelope of `length` bytes on a disk of `disk_bytes`.

        Raises:
            Throttled: not now.
        """
        mine = EnvelopeRow.kiosk_id == kiosk_id
        counts = select(func.count(), func.coalesce(func.sum(EnvelopeRow.length), 0))
        unfinished = session.execute(counts.where(mine, EnvelopeRow.state == EnvelopeState.UPLOADING)).one()[0]
        if unfinished >= self.unfinished:
            raise Throttled(f"this pole has {unfinished} uploads to finish first", retry_after=SOON)
        envelopes, size = session.execute(counts.where(mine, EnvelopeRow.declared_at > now - DAY)).one()
        if envelopes >= self.envelopes_a_day or int(size) + length > self.bytes_a_day:
            raise Throttled("this pole brought as much as it may in a day", retry_after=LATER)
        is_aside = and_(
            EnvelopeRow.state == EnvelopeState.QUARANTINED, EnvelopeRow.reason.is_distinct_from(BYTES_ARE_GONE)
        )
        unopened = or_(EnvelopeRow.state.in_((EnvelopeState.UPLOADING, EnvelopeState.RECEIVED)), is_aside)
        size = session.execute(counts.where(mine, unopened)).one()[1]
        if int(size) + length > disk_bytes * self.share_of_disk:
            share = f"{self.share_of_disk:.0%} of the server's disk"
            raise Throttled(f"what waits of this pole to be opened may take {share}; ask later", retry_after=LATER)

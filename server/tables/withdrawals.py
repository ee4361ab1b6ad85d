"""What stays of a withdrawal: a tombstone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server.tables.base import Base
from server.tables.personal import Aim, Kept, personal


class TombstoneRow(Base):
    """A withdrawal code that was used, as keyed hash; it meets an envelope that arrives later."""

    __tablename__ = "tombstones"

    withdrawal_hash: Mapped[str] = mapped_column(
        String(64), primary_key=True, info=personal(Aim.TAKE_BACK, Kept.TOMBSTONE)
    )
    withdrawn_at: Mapped[datetime] = mapped_column(info=personal(Aim.TAKE_BACK, Kept.TOMBSTONE))
    visit_id: Mapped[UUID | None] = mapped_column(unique=True, info=personal(Aim.TAKE_BACK, Kept.TOMBSTONE))

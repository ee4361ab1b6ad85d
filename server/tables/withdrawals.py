"""What stays of a withdrawal: a tombstone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server.tables.base import Base, personal


class TombstoneRow(Base):
    """A withdrawal code that was used, as keyed hash; it meets an envelope that arrives later."""

    __tablename__ = "tombstones"

    withdrawal_hash: Mapped[str] = mapped_column(
        String(64), primary_key=True, info=personal("erase what arrives after the withdrawal", "5 years")
    )
    withdrawn_at: Mapped[datetime]
    visit_id: Mapped[UUID | None] = mapped_column(unique=True)

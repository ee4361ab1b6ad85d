"""Envelopes on their way in: what arrived of each, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.tables.base import Base, personal


class EnvelopeState(StrEnum):
    """Where an envelope is."""

    UPLOADING = "uploading"
    RECEIVED = "received"
    PROCESSED = "processed"
    QUARANTINED = "quarantined"
    ERASED = "erased"


class EnvelopeRow(Base):
    """One envelope by its visit; the row outlives the bytes so that receipts keep working."""

    __tablename__ = "envelopes"

    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    kiosk_id: Mapped[UUID] = mapped_column(ForeignKey("kiosks.id"))
    sha256: Mapped[str] = mapped_column(
        String(64), info=personal("repeat the receipt", "as long as the visit's row, without content")
    )
    length: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16), index=True)
    declared_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    processed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None] = mapped_column(String(500))
    other_sha256: Mapped[str | None] = mapped_column(String(64))
    """The SHA-256 of other bytes that came under the same visit and were refused."""

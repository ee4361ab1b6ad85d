"""Envelopes on their way in: what arrived of each, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from server.tables.base import Base
from server.tables.personal import Aim, Kept, personal

BYTES_ARE_GONE = "its sealed bytes are gone"
"""The reason of an envelope that was put aside without bytes, as while a disk is not there."""


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
    __impersonal__ = ("kiosk_id", "length", "state", "clock_was_doubted", "processed_at", "attempts", "reason")

    visit_id: Mapped[UUID] = mapped_column(primary_key=True, info=personal(Aim.DELIVER, Kept.DELIVERY))
    kiosk_id: Mapped[UUID] = mapped_column(ForeignKey("kiosks.id"))
    sha256: Mapped[str] = mapped_column(String(64), info=personal(Aim.DELIVER, Kept.DELIVERY))
    length: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16), index=True)
    declared_at: Mapped[datetime] = mapped_column(info=personal(Aim.DELIVER, Kept.DELIVERY))
    received_at: Mapped[datetime | None] = mapped_column(info=personal(Aim.DELIVER, Kept.DELIVERY))
    clock_was_doubted: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The server's clock was doubted when this was declared or, since, received: it bears the last believed moment."""
    processed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None] = mapped_column(String(500))
    other_sha256: Mapped[str | None] = mapped_column(String(64), info=personal(Aim.DELIVER, Kept.DELIVERY))
    """The SHA-256 of other bytes that came under the same visit and were refused."""

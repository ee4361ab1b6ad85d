"""News from workers to the web process, which workers are alive, and the last moment that the clock was believed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server.tables.base import Base


class LiveEventRow(Base):
    """Something happened to `subject` (an id); holds no content. Kept for a day."""

    __tablename__ = "live_events"
    __impersonal__ = ("id", "kind", "subject", "happened_at")

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    happened_at: Mapped[datetime] = mapped_column(index=True)


class WorkerRow(Base):
    """A worker process and when it last said that it lives."""

    __tablename__ = "workers"
    __impersonal__ = ("id", "started_at", "last_seen_at", "model", "isolation")

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    model: Mapped[str | None] = mapped_column(String(64))
    isolation: Mapped[str | None] = mapped_column(String(64))


class ClockRow(Base):
    """The one row of the newest moment that the server's clock was believed (`server/privacy/belief.py`)."""

    __tablename__ = "clock"
    __impersonal__ = ("id", "believed_at")

    id: Mapped[int] = mapped_column(primary_key=True)
    believed_at: Mapped[datetime]

"""Branches, the poles in them, and poles that wait to be paired."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.tables.base import Base


class BranchRow(Base):
    """One library building."""

    __tablename__ = "branches"
    __impersonal__ = ("id", "slug", "name")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))


class KioskRow(Base):
    """One pole; `token_hash` is the SHA-256 of the token it shows with every request."""

    __tablename__ = "kiosks"
    __impersonal__ = ("id", "branch_id", "token_hash", "paired_at", "revoked_at", "last_seen_at", "status")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    paired_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    status: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    branch: Mapped[BranchRow] = relationship(lazy="joined")

    @property
    def short_id(self) -> str:
        """Return the end of the id, by which people tell poles apart: the beginning of ids of one time is the same."""
        return self.id.hex[-6:]


class PairingRow(Base):
    """A pole that shows a code and waits for staff to type it (the device flow of RFC 8628)."""

    __tablename__ = "pairings"
    __impersonal__ = ("device_code_hash", "user_code", "expires_at", "branch_id")

    device_code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_code: Mapped[str] = mapped_column(String(16), unique=True)
    expires_at: Mapped[datetime]
    branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("branches.id"))

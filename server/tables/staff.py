"""Staff members and the sessions they are signed in with."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.tables.base import Base, personal

EMPLOYED = "as long as somebody works here"


class StaffRow(Base):
    """Somebody who may sign in; `password_hash` is argon2id. Wrong tries are counted per account."""

    __tablename__ = "staff"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True, info=personal("sign in", EMPLOYED))
    name: Mapped[str] = mapped_column(String(200), info=personal("show who is signed in", EMPLOYED))
    password_hash: Mapped[str] = mapped_column(String(200), info=personal("sign in", EMPLOYED))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    wrong_tries: Mapped[int] = mapped_column(default=0)
    wait_until: Mapped[datetime | None]


class StaffSessionRow(Base):
    """A session that began with a sign-in; the cookie holds a token of which only the SHA-256 is kept."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    began_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(info=personal("end idle sessions", "until the session ends"))

    staff: Mapped[StaffRow] = relationship(lazy="joined")

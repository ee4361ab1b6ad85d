"""Staff members and the sessions they are signed in with."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.tables.base import Base
from server.tables.personal import Aim, Kept, personal


class StaffRow(Base):
    """Somebody who may sign in; `password_hash` is argon2id. Wrong tries are counted per account."""

    __tablename__ = "staff"
    __impersonal__ = ("id",)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True, info=personal(Aim.STAFF, Kept.STAFF))
    name: Mapped[str] = mapped_column(String(200), info=personal(Aim.STAFF, Kept.STAFF))
    password_hash: Mapped[str] = mapped_column(String(200), info=personal(Aim.STAFF, Kept.STAFF))
    created_at: Mapped[datetime] = mapped_column(info=personal(Aim.STAFF, Kept.STAFF))
    disabled_at: Mapped[datetime | None] = mapped_column(info=personal(Aim.STAFF, Kept.STAFF))
    wrong_tries: Mapped[int] = mapped_column(default=0, info=personal(Aim.STAFF, Kept.STAFF))
    wait_until: Mapped[datetime | None] = mapped_column(info=personal(Aim.STAFF, Kept.STAFF))


class StaffSessionRow(Base):
    """A session that began with a sign-in; the cookie holds a token of which only the SHA-256 is kept."""

    __tablename__ = "staff_sessions"
    __impersonal__ = ("token_hash",)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), index=True, info=personal(Aim.STAFF, Kept.SESSION))
    began_at: Mapped[datetime] = mapped_column(info=personal(Aim.STAFF, Kept.SESSION))
    last_seen_at: Mapped[datetime] = mapped_column(info=personal(Aim.STAFF, Kept.SESSION))

    staff: Mapped[StaffRow] = relationship(lazy="joined")

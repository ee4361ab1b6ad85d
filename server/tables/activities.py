"""Activities: what people come to the library for, at which poles, and until when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.tables.base import Base
from server.tables.personal import Aim, Kept, personal
from server.tables.places import BranchRow, KioskRow
from server.tables.staff import StaffRow


class ActivityRow(Base):
    """An activity in a branch; visits carry its `slug`. With a `kiosk_id` it is set on that pole, else by its code."""

    __tablename__ = "activities"
    __impersonal__ = ("id", "branch_id", "kiosk_id", "slug", "name", "code", "starts_at", "ends_at", "created_at")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"), index=True)
    kiosk_id: Mapped[UUID | None] = mapped_column(ForeignKey("kiosks.id"))
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    code: Mapped[str] = mapped_column(String(3))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), info=personal(Aim.STAFF, Kept.STAFF))
    created_at: Mapped[datetime]

    branch: Mapped[BranchRow] = relationship()
    kiosk: Mapped[KioskRow | None] = relationship()
    planner: Mapped[StaffRow] = relationship()

"""Visits with their answers and consents."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.tables.base import Base
from server.tables.personal import Aim, Kept, personal


class VisitRow(Base):
    """What one person did at the pole in one go. `started_at` is the pole's clock plus its measured offset."""

    __tablename__ = "visits"
    __impersonal__ = (
        *("id", "kiosk_id", "branch_id", "publication", "time_is_implausible", "boot", "sequence", "ending"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kiosk_id: Mapped[UUID] = mapped_column(ForeignKey("kiosks.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"), index=True)
    publication: Mapped[int] = mapped_column(ForeignKey("publications.number"))
    language: Mapped[str] = mapped_column(String(8), info=personal(Aim.MEASURE, Kept.PROFILE))
    started_at: Mapped[datetime] = mapped_column(index=True, info=personal(Aim.MEASURE, Kept.TAPS))
    ended_at: Mapped[datetime] = mapped_column(info=personal(Aim.MEASURE, Kept.TAPS))
    time_is_implausible: Mapped[bool]
    boot: Mapped[UUID]
    sequence: Mapped[int]
    ending: Mapped[str] = mapped_column(String(16))
    activity: Mapped[str | None] = mapped_column(String(64), info=personal(Aim.MEASURE, Kept.PROFILE))
    age_band: Mapped[str | None] = mapped_column(String(16), info=personal(Aim.MEASURE, Kept.PROFILE))
    member: Mapped[bool | None] = mapped_column(info=personal(Aim.MEASURE, Kept.PROFILE))
    withdrawal_hash: Mapped[str | None] = mapped_column(
        String(64), unique=True, info=personal(Aim.TAKE_BACK, Kept.CODE)
    )
    pictures: Mapped[str | None] = mapped_column(String(64), info=personal(Aim.TAKE_BACK, Kept.PROFILE))
    """The three pictures that follow from the withdrawal code, in their order: "boat,cat,sun"."""
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=personal(Aim.TAKE_BACK, Kept.TAPS))

    answers: Mapped[list[AnswerRow]] = relationship(back_populates="visit", order_by="AnswerRow.position")
    consents: Mapped[list[ConsentRow]] = relationship()


class AnswerRow(Base):
    """A visit's reply to one question. `aspect` and `wording` repeat the publication's, so that scores need no join."""

    __tablename__ = "answers"
    __impersonal__ = ("visit_id", "question_id", "position", "aspect", "wording", "kind")

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    aspect: Mapped[str] = mapped_column(String(64), index=True)
    wording: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    smiley: Mapped[int | None] = mapped_column(info=personal(Aim.MEASURE, Kept.TAPS))
    choice: Mapped[str | None] = mapped_column(String(64), info=personal(Aim.MEASURE, Kept.TAPS))
    yes_no: Mapped[bool | None] = mapped_column(info=personal(Aim.MEASURE, Kept.TAPS))
    number: Mapped[int | None] = mapped_column(info=personal(Aim.MEASURE, Kept.TAPS))
    text: Mapped[str | None] = mapped_column(Text, info=personal(Aim.LISTEN, Kept.TEXT))
    answered_at: Mapped[datetime] = mapped_column(info=personal(Aim.MEASURE, Kept.TAPS))

    visit: Mapped[VisitRow] = relationship(back_populates="answers")


class ConsentRow(Base):
    """One purpose, one yes or no, with the wording that was asked."""

    __tablename__ = "consents"
    __impersonal__ = ("visit_id",)

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16), primary_key=True, info=personal(Aim.PROVE_CONSENT, Kept.PROFILE))
    given: Mapped[bool] = mapped_column(info=personal(Aim.PROVE_CONSENT, Kept.PROFILE))
    wording_sha256: Mapped[str] = mapped_column(String(64), info=personal(Aim.PROVE_CONSENT, Kept.PROFILE))
    language: Mapped[str] = mapped_column(String(8), info=personal(Aim.PROVE_CONSENT, Kept.PROFILE))
    answered_at: Mapped[datetime] = mapped_column(info=personal(Aim.PROVE_CONSENT, Kept.PROFILE))

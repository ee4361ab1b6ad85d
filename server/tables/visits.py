"""Visits with their answers and consents."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.tables.base import Base, personal

TAPS_KEPT = "5 years, then only counts"
WORDS_KEPT = "1 year after the visit, or until withdrawn"


class VisitRow(Base):
    """What one person did at the pole in one go. `started_at` is the pole's clock plus its measured offset."""

    __tablename__ = "visits"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kiosk_id: Mapped[UUID] = mapped_column(ForeignKey("kiosks.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branches.id"), index=True)
    publication: Mapped[int] = mapped_column(ForeignKey("publications.number"))
    language: Mapped[str] = mapped_column(String(8), info=personal("read the answer in its language", TAPS_KEPT))
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime]
    time_is_implausible: Mapped[bool]
    boot: Mapped[UUID]
    sequence: Mapped[int]
    ending: Mapped[str] = mapped_column(String(16))
    activity: Mapped[str | None] = mapped_column(String(64), info=personal("report by activity", TAPS_KEPT))
    age_band: Mapped[str | None] = mapped_column(String(16), info=personal("keep taps only below 16", TAPS_KEPT))
    member: Mapped[bool | None] = mapped_column(info=personal("report by member and not", TAPS_KEPT))
    withdrawal_hash: Mapped[str | None] = mapped_column(
        String(64), unique=True, info=personal("find the visit of a withdrawal code", TAPS_KEPT)
    )
    withdrawn_at: Mapped[datetime | None]

    answers: Mapped[list[AnswerRow]] = relationship(back_populates="visit", order_by="AnswerRow.position")
    consents: Mapped[list[ConsentRow]] = relationship()


class AnswerRow(Base):
    """A visit's reply to one question. `aspect` and `wording` repeat the publication's, so that scores need no join."""

    __tablename__ = "answers"

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    aspect: Mapped[str] = mapped_column(String(64), index=True)
    wording: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    smiley: Mapped[int | None] = mapped_column(info=personal("satisfaction scores", TAPS_KEPT))
    choice: Mapped[str | None] = mapped_column(String(64), info=personal("counts by choice", TAPS_KEPT))
    yes_no: Mapped[bool | None] = mapped_column(info=personal("counts of yes and no", TAPS_KEPT))
    number: Mapped[int | None] = mapped_column(info=personal("mean of a number", TAPS_KEPT))
    text: Mapped[str | None] = mapped_column(Text, info=personal("what the visitor wants to say", WORDS_KEPT))
    answered_at: Mapped[datetime]

    visit: Mapped[VisitRow] = relationship(back_populates="answers")


class ConsentRow(Base):
    """One purpose, one yes or no, with the wording that was asked."""

    __tablename__ = "consents"

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16), primary_key=True)
    given: Mapped[bool] = mapped_column(info=personal("show that consent was asked", "as long as what it covers"))
    wording_sha256: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(
        String(8), info=personal("show in which language it was asked", "as long as what it covers")
    )
    answered_at: Mapped[datetime]

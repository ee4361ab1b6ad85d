"""Withdrawal at the desk: three pictures, the day and the branch point to the visit of somebody who does not read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from uuid import UUID

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from server.database import Database
from server.privacy.withdrawal import Withdrawn, take_back
from server.reports.period import midnight
from server.tables import AnswerRow, BranchRow, VisitRow
from vertelpaal.clock import Clock
from vertelpaal.errors import NotFound

WORDS = ("text", "recording")


@dataclass(frozen=True)
class DeskVisit:
    """A visit without its content, as much as tells two apart; `answers` are those that were not skipped."""

    id: UUID
    started_at: datetime
    time_is_implausible: bool
    language: str
    answers: int
    has_words: bool
    in_order: bool
    """Whether the pictures fit in the order in which they were named."""


def find_visits(session: Session, branch: str, day: date, pictures: tuple[str, ...]) -> list[DeskVisit]:
    """Return the visits of a day and a branch that have these pictures, those in the same order first.

    A visit whose clock was wrong is on no day that one can trust, so it is looked for whatever the day.
    """
    on_the_day = and_(VisitRow.started_at >= midnight(day), VisitRow.started_at < midnight(day + timedelta(days=1)))
    there = select(BranchRow.id).where(BranchRow.slug == branch).scalar_subquery()
    query = _with_pictures(pictures).where(VisitRow.branch_id == there, or_(on_the_day, VisitRow.time_is_implausible))
    found = [_shown(visit, answers, words, pictures) for visit, answers, words in session.execute(query)]
    return sorted(found, key=lambda one: (not one.in_order, one.started_at))


def find_visit(session: Session, visit_id: UUID, pictures: tuple[str, ...]) -> DeskVisit:
    """Return one visit with these pictures.

    Raises:
        NotFound: it has other pictures, was withdrawn, or never came.
    """
    row = session.execute(_with_pictures(pictures).where(VisitRow.id == visit_id)).one_or_none()
    if row is None:
        raise NotFound("Dit bezoek is er niet meer. Misschien is het al ingetrokken.")
    visit, answers, words = row
    return _shown(visit, answers, words, pictures)


def withdraw_at_desk(
    database: Database, media_folders: tuple[Path, ...], visit_id: UUID, pictures: tuple[str, ...], clock: Clock
) -> Withdrawn:
    """Erase a visit that was found by its pictures, just as its code would.

    Raises:
        NotFound: it has other pictures, was withdrawn, or never came.
    """
    with database.reading() as session:
        found = find_visit(session, visit_id, pictures)
        code_hash = session.get_one(VisitRow, found.id).withdrawal_hash
    assert code_hash is not None, "pictures follow from a code"
    return take_back(database, media_folders, code_hash, clock)


def _with_pictures(pictures: tuple[str, ...]) -> Select[VisitRow, int, int]:
    words = func.coalesce(func.sum(case((AnswerRow.kind.in_(WORDS), 1), else_=0)), 0)
    any_order = [",".join(order) for order in permutations(pictures)]
    return (
        select(VisitRow, func.count(AnswerRow.question_id), words)
        .outerjoin(AnswerRow, (AnswerRow.visit_id == VisitRow.id) & (AnswerRow.kind != "skip"))
        .where(VisitRow.pictures.in_(any_order))
        .group_by(VisitRow.id)
    )


def _shown(visit: VisitRow, answers: int, words: int, pictures: tuple[str, ...]) -> DeskVisit:
    return DeskVisit(
        id=visit.id,
        started_at=visit.started_at,
        time_is_implausible=visit.time_is_implausible,
        language=visit.language,
        answers=answers,
        has_words=words > 0,
        in_order=visit.pictures == ",".join(pictures),
    )

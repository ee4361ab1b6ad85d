"""What a report counts: visits of a period and branches, and the replies to each question as it was worded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from server.intake.publications import find_publication, newest_publication
from server.reports.period import Period, day_in_amsterdam
from server.reports.scores import Counts
from server.tables import AnswerRow, BranchRow, EnvelopeRow, VisitRow
from vertelpaal.errors import InvalidInput
from vertelpaal.publication import Publication

Asked = tuple[str, str]
"""What a score belongs to: the slug of an aspect, and the hash of the wording with which it was asked."""


@dataclass(frozen=True)
class ReportQuery:
    """Which visits a report is about; no branches means all of them."""

    period: Period
    branches: tuple[str, ...] = ()


def find_branches(session: Session, slugs: tuple[str, ...]) -> list[BranchRow]:
    """Return the branches with these slugs by name, or every branch when there are none.

    Raises:
        InvalidInput: names the slug that no branch has, and those that there are.
    """
    every = list(session.scalars(select(BranchRow).order_by(BranchRow.name)))
    known = {branch.slug for branch in every}
    for slug in slugs:
        if slug not in known:
            there = ", ".join(sorted(known)) or "none yet"
            raise InvalidInput(f"there is no branch {slug[:64]!r}; there are: {there}", problem="branch")
    return [branch for branch in every if branch.slug in slugs or not slugs]


def count_visits(session: Session, query: ReportQuery) -> int:
    """Return how many visits a report is about."""
    return session.scalar(select(func.count()).select_from(VisitRow).where(*in_scope(query))) or 0


def count_left_out(session: Session, query: ReportQuery) -> int:
    """Return how many visits arrived in the period with a time that cannot be right; no period can hold them."""
    arrived = (
        select(func.count())
        .select_from(VisitRow)
        .join(EnvelopeRow, EnvelopeRow.visit_id == VisitRow.id)
        .where(VisitRow.time_is_implausible, *of_branches(query.branches))
        .where(EnvelopeRow.received_at >= query.period.begin, EnvelopeRow.received_at < query.period.end)
    )
    return session.scalar(arrived) or 0


def find_publications(session: Session, query: ReportQuery) -> list[Publication]:
    """Return the publications that the visits answered, newest first."""
    numbers = session.scalars(select(VisitRow.publication).where(*in_scope(query)).distinct())
    return [find_publication(session, number) for number in sorted(numbers, reverse=True)]


def find_library(session: Session) -> str | None:
    """Return what the library calls itself in its newest publication; None while there is none."""
    newest = newest_publication(session)
    return find_publication(session, newest.number).library if newest else None


def count_replies(session: Session, query: ReportQuery) -> Mapping[Asked, Counts]:
    """Return how often each reply was given, apart for each aspect and each wording of its question."""
    replies = (
        select(AnswerRow.aspect, AnswerRow.wording, AnswerRow.kind, AnswerRow.smiley, func.count())
        .join(VisitRow, VisitRow.id == AnswerRow.visit_id)
        .where(*in_scope(query), AnswerRow.kind.in_(("smiley", "not-used", "skip")))
        .group_by(AnswerRow.aspect, AnswerRow.wording, AnswerRow.kind, AnswerRow.smiley)
    )
    found: dict[Asked, dict[tuple[str, int | None], int]] = defaultdict(dict)
    for aspect, wording, kind, smiley, times in session.execute(replies):
        found[aspect, wording][kind, smiley] = times
    return {asked: _counts(times) for asked, times in found.items()}


def years_with_visits(session: Session) -> range:
    """Return the years from the first visit to the last one."""
    moments = select(func.min(VisitRow.started_at), func.max(VisitRow.started_at))
    first, last = session.execute(moments.where(~VisitRow.time_is_implausible)).one()
    return range(day_in_amsterdam(first).year, day_in_amsterdam(last).year + 1) if first else range(0)


def in_scope(query: ReportQuery) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on a visit: begun in the period at a time that can be right, in one of the branches."""
    return (
        VisitRow.started_at >= query.period.begin,
        VisitRow.started_at < query.period.end,
        ~VisitRow.time_is_implausible,
        *of_branches(query.branches),
    )


def of_branches(slugs: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    """Return the condition on a visit that it was to one of the branches; none when there are no slugs."""
    if not slugs:
        return ()
    return (VisitRow.branch_id.in_(select(BranchRow.id).where(BranchRow.slug.in_(slugs))),)


def _counts(times: Mapping[tuple[str, int | None], int]) -> Counts:
    one, two, three, four, five = (times.get(("smiley", value), 0) for value in range(1, 6))
    return Counts((one, two, three, four, five), times.get(("not-used", None), 0), times.get(("skip", None), 0))

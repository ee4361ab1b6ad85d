"""Report: scores over a period, branches and population, with n and uncertainty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal

from sqlalchemy.orm import Session

from server.database import Database
from server.reports import notes
from server.reports.period import Period
from server.reports.queries import (
    Asked,
    ReportQuery,
    count_left_out,
    count_replies,
    count_visits,
    find_branches,
    find_library,
    find_publications,
)
from server.reports.scores import FEWEST_ANSWERS, Counts, Score, score
from vertelpaal.publication import AnswerKind, Publication
from vertelpaal.words import Time, Word

TITLE = "Wat bezoekers van de bibliotheek vinden"
NOBODY = Counts((0, 0, 0, 0, 0))


class ReportedBranch(Word):
    """A branch that the report is about."""

    slug: str
    name: str


class ReportedPeriod(Word):
    """The days that the report is about, both included."""

    first_day: date
    last_day: date
    time_zone: Literal["Europe/Amsterdam"] = "Europe/Amsterdam"

    @property
    def days(self) -> Period:
        """Return the days as a period."""
        return Period(self.first_day, self.last_day)


class ReportRow(Word):
    """One question as it was worded, and its score; a score of None means too few answers, and says nothing else.

    `label` is the name of the aspect, numbered where the period has several wordings of it.
    """

    aspect: str
    name: str
    label: str
    question: str
    wording: str
    publications: tuple[int, ...]
    score: Score | None


class Report(Word):
    """Scores over a period, with all that a reader needs to judge them; `format` is the version of the JSON form.

    `visits` is None under `fewest_answers`. `left_out` counts visits whose time cannot be right.
    """

    format: Literal[1] = 1
    title: str
    library: str
    period: ReportedPeriod
    branches: tuple[ReportedBranch, ...]
    population: str = notes.POPULATION
    made_at: Time
    publications: tuple[int, ...]
    visits: int | None
    left_out: int
    fewest_answers: int = FEWEST_ANSWERS
    rows: tuple[ReportRow, ...]
    notes: tuple[str, ...]


def make_report(database: Database, query: ReportQuery, now: datetime) -> Report:
    """Return the report over the visits of a query.

    Raises:
        InvalidInput: there is no such branch.
    """
    with database.reading() as session:
        return _report(session, query, now)


def _report(session: Session, query: ReportQuery, now: datetime) -> Report:
    branches = find_branches(session, query.branches)
    publications = find_publications(session, query)
    rows = _rows(publications, count_replies(session, query))
    visits, left_out = count_visits(session, query), count_left_out(session, query)
    return Report(
        title=TITLE,
        library=find_library(session) or "De bibliotheek",
        period=ReportedPeriod(first_day=query.period.first_day, last_day=query.period.last_day),
        branches=tuple(ReportedBranch(slug=branch.slug, name=branch.name) for branch in branches),
        made_at=now,
        publications=tuple(sorted(publication.number for publication in publications)),
        visits=visits if visits >= FEWEST_ANSWERS else None,
        left_out=left_out,
        rows=rows,
        notes=notes.method_notes(_reworded(rows), left_out),
    )


def _rows(publications: Iterable[Publication], replies: Mapping[Asked, Counts]) -> tuple[ReportRow, ...]:
    """Return a row for each wording of a smiley question; `publications` come newest first, and so do wordings."""
    names: dict[str, str] = {}
    asked: dict[str, dict[str, str]] = {}
    numbers: dict[Asked, list[int]] = {}
    for publication in publications:
        for question in publication.questions:
            if question.kind is AnswerKind.SMILEY:
                names.setdefault(question.aspect, publication.aspects[question.aspect]["nl"])
                asked.setdefault(question.aspect, {}).setdefault(question.wording, question.forms["nl"].text)
                numbers.setdefault((question.aspect, question.wording), []).append(publication.number)
    return tuple(
        ReportRow(
            aspect=aspect,
            name=names[aspect],
            label=names[aspect] if len(wordings) == 1 else f"{names[aspect]}, vraag {place}",
            question=text,
            wording=wording,
            publications=tuple(sorted(set(numbers[aspect, wording]))),
            score=score(replies.get((aspect, wording), NOBODY)),
        )
        for aspect, wordings in asked.items()
        for place, (wording, text) in enumerate(wordings.items(), start=1)
    )


def _reworded(rows: Iterable[ReportRow]) -> tuple[str, ...]:
    """Return the names of the aspects that were asked with more than one wording."""
    return tuple(dict.fromkeys(row.name for row in rows if row.label != row.name))

"""The lines of a report as people read them, on the page and in the PDF: the same words everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from server.reports.dutch import (
    SPACE,
    in_sentence,
    spell_branches,
    spell_interval,
    spell_list,
    spell_percent,
    spell_period,
    whole,
)
from server.reports.notes import TOO_FEW
from server.reports.report import Report, ReportRow
from server.reports.scores import Score


@dataclass(frozen=True)
class Figures:
    """A score as one writes it, and the sentence that an author can copy."""

    satisfied: str
    interval: str
    mean: str
    sentence: str


@dataclass(frozen=True)
class Line:
    """One line of the table; `figures` is None where there are too few answers, and `n` says no more than that."""

    label: str
    question: str
    n: str
    figures: Figures | None
    silence: str = TOO_FEW


def lines(report: Report) -> tuple[Line, ...]:
    """Return the lines of a report in its order."""
    return tuple(
        Line(row.label, row.question, str(row.score.n), _figures(report, row, row.score))
        if row.score
        else Line(row.label, row.question, f"<{report.fewest_answers}", None)
        for row in report.rows
    )


def scope(report: Report) -> str:
    """Say in one line what the report is about: how many visits, and to which branches."""
    visits = f"minder dan {report.fewest_answers}" if report.visits is None else str(report.visits)
    return f"{visits} bezoeken, {where(report)}"


def where(report: Report) -> str:
    """Say to which branches the visits were."""
    return spell_branches([branch.name for branch in report.branches]) if report.branches else "nog geen vestigingen"


def source(report: Report) -> str:
    """Say which publications of the questionnaire were answered."""
    if not report.publications:
        return "Geen vragenlijst beantwoord"
    numbers = spell_list([str(number) for number in report.publications])
    return f"Vragenlijst: {'publicatie' if len(report.publications) == 1 else 'publicaties'} {numbers}"


def _figures(report: Report, row: ReportRow, score: Score) -> Figures:
    satisfied = spell_percent(score.satisfied)
    interval = spell_interval(score.interval.low, score.interval.high)
    sentence = (
        f"{satisfied} van de {score.n} bezoekers die antwoord gaven is tevreden over het onderwerp "
        f"{in_sentence(row.name)} (95{SPACE}%-betrouwbaarheidsinterval {interval}), "
        f"{spell_period(report.period.days)}, {where(report)}. Vraag: “{row.question}”"
    )
    return Figures(satisfied, interval, str(whole(score.mean)), sentence)

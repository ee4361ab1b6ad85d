"""A report as CSV: a line for each question, percentages with one decimal."""

from __future__ import annotations

import io

from server.reports.formats.csv_text import Cell, begin_csv, write_row
from server.reports.report import Report, ReportRow

HEADER = (
    "onderwerp",
    "vraag",
    "n",
    "tevreden_procent",
    "interval_laag_procent",
    "interval_hoog_procent",
    "gemiddelde_0_100",
    "niet_gebruikt",
    "overgeslagen",
    "eerste_dag",
    "laatste_dag",
    "vestigingen",
    "publicaties",
)


def render(report: Report) -> bytes:
    """Return the rows; where there are too few answers the numbers are empty, and n says "<10"."""
    file = io.StringIO(newline="")
    begin_csv(file, HEADER)
    for row in report.rows:
        write_row(file, [*_scored(report, row), *_scoped(report, row)])
    return file.getvalue().encode()


def _scored(report: Report, row: ReportRow) -> list[Cell]:
    score = row.score
    if score is None:
        return [row.label, row.question, f"<{report.fewest_answers}", None, None, None, None, None, None]
    shares = (score.satisfied, score.interval.low, score.interval.high)
    percentages = [round(share * 100, 1) for share in shares]
    counts = (score.not_used, score.skipped)
    return [row.label, row.question, score.n, *percentages, round(score.mean, 1), *counts]


def _scoped(report: Report, row: ReportRow) -> list[Cell]:
    branches = " ".join(branch.slug for branch in report.branches)
    publications = " ".join(str(number) for number in row.publications)
    return [str(report.period.first_day), str(report.period.last_day), branches, publications]

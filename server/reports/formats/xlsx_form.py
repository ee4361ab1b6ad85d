"""A report as a workbook: real numbers on one sheet, how they were made on another."""

from __future__ import annotations

import io
from datetime import UTC
from typing import Any

import xlsxwriter

from server.reports.dutch import spell_day, spell_period
from server.reports.lines import scope, source
from server.reports.notes import TOO_FEW
from server.reports.palette import palette
from server.reports.period import day_in_amsterdam
from server.reports.report import Report, ReportRow

COLUMNS = (
    ("Onderwerp", 26),
    ("Vraag", 52),
    ("Antwoorden (n)", 16),
    ("Tevreden", 12),
    ("Interval laag", 14),
    ("Interval hoog", 14),
    ("Gemiddelde 0–100", 18),
    ("Weet ik niet", 14),
    ("Overgeslagen", 14),
)
"""Each column of the scores and its width in characters."""

SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""What visitors or staff wrote stays text; nothing of it is left in a temporary file."""

HEAD = 4
"""The row of the names of the columns, counted from 0."""


def render(report: Report) -> bytes:
    """Return the workbook."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, SAFE) as book:
        book.set_properties(
            {
                "title": report.title,
                "subject": spell_period(report.period.days),
                "company": report.library,
                "created": report.made_at.astimezone(UTC).replace(tzinfo=None),  # what XlsxWriter takes for UTC
            }
        )
        _write_scores(book, report)
        _write_method(book, report)
    return file.getvalue()


def _write_scores(book: Any, report: Report) -> None:
    sheet = book.add_worksheet("Scores")
    colour = palette()
    title = book.add_format({"bold": True, "font_size": 16, "font_color": colour["ink"]})
    soft = book.add_format({"font_color": colour["ink-soft"]})
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "bottom", "bg_color": colour["paper-sunken"], "bottom": 1}
    )
    sheet.write_string(0, 0, f"{report.title}, {spell_period(report.period.days)}", title)
    sheet.write_string(1, 0, report.library, soft)
    sheet.write_string(2, 0, scope(report), soft)
    for column, (name, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(HEAD, column, name, head)
    _write_rows(book, sheet, report)
    sheet.freeze_panes(HEAD + 1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD)


def _write_rows(book: Any, sheet: Any, report: Report) -> None:
    text = book.add_format({"text_wrap": True, "valign": "top"})
    soft = book.add_format({"valign": "top", "align": "right", "font_color": palette()["ink-soft"]})
    formats = [book.add_format({"valign": "top", "num_format": shown}) for shown in ("0", "0%", "0")]
    for place, row in enumerate(report.rows, start=HEAD + 1):
        sheet.write_string(place, 0, row.label, text)
        sheet.write_string(place, 1, row.question, text)
        if row.score is None:
            sheet.write_string(place, 2, f"<{report.fewest_answers}", soft)
            sheet.write_string(place, 3, TOO_FEW, soft)
        for column, value, shown in _numbers(row):
            sheet.write_number(place, column, value, formats[shown])


def _numbers(row: ReportRow) -> list[tuple[int, float, int]]:
    """Return the numbers of a row as (column, value, which format); none where there are too few answers."""
    score = row.score
    if score is None:
        return []
    shares = [(3, score.satisfied, 1), (4, score.interval.low, 1), (5, score.interval.high, 1)]
    return [(2, score.n, 0), *shares, (6, score.mean, 2), (7, score.not_used, 0), (8, score.skipped, 0)]


def _write_method(book: Any, report: Report) -> None:
    sheet = book.add_worksheet("Hoe gemeten")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 100)
    made = f"Gemaakt op {spell_day(day_in_amsterdam(report.made_at))}. {source(report)}."
    for place, note in enumerate((f"{report.population}.", *report.notes, made)):
        sheet.write_string(place, 0, note, wrapped)

"""Makers of reports that no database was needed for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from server.reports.notes import method_notes
from server.reports.report import Report, ReportedBranch, ReportedPeriod, ReportRow
from server.reports.scores import Counts, score

HOSTILE = '=HYPERLINK("http://evil.example") <script>alert(1)</script> & #import "x" *x* $x$ @x \\ </svg>'


def create_row(name: str, smileys: tuple[int, int, int, int, int], **changes: Any) -> ReportRow:
    """Return the row of an aspect with these counted smileys."""
    fields: dict[str, Any] = {
        "aspect": "onderwerp",
        "name": name,
        "label": name,
        "question": f"Wat vindt u van {name}?",
        "wording": "a" * 64,
        "publications": (1, 2),
        "score": score(Counts(smileys, not_used=7, skipped=3)),
    }
    return ReportRow(**fields | changes)


def create_report(*rows: ReportRow, **changes: Any) -> Report:
    """Return the report of 2024 over two branches; without rows it has a scored aspect and a silent one."""
    fields: dict[str, Any] = {
        "title": "Wat bezoekers van de bibliotheek vinden",
        "library": "Bibliotheek van de toetsen",
        "period": ReportedPeriod(first_day=date(2024, 1, 1), last_day=date(2024, 12, 31)),
        "branches": (ReportedBranch(slug="norg", name="Norg"), ReportedBranch(slug="roden", name="Roden")),
        "made_at": datetime(2025, 1, 6, 9, 30, tzinfo=UTC),
        "publications": (1, 2),
        "visits": 260,
        "left_out": 0,
        "rows": rows or (create_row("Sfeer", (10, 13, 20, 80, 117)), create_row("Koffie en thee", (0, 0, 1, 3, 5))),
        "notes": method_notes((), 0),
    }
    return Report(**fields | changes)

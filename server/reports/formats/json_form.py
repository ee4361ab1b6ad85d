"""A report as JSON: every number unrounded, for programs."""

from __future__ import annotations

from server.reports.report import Report


def render(report: Report) -> bytes:
    """Return the JSON form, which `Report.from_json` reads back."""
    return (report.model_dump_json(indent=2) + "\n").encode()

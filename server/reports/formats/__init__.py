"""The forms of a report as a file; a form's module is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module

from server.reports.report import Report

FORMATS: dict[str, tuple[str, str]] = {
    "json": ("application/json", "server.reports.formats.json_form"),
    "csv": ("text/csv; charset=utf-8", "server.reports.formats.csv_form"),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "server.reports.formats.xlsx_form",
    ),
    "pdf": ("application/pdf", "server.reports.formats.pdf_form"),
}
"""Each format by its file extension: its media type, and the module that has `render`."""

BINARY = frozenset({"xlsx", "pdf"})
"""Formats that no terminal can show."""


def render(report: Report, form: str) -> bytes:
    """Return a report as a file of one of `FORMATS`."""
    rendered: bytes = import_module(FORMATS[form][1]).render(report)
    return rendered


def file_name(report: Report, form: str) -> str:
    """Return what such a file is called."""
    slugs = "-".join(branch.slug for branch in report.branches) if len(report.branches) <= 3 else "alle-vestigingen"
    parts = ["rapport", str(report.period.first_day), str(report.period.last_day), slugs]
    return f"{'-'.join(part for part in parts if part)}.{form}"

"""A report as an A4 that everybody can read: tagged PDF/UA-1, with the chart in words as well."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files

import typst

from server.reports.charts import bar_chart, chart_description
from server.reports.dutch import spell_day, spell_period
from server.reports.lines import lines, scope, source
from server.reports.palette import palette
from server.reports.period import day_in_amsterdam
from server.reports.report import Report
from server.reports.typeface import FONT_NAME, font_folders
from vertelpaal.errors import VertelpaalError


def render(report: Report) -> bytes:
    """Return the PDF; texts reach typst as data, so none of them is read as its markup.

    Raises:
        VertelpaalError: typst could not set it.
    """
    template = files("server.reports.formats").joinpath("report.typ").read_bytes()
    try:
        return typst.compile(
            template,
            format="pdf",
            pdf_standards="ua-1",
            timestamp=int(report.made_at.timestamp()),
            font_paths=_fonts(),
            sys_inputs={"report": _content(report), "chart": bar_chart(report)},
        )
    except typst.TypstError as error:
        raise VertelpaalError(f"the PDF could not be set: {error}") from error


def _fonts() -> typst.Fonts:
    """Return the typeface of the house and what typst brings; none of the machine's, so that a page is one page."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(folder) for folder in font_folders()])


def _content(report: Report) -> str:
    return json.dumps(
        {
            "title": report.title,
            "period": spell_period(report.period.days),
            "library": report.library,
            "scope": scope(report),
            "population": report.population,
            "lines": [asdict(line) for line in lines(report)],
            "chart_description": chart_description(report),
            "notes": report.notes,
            "made": f"Gemaakt op {spell_day(day_in_amsterdam(report.made_at))}",
            "source": source(report),
            "colour": palette(),
            "font": FONT_NAME,
        }
    )

"""The chart of a report: a bar for each score with its interval, as SVG that a strict page can hold."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Any

import altair as alt
import vl_convert

from server.reports.dutch import spell_interval, spell_percent, spell_period
from server.reports.notes import TOO_FEW
from server.reports.palette import palette
from server.reports.report import Report
from server.reports.typeface import FONT_NAME, font_folders

WIDTH = 460
"""Of the scale from 0 to 100 %, in px; the names stand left of it, the percentages right."""
STEP = 34
BAR = 18
CAP = 10


def bar_chart(report: Report) -> str:
    """Return the chart as SVG: no style attribute, no script, a Dutch title and description; "" without rows.

    What a screen reader hears is the description, so the marks themselves are hidden from it.
    """
    if not report.rows:
        return ""
    bars = tuple(
        (row.label, row.score.satisfied, row.score.interval.low, row.score.interval.high) if row.score else (row.label,)
        for row in report.rows
    )
    opening = (
        '<svg role="img" aria-labelledby="chart-title chart-description" '
        f'font-family="{escape(FONT_NAME)}, sans-serif" '
    )
    names = (
        f'<title id="chart-title">{escape(chart_title(report))}</title>'
        f'<desc id="chart-description">{escape(chart_description(report))}</desc>'
    )
    tag, closed, rest = _drawn(bars).removeprefix("<svg ").partition(">")
    return f"{opening}{tag}{closed}{names}{rest}"


def chart_title(report: Report) -> str:
    """Return what the chart shows."""
    return f"Hoeveel procent is tevreden, per onderwerp, {spell_period(report.period.days)}"


def chart_description(report: Report) -> str:
    """Return the chart in words: every bar with its interval."""
    return " ".join(
        f"{row.label}: {spell_percent(row.score.satisfied)} tevreden, interval "
        f"{spell_interval(row.score.interval.low, row.score.interval.high)}."
        if row.score
        else f"{row.label}: {TOO_FEW}."
        for row in report.rows
    )


@lru_cache(maxsize=32)
def _drawn(bars: tuple[tuple[Any, ...], ...]) -> str:
    """Draw bars of (label, share, low, high), or (label,) where there are too few answers."""
    for folder in font_folders():
        vl_convert.register_font_directory(str(folder))
    # nothing is fetched: the data are in the specification
    svg: str = vl_convert.vegalite_to_svg(_chart(bars).to_dict(), allowed_base_urls=[])
    return svg


def _chart(bars: tuple[tuple[Any, ...], ...]) -> alt.LayerChart:
    colour = palette()
    base = alt.Chart(alt.InlineData(values=[_value(bar) for bar in bars])).encode(y=_names(colour))
    shown = base.transform_filter("isValid(datum.share)")
    hidden = base.transform_filter("!isValid(datum.share)")
    track = base.mark_bar(aria=False, size=BAR, color=colour["paper-sunken"]).encode(x=_percentages())
    bar = shown.mark_bar(aria=False, size=BAR, color=colour["calm"]).encode(x="share:Q")
    whiskers = [  # a light edge first: the interval crosses the end of a dark bar
        *_whisker(shown, colour["paper-raised"], thickness=5, cap=CAP + 3),
        *_whisker(shown, colour["ink"], thickness=2, cap=CAP),
    ]
    number = shown.mark_text(
        aria=False, align="right", x=WIDTH + 58, fontSize=15, fontWeight="bold", color=colour["ink"]
    )
    silence = hidden.mark_text(aria=False, align="left", x=10, fontSize=13, color=colour["ink-soft"])
    layers = [track, bar, *whiskers, number.encode(text="text:N"), silence.encode(text="text:N")]
    return _styled(alt.LayerChart(layer=layers, width=WIDTH, height=alt.Step(STEP)), colour)


def _whisker(shown: alt.Chart, colour: str, thickness: int, cap: int) -> list[alt.Chart]:
    rule = shown.mark_rule(aria=False, color=colour, strokeWidth=thickness).encode(x="low:Q", x2="high:Q")
    tick = shown.mark_tick(aria=False, color=colour, opacity=1, thickness=thickness, size=cap)
    return [rule, tick.encode(x="low:Q"), tick.encode(x="high:Q")]


def _styled(chart: alt.LayerChart, colour: dict[str, str]) -> alt.LayerChart:
    styled: alt.LayerChart = (
        chart.configure(font=FONT_NAME, background="transparent", padding=2)
        .configure_view(stroke=None, fill=None)
        .configure_axis(
            aria=False, domain=False, ticks=False, gridColor=colour["line-soft"], labelColor=colour["ink-soft"]
        )
    )
    return styled


def _value(bar: tuple[Any, ...]) -> dict[str, Any]:
    if len(bar) == 1:
        return {"label": bar[0], "full": 1, "text": TOO_FEW}
    label, share, low, high = bar
    return {"label": label, "full": 1, "share": share, "low": low, "high": high, "text": spell_percent(share)}


def _names(colour: dict[str, str]) -> alt.Y:
    axis = alt.Axis(title=None, labelFontSize=15, labelPadding=12, labelLimit=240, labelColor=colour["ink"])
    return alt.Y("label:N", sort=None, axis=axis)


def _percentages() -> alt.X:
    axis = alt.Axis(
        title=None,
        values=[0, 0.25, 0.5, 0.75, 1],
        labelExpr="round(datum.value * 100) + '\N{NO-BREAK SPACE}%'",
        labelFontSize=12,
        labelFlush=False,
    )
    return alt.X("full:Q", scale=alt.Scale(domain=[0, 1]), axis=axis)

"""The chart is a picture that a strict page can hold and a screen reader can say."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from server.reports.charts import WIDTH, bar_chart
from server.reports.palette import NAMES, palette
from tests.reports.reports import HOSTILE, create_report, create_row

SVG = "{http://www.w3.org/2000/svg}"


def test_the_chart_needs_no_style_and_no_script() -> None:
    root = ElementTree.fromstring(bar_chart(create_report()))
    for element in root.iter():
        assert element.tag not in (f"{SVG}style", f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject")
        assert not [name for name in element.attrib if name == "style" or name.startswith("on") or "href" in name]


def test_the_chart_says_in_words_what_it_shows() -> None:
    root = ElementTree.fromstring(bar_chart(create_report()))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and description is not None
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert description.text is not None
    assert description.text.replace("\N{NO-BREAK SPACE}", " ") == (
        "Sfeer: 82 % tevreden, interval 77–86 %. Koffie en thee: te weinig antwoorden."
    )
    assert "aria-label=" not in bar_chart(create_report())


def test_a_bar_is_as_long_as_its_share_and_its_whisker_as_its_interval() -> None:
    svg = bar_chart(create_report(create_row("Sfeer", (10, 13, 20, 80, 117))))
    colour = palette()
    (bar,) = re.findall(rf'd="M0,[\d.]+h([\d.]+)[^"]*" fill="{colour["calm"]}"', svg)
    assert float(bar) == pytest.approx(WIDTH * 197 / 240)
    rules = re.findall(rf'translate\(([\d.]+),[\d.]+\)" x2="(-?[\d.]+)" y2="0" stroke="{colour["ink"]}"', svg)
    ends = [(float(start), float(start) + float(reach)) for start, reach in rules]
    assert [(round(min(end) / WIDTH, 3), round(max(end) / WIDTH, 3)) for end in ends] == [(0.767, 0.864)]


def test_too_few_answers_have_words_and_no_bar() -> None:
    svg = bar_chart(create_report(create_row("Sfeer", (0, 0, 0, 4, 5))))
    assert "te weinig antwoorden</text>" in svg
    assert palette()["calm"] not in svg
    assert palette()["ink"] not in re.findall(r'stroke="(#\w+)"', svg)


def test_names_cannot_break_out_of_the_chart() -> None:
    svg = bar_chart(create_report(create_row(HOSTILE, (0, 0, 0, 0, 12))))
    assert "<script" not in svg
    assert svg.count("</svg>") == 1
    ElementTree.fromstring(svg)


def test_the_chart_wears_the_house_style() -> None:
    svg = bar_chart(create_report())
    used = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}", svg)}
    assert used <= {colour.lower() for colour in palette().values()}
    assert set(palette()) == set(NAMES)


def test_no_rows_make_no_chart() -> None:
    assert bar_chart(create_report().model_copy(update={"rows": ()})) == ""

"""The sheet that tests the pictograms: up to date, complete, and paper is all it needs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from pypdf import PdfReader

from kiosk.gallery import open_browser
from kiosk.pictogram_sheet import PASSING, PEOPLE, QUESTIONS, ROWS, TARGET, Use, make_sheet, read_manifest

PAGES = re.findall(r"<table.*?</table>", make_sheet(), re.DOTALL)


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = open_browser(playwright)
        yield opened
        opened.close()


def rows_of(page: str) -> list[str]:
    """Return the rows of pictures of one page."""
    return re.findall(r"<tr>.*?</tr>", page.partition("<tbody>")[2], re.DOTALL)


def test_the_sheet_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == make_sheet(), "run: python -m kiosk.pictogram_sheet"


def test_it_needs_nothing_beside_it_and_runs_nothing() -> None:
    bare = make_sheet().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert re.findall(r"<script|<link|<img|@import|url\(|src=|href=|https?:", bare) == []


def test_every_picture_is_there_once_with_its_meaning_and_ten_boxes() -> None:
    rows = [row for page in PAGES for row in rows_of(page)]
    meanings = read_manifest()
    ordered = [(name, meaning.nl) for use in Use for name, meaning in meanings.items() if meaning.use is use]
    assert [re.findall(r"<b>(.*?)</b><small>(.*?)</small>", row) for row in rows] == [
        [(meaning, name)] for name, meaning in ordered
    ]
    for row in rows:
        assert row.count("<svg ") == 1
        assert row.partition("</label>")[0].count('class="centre"') == PEOPLE


def test_a_picture_passes_with_85_percent() -> None:
    assert (PASSING - 1) / PEOPLE < 0.85 <= PASSING / PEOPLE
    assert f"{PASSING} van de {PEOPLE} of meer" in make_sheet()


def test_no_page_is_fuller_than_paper_and_each_has_its_question() -> None:
    for page in PAGES:
        assert 1 <= len(rows_of(page)) <= ROWS
        assert sum(f"<b>{title}</b>Vraag: “{question}”" in page for title, question in QUESTIONS.values()) == 1


@pytest.mark.browser
def test_printed_each_page_is_a_page_and_each_picture_20_mm(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(make_sheet())
    page.emulate_media(media="print")
    sizes = page.eval_on_selector_all("td svg", "all => all.map((one) => one.getBoundingClientRect().width)")
    assert {round(size / 96 * 25.4, 1) for size in sizes} == {20.0}
    assert page.evaluate("document.body.scrollWidth <= document.body.clientWidth"), "wide print is shrunk"
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert ["Uitslag" in sheet.extract_text() for sheet in printed.pages] == [False] + [True] * len(PAGES)

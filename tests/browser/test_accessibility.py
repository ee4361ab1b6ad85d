"""WCAG 2.2 AA as a test: axe-core finds no violation on any page of the admin, nor on the screens of a visit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenBrowser, RunningLibrary, running_library
from tests.browser.staff_member import StaffMember
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("accessibility")]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLibrary]:
    """Run a sample library that has some visits."""
    with running_library(tmp_path_factory.mktemp("home"), visits=30, recordings=3) as library:
        yield library


def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong on a page, with the elements."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", list(RULES))
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:3]]}" for one in found["violations"]]


def test_axe_itself_notices_what_is_wrong(open_browser: OpenBrowser) -> None:
    page = open_browser().new_context().new_page()
    page.set_content("<html><body><img src='data:,'><input></body></html>")
    assert any(one.startswith("image-alt") for one in violations(page))


def test_the_pages_of_staff_and_authors(running: RunningLibrary, open_browser: OpenBrowser) -> None:
    member = StaffMember(open_browser(), running.household.server_url)
    wrong: dict[str, list[str]] = {}
    for path in ("/inloggen", "/intrekken"):
        member.opens(path)
        wrong[path] = violations(member.page)
    member.signs_in(running.library.email, running.library.password)
    member.page.locator("[data-answer] a").first.wait_for()
    for path in ("/antwoorden", "/antwoorden?soort=alle", "/rapport/", "/quarantaine", "/palen", "/bestaat-niet"):
        member.opens(path)
        wrong[path] = violations(member.page)
    member.opens("/antwoorden")
    member.opens_newest()
    wrong["an answer"] = violations(member.page)
    assert {path: found for path, found in wrong.items() if found} == {}


def test_the_screens_of_a_visit(running: RunningLibrary, open_browser: OpenBrowser) -> None:
    visitor = Visitor(open_browser(), running.household.kiosk_url)
    wrong: dict[str, list[str]] = {}

    def look(screen: str) -> None:
        visitor.sees(screen)
        visitor.page.wait_for_timeout(400)  # let the screen's entrance end: axe measures colours as they are
        wrong[screen] = violations(visitor.page)

    look("attract")
    visitor.touches("start")
    look("language")
    visitor.touches("language:nl")
    look("question")
    visitor.gives_smileys(5, 4, 3, 4, 2, 5, 4)
    visitor.touches("next")
    look("way")
    visitor.touches("way:voice")
    look("age")
    visitor.touches("age:16-plus")
    look("notice")
    visitor.touches("yes")
    look("ready")
    visitor.touches("back", "way:text")
    look("text")
    visitor.page.locator("main textarea").fill("Meer boeken.")
    visitor.touches("keep")
    look("consent")
    for _ in range(3):
        before = visitor.reads()
        visitor.touches("no" if "verslag" in before else "yes")
        visitor.page.wait_for_function("before => document.querySelector('main')?.innerText !== before", arg=before)
    look("profile")
    visitor.touches("skip")
    look("thanks")
    assert {screen: found for screen, found in wrong.items() if found} == {}

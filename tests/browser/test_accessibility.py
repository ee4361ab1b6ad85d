"""WCAG 2.2 AA as a test: axe-core finds no violation on any page of the admin, nor (proof) on the screens of a visit.

`tests/kiosk_screen/test_axe.py` looks at each screen of the pole in every run.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from server.reports.period import day_in_amsterdam
from server.tables import BranchRow, VisitRow
from tests.axe import violations
from tests.browser.conftest import OpenBrowser, RunningLibrary, running_library
from tests.browser.staff_member import StaffMember
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("accessibility")]

NO_VISIT = "dag=2000-01-01&plaatje=sun&plaatje=cat&plaatje=boat"
"""A day on which the desk finds nothing."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLibrary]:
    """Run a sample library that has some visits."""
    with running_library(tmp_path_factory.mktemp("home"), visits=30, recordings=3) as library:
        yield library


def test_axe_itself_notices_what_is_wrong(open_browser: OpenBrowser) -> None:
    page = open_browser().new_context().new_page()
    page.set_content("<html><body><img src='data:,'><input></body></html>")
    assert any(one.startswith("image-alt") for one in violations(page))


def test_the_pages_of_staff_and_authors(running: RunningLibrary, open_browser: OpenBrowser) -> None:
    member = StaffMember(open_browser(), running.household.server_url)
    wrong: dict[str, list[str]] = {}
    for path in ("/inloggen", "/intrekken", "/inzien"):
        member.opens(path)
        wrong[path] = violations(member.page)
    member.signs_in(running.library.email, running.library.password)
    member.page.locator("[data-answer] a").first.wait_for()
    pages = ("/antwoorden", "/antwoorden?soort=alle", "/activiteiten", "/rapport/", "/quarantaine", "/palen")
    desk = ("/intrekken/balie", f"/intrekken/balie?vestiging=roden&{NO_VISIT}", "/intrekken")
    for path in (*pages, *desk, "/bestaat-niet"):
        member.opens(path)
        wrong[path] = violations(member.page)
    member.opens("/antwoorden")
    member.opens_newest()
    wrong["an answer"] = violations(member.page)
    member.opens("/palen")
    member.page.get_by_role("link", name="Ontkoppel").first.click()
    member.page.get_by_role("heading", name="Deze paal ontkoppelen?").wait_for()
    wrong["unpairing a pole"] = violations(member.page)
    member.opens("/activiteiten")
    member.page.get_by_role("link", name="Toon groot").first.click()
    wrong["the sheet of an activity"] = violations(member.page)
    member.opens(desk_of_some_visit(running))
    wrong["a visit at the desk"] = violations(member.page)
    member.page.get_by_role("link", name="Intrekken het bezoek").first.click()
    member.page.get_by_role("heading", name="Dit bezoek intrekken?").wait_for()
    wrong["withdrawing at the desk"] = violations(member.page)
    assert {path: found for path, found in wrong.items() if found} == {}


def desk_of_some_visit(running: RunningLibrary) -> str:
    """Return the address at which the desk finds a visit."""
    has_pictures = select(VisitRow.pictures, VisitRow.started_at, BranchRow.slug).where(VisitRow.pictures.is_not(None))
    with running.database.reading() as session:
        found = session.execute(has_pictures.join(BranchRow, BranchRow.id == VisitRow.branch_id)).first()
    assert found is not None, "the sample visits have withdrawal codes"
    pictures, started_at, branch = found
    chosen = "".join(f"&plaatje={name}" for name in str(pictures).split(","))
    return f"/intrekken/balie?vestiging={branch}&dag={day_in_amsterdam(started_at)}{chosen}"


@pytest.mark.proof
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
    visitor.comes_to_the_ways()
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

"""Somebody who does not read stands at the desk with three pictures, and goes home without an answer left behind."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from server.privacy.pictures import DUTCH
from server.tables import VisitRow
from tests.browser.staff_member import StaffMember
from tests.makers import SampleLibrary, create_visit
from vertelpaal.visit import Visit
from vertelpaal.withdrawal import pictures_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("desk"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

TODAY = "2026-03-14"


@pytest.fixture
def visit(sample: SampleLibrary) -> Visit:
    """Return a visit that arrived from Roden, among others."""
    visits = [create_visit(sample.kiosk_id) for _ in range(4)]
    for one in visits:
        sample.deliver(one)
    return visits[0]


def spoken(visit: Visit) -> list[str]:
    """Return what the pole called the visitor's pictures."""
    assert visit.withdrawal_code is not None
    return [DUTCH[name] for name in pictures_of(visit.withdrawal_code)]


def test_three_pictures_take_a_visit_back(member: StaffMember, visit: Visit, sample: SampleLibrary) -> None:
    member.chooses_pictures("Roden", TODAY, *spoken(visit))
    member.sees("14-3-2026 12:28")
    member.withdraws_found_visit()
    with sample.database.reading() as session:
        assert session.get_one(VisitRow, visit.id).withdrawn_at == sample.clock.now()
    member.chooses_pictures("Roden", TODAY, *spoken(visit))
    expect(member.page.get_by_role("heading", name="Geen bezoek gevonden")).to_be_visible()
    assert member.complaints == []


def test_the_wrong_branch_is_mended_without_touching_the_pictures_again(member: StaffMember, visit: Visit) -> None:
    member.chooses_pictures("Norg", TODAY, *spoken(visit))
    expect(member.page.get_by_role("heading", name="Geen bezoek gevonden")).to_be_visible()
    member.page.get_by_label("Vestiging").select_option(label="Roden")
    member.page.get_by_label("Dag").press("Enter")
    expect(member.page.get_by_role("heading", name="Dit is het bezoek")).to_be_visible()


def test_a_slip_is_taken_back_and_the_order_may_be_forgotten(member: StaffMember, visit: Visit) -> None:
    first, second, third = spoken(visit)
    member.chooses_pictures("Roden", TODAY, third, first)
    member.page.get_by_role("link", name="Eén terug").click()
    expect(member.page.get_by_role("button", name=third, exact=True)).to_be_disabled()
    member.page.get_by_role("button", name=second, exact=True).click()
    member.page.get_by_role("button", name=first, exact=True).click()
    expect(member.page.get_by_role("heading", name="Zelfde plaatjes, andere volgorde")).to_be_visible()


def test_the_enter_key_is_no_picture(member: StaffMember) -> None:
    member.chooses_pictures("Roden", TODAY)
    member.page.get_by_label("Dag").press("Enter")
    expect(member.page.get_by_role("group", name="Raak het eerste plaatje aan")).to_be_visible()
    expect(member.page.locator(".filled")).to_have_count(0)

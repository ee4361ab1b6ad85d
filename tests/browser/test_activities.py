"""Somebody with ten minutes plans an activity, shows a group its code, and stops it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.staff_member import StaffMember
from tests.makers import SampleLibrary

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("activities"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

EVERY_POLE = "Roden: alle palen, met een code"
ONE_POLE = "Roden: alleen de paal"


def test_an_activity_with_a_code_from_plan_to_stop(member: StaffMember) -> None:
    member.plans_activity("Taalcafé", EVERY_POLE, hours=3)
    expect(member.page.get_by_role("status")).to_contain_text("staat klaar")
    member.sees("Tot 15:30 uur")
    code = member.sees_code_of("Taalcafé")
    assert member.shows_code_to_group("Taalcafé") == code
    member.stops_activity("Taalcafé")
    member.sees("Er is nu geen activiteit")
    assert member.complaints == []


def test_one_for_later_on_one_pole_begins_by_itself(member: StaffMember, sample: SampleLibrary) -> None:
    member.plans_activity("Voorlezen", ONE_POLE, hours=1, day="2026-03-14", time="14:00")
    member.sees("Vandaag van 14:00 tot 15:00 uur")
    member.sees("Er is nu geen activiteit")
    for _ in range(2):
        sample.clock.forward(45 * 60)
        member.opens("/activiteiten")
    member.sees("Tot 15:00 uur")
    assert "Er is nu geen activiteit" not in member.reads()


def test_a_busy_pole_is_told_and_the_form_stays_filled_in(member: StaffMember) -> None:
    member.plans_activity("Voorlezen", ONE_POLE)
    member.plans_activity("Schrijfclub", ONE_POLE)
    expect(member.page.get_by_role("alert")).to_contain_text("Op deze paal is dan al iets anders: Voorlezen")
    expect(member.page.get_by_label("Naam")).to_have_value("Schrijfclub")
    member.page.get_by_label("Waar").select_option(label=EVERY_POLE)
    member.page.get_by_role("button", name="Zet klaar").click()
    assert member.sees_code_of("Schrijfclub")

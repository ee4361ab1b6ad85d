"""A pole has one screen: a second page takes over, and the first one spoils nothing that is recorded there."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from kiosk.examples import example_journeys, example_publication
from kiosk.journey import Screen
from tests.kiosk_live.conftest import MakePole
from tests.kiosk_live.visitor import LiveVisitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("kiosk-live-mirror")]


def test_a_second_page_takes_over_and_records_whole(make_pole: MakePole, context: BrowserContext) -> None:
    pole = make_pole(example_publication())
    first = LiveVisitor(context, pole)
    second = LiveVisitor(context, pole)
    first.sees(Screen.WAITING)
    pole.stands_on(example_journeys("nl")["ready-voice"])
    second.arrives()
    second.records()
    assert second.take()
    assert first.page.locator("body").get_attribute("data-screen") == Screen.WAITING
    first.page.reload()
    second.sees(Screen.WAITING)

"""The agent knows whether a screen is there: the watch over the locked browser asks it."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import BrowserContext

from kiosk.examples import example_publication
from kiosk.screen_command import is_connected
from tests.kiosk_live.conftest import MakePole

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("kiosk-live-connected")]
PATIENCE_SECONDS = 20.0


def comes_to_be(url: str, connected: bool) -> bool:
    """Wait until the agent says so."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if is_connected(url) is connected:
            return True
        time.sleep(0.1)
    return False


def test_a_screen_is_known_to_be_there_until_it_has_gone(make_pole: MakePole, context: BrowserContext) -> None:
    pole = make_pole(example_publication())
    assert is_connected(pole.url) is False
    page = context.new_page()
    page.goto(pole.url)
    assert comes_to_be(pole.url, connected=True)
    page.close()
    assert comes_to_be(pole.url, connected=False)


def test_an_agent_that_is_away_says_neither() -> None:
    assert is_connected("http://127.0.0.1:9/") is None

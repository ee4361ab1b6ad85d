"""Who asked for less motion gets none: nothing on any screen moves by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from kiosk.examples import example_journeys
from kiosk.gallery import show
from tests.kiosk_screen.conftest import OpenScreen

pytestmark = pytest.mark.browser

MOVING = {
    "attract": {"look-up", "beckon"},
    "waiting": {"turn"},
    "stopping-voice": {"turn"},
    "stopping-video": {"turn"},
    "countdown-voice": {"count"},
    "countdown-video": {"count"},
    "question-smiley": {"nod"},
    "thanks": {"beat"},
}
"""What moves on each screen for everybody else."""
STILL = {"count"}
"""Shows one number after the other in one place, and moves none."""
RUNNING = "() => document.getAnimations().map((one) => one.animationName ?? one.transitionProperty)"


def test_each_drawing_that_moves_does_so_for_who_did_not_ask(screen: OpenScreen) -> None:
    """Control: what is looked for below is there to be found."""
    with screen("portrait") as page:
        named = set().union(*MOVING.values())
        seen = {name: found & named for name, found in motions(page).items()}
        assert {name: found for name, found in seen.items() if found} == MOVING


def test_with_less_motion_nothing_moves_on_any_screen(screen: OpenScreen) -> None:
    with screen("portrait") as page:
        page.emulate_media(reduced_motion="reduce")
        seen = {name: found - STILL for name, found in motions(page).items()}
        assert {name: found for name, found in seen.items() if found} == {}


def motions(page: Page) -> dict[str, set[str]]:
    """Return what moves on each screen that has something moving, also once its question was said."""
    found: dict[str, set[str]] = {}
    for serial, (name, journey) in enumerate(example_journeys("nl").items()):
        show(page, journey, serial)
        page.evaluate("() => { document.body.dataset.speech = 'said'; }")
        if running := set(page.evaluate(RUNNING)):
            found[name] = running
    return found

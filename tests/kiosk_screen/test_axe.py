"""WCAG 2.2 AA on every screen of the pole: axe-core finds nothing, in Dutch here, in the others in `make proof`."""

from __future__ import annotations

import pytest

from kiosk.examples import example_journeys
from kiosk.gallery import show
from kiosk.prompt_manifest import PROMPTS_FOLDER, speakable_languages
from tests.axe import violations
from tests.kiosk_screen.conftest import OpenScreen
from tests.kiosk_screen.languages import DUTCH_SOONER
from vertelpaal.words import Language

pytestmark = pytest.mark.browser

SETTLE_MS = 250
"""How long a colour may take to change, which axe would otherwise measure halfway."""


@pytest.mark.parametrize("language", DUTCH_SOONER)
@pytest.mark.parametrize("size", ["portrait", pytest.param("landscape", marks=pytest.mark.proof)])
def test_axe_finds_nothing_on_any_screen(screen: OpenScreen, size: str, language: Language) -> None:
    wrong: dict[str, list[str]] = {}
    with screen(size, voiceless=language not in speakable_languages(PROMPTS_FOLDER)) as page:
        page.emulate_media(reduced_motion="reduce")
        for serial, (name, journey) in enumerate(example_journeys(language).items()):
            show(page, journey, serial)
            page.dispatch_event("main", "pointerdown")  # silence: what lights up meanwhile is no resting colour
            page.wait_for_timeout(SETTLE_MS)
            wrong[name] = violations(page)
    assert {name: found for name, found in wrong.items() if found} == {}


def test_axe_notices_a_control_without_a_name(screen: OpenScreen) -> None:
    with screen("portrait") as page:
        show(page, example_journeys("nl")["way"], 1)
        page.eval_on_selector(
            "[data-action='way:voice']", "(one) => { one.removeAttribute('aria-label'); one.textContent = ''; }"
        )
        assert any(one.startswith("button-name") for one in violations(page))

"""Whatever goes wrong on whichever screen: the pole says so kindly, leads on, and heals by itself.

Some faults on the screens where they matter most; each on every screen in `make proof`.

For speed the pole is put on a screen from `kiosk.examples`, as if the visitor had just come there; from then on every
step is a touch of what the page offers. `test_what_the_pole_says.py` comes to its screens by touches alone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext

from kiosk.examples import example_journeys, example_publication
from kiosk.journey import Journey, Screen
from tests.kiosk_live.conftest import MakePole
from tests.kiosk_live.faults import FAULTS, Fault
from tests.kiosk_live.pole import LivePole
from tests.kiosk_live.visitor import LiveVisitor
from tests.kiosk_live.walk import is_led_on, walks_to_the_end
from vertelpaal.visit import Way

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("kiosk-live-faults")]

JOURNEYS = example_journeys("nl")
NOT_IN_A_VISIT = {"waiting", "closed-full"}
FULL = "the disk is full"


@pytest.fixture(scope="module")
def browser(asking_browser: Browser) -> Browser:
    """Return a Chromium that can refuse a page the camera and the microphone."""
    return asking_browser


@dataclass
class Ordeal:
    """A pole that goes through faults, one after the other, with somebody before it."""

    pole: LivePole
    visitor: LiveVisitor
    seconds: dict[str, float] = field(default_factory=dict)

    def goes_through(self, fault: Fault, name: str) -> None:
        """Let a fault happen on a screen: it is said kindly, something leads on, the visit ends, the next is whole."""
        began = time.monotonic()
        if fault.before:
            fault.happens(self.visitor)
        self._stands_on(JOURNEYS[name])
        if not fault.before:
            fault.happens(self.visitor)
        is_led_on(self.visitor)
        walks_to_the_end(self.visitor, is_full=fault.name == FULL)
        fault.heals(self.visitor)
        self._next_visitor_is_offered_everything()
        self.seconds[f"{fault.name} on {name}"] = time.monotonic() - began

    def _stands_on(self, journey: Journey) -> None:
        self.pole.stands_on(journey)
        self.visitor.arrives()
        capture = self.pole.scene.capture
        if capture is not None and capture.phase != "stop":
            self.visitor.page.wait_for_timeout(400)

    def _next_visitor_is_offered_everything(self) -> None:
        self.visitor.arrives()
        if self.pole.screen is Screen.THANKS:
            self.visitor.touches("done")
        self.visitor.sees(Screen.ATTRACT)
        self.visitor.touches("start")
        self.visitor.sees(Screen.LANGUAGE)
        deadline = time.monotonic() + 5
        while self.pole.agent._journey.ways != tuple(Way):
            assert time.monotonic() < deadline, f"the next visitor is offered {self.pole.agent._journey.ways} only"
            self.visitor.page.wait_for_timeout(50)
        self.visitor.touches("leave")
        self.visitor.sees(Screen.ATTRACT)


@pytest.fixture
def ordeal(make_pole: MakePole, context: BrowserContext, caplog: pytest.LogCaptureFixture) -> Iterator[Ordeal]:
    """Return a pole with every kind of question and an activity, before which somebody stands."""
    pole = make_pole(example_publication(), with_activity=True)
    ordeal = Ordeal(pole, LiveVisitor(context, pole))
    yield ordeal
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert [one for one in told if "could not be sealed: StorageFull" not in one] == []


def screens(fault: Fault) -> list[str]:
    return [name for name in JOURNEYS if name not in NOT_IN_A_VISIT and fault.concerns(name)]


@pytest.mark.parametrize("fault", [one for one in FAULTS if one.quick], ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_fault_on_the_screens_where_it_matters_most(ordeal: Ordeal, fault: Fault) -> None:
    for name in fault.quick:
        ordeal.goes_through(fault, name)
    print(f"{len(ordeal.seconds)} pairs, {sum(ordeal.seconds.values()):.0f} s: {fault.name}")


@pytest.mark.proof
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_fault_on_every_screen(ordeal: Ordeal, fault: Fault) -> None:
    for name in screens(fault):
        ordeal.goes_through(fault, name)
    print(f"{len(ordeal.seconds)} pairs, {sum(ordeal.seconds.values()):.0f} s: {fault.name}")

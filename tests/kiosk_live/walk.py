"""A visitor who only wants to go on: touches what leads further, and looks whether the pole ever shows its inside."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from kiosk.journey import Screen
from tests.kiosk_live.visitor import LiveVisitor

GOES_ON: dict[Screen, tuple[str, ...]] = {
    Screen.ATTRACT: ("start",),
    Screen.LANGUAGE: ("language:nl",),
    Screen.QUESTION: ("smiley:4", "choice:", "number:8", "yes", "skip"),
    Screen.WAY: ("skip",),
    Screen.AGE: ("age:16-plus",),
    Screen.NOTICE: ("next", "no"),
    Screen.READY: ("back",),
    Screen.COUNTDOWN: ("back",),
    Screen.RECORDING: ("stop",),
    Screen.TEXT: ("back",),
    Screen.PLAYBACK: ("keep",),
    Screen.CONSENT: ("yes",),
    Screen.PROFILE: ("skip",),
    Screen.ACTIVITY: ("skip",),
    Screen.THANKS: ("done",),
    Screen.WARNING: ("more-time",),
    Screen.CLOSED: ("done",),
}
"""What to touch on each screen, the first that is offered; where nothing is, time leads on."""
ENDS = (Screen.ATTRACT, Screen.THANKS)
MOST_STEPS = 45
LED_ON_SECONDS = 5.0
BUSY = 3.0
"""How much slower than a pole a machine may be on which all tests run."""
LONGEST_SECONDS = 90.0
"""The longest that a screen without a control lasts."""
INSIDE = re.compile(
    r"Traceback|Exception|Error|undefined|\bnull\b|\bNaN\b|\bNone\b|\[object|\{\{|\{%|\b40[0-9]\b|\b50[0-9]\b|Not Found"
)


@dataclass(frozen=True)
class Shown:
    """What somebody before the screen can read."""

    heading: str
    text: str


def shown_to(visitor: LiveVisitor) -> Shown:
    """Return what the page shows, which is never blank and never the inside of the pole."""
    heading, text = visitor.page.evaluate(
        """() => {
             const heading = document.querySelector("main h1");
             const shows = heading?.checkVisibility({ visibilityProperty: true, opacityProperty: true });
             return [shows ? heading.innerText.trim() : "", document.body.innerText];
           }"""
    )
    assert heading, f"nothing is said on {visitor.pole.screen}"
    assert not INSIDE.search(text), f"{visitor.pole.screen} shows {text!r}"
    assert visitor.errors == [], f"{visitor.pole.screen}: {visitor.errors}"
    return Shown(heading, text)


def next_touch(visitor: LiveVisitor, screen: Screen) -> str | None:
    """Return what leads on from this screen, of what the page offers; None where nothing does."""
    offered = visitor.offered()
    wanted = GOES_ON.get(screen, ())
    return next((action for start in wanted for action in offered if action.startswith(start)), None)


def is_led_on(visitor: LiveVisitor) -> None:
    """See that within five seconds there is something to touch that leads on, or that the screen ends by itself."""
    deadline = time.monotonic() + LED_ON_SECONDS * BUSY
    while time.monotonic() < deadline:
        visitor.arrives()
        scene = visitor.pole.scene
        shown_to(visitor)
        if scene.screen in ENDS or next_touch(visitor, scene.screen) is not None:
            return
        if not GOES_ON.get(scene.screen) or visitor.pole.agent._journey.stopping:
            break
        visitor.page.wait_for_timeout(100)
    _sits_through(visitor, scene.serial)


def walks_to_the_end(visitor: LiveVisitor, *, is_full: bool = False) -> int:
    """Touch what leads on until the thanks or the attract screen; return after how many touches.

    `is_full`: the pole may also end where it says that it is full, and offers nothing until there is room.
    """
    for step in range(MOST_STEPS):
        visitor.arrives()
        scene = visitor.pole.scene
        shown_to(visitor)
        if scene.screen in ENDS or (is_full and _says_it_is_full(visitor)):
            return step
        action = next_touch(visitor, scene.screen)
        if action is None:
            _sits_through(visitor, scene.serial)
        else:
            visitor.touches(action)
            _changes(visitor, scene.serial, f"{action} on {scene.screen} led nowhere")
    raise AssertionError(f"after {MOST_STEPS} touches still on {visitor.pole.screen}")


def _says_it_is_full(visitor: LiveVisitor) -> bool:
    return visitor.pole.screen is Screen.CLOSED and visitor.pole.agent._journey.draft is None


def _sits_through(visitor: LiveVisitor, before: int) -> None:
    """Let the pole's time go by until it shows something else than the scene with this serial."""
    for _ in range(int(LONGEST_SECONDS / 5)):
        if visitor.pole.scene.serial != before:
            return
        visitor.pole.clock.forward(5)
        visitor.page.wait_for_timeout(250)
    raise AssertionError(f"{visitor.pole.screen} never ends")


def _changes(visitor: LiveVisitor, before: int, otherwise: str) -> None:
    deadline = time.monotonic() + LED_ON_SECONDS * BUSY
    while visitor.pole.scene.serial == before:
        assert time.monotonic() < deadline, otherwise
        visitor.page.wait_for_timeout(20)

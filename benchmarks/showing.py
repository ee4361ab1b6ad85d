"""The screen in a real Chromium, led by the real agent: how soon it speaks, answers a touch, and goes on.

The agent runs in this process behind Werkzeug, on loopback, and seals each visit to the disk. The browser is headless
and touched through its own protocol; what is measured is in `watch.js`. A frame counts once it has been drawn.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.comparison import Comparison
from benchmarks.delay import Delay
from benchmarks.poles import running_bare_page, running_pole
from kiosk.gallery import SIZES, open_browser

VISITS = 60
LISTENING = 9
"""In how many of the visits each screen is heard before it is touched."""
BARE_TOUCHES = 4
"""How often the bare page is touched between two visits."""
LONGEST_SECONDS = 130
"""No visit begins later than this, however slow the machine is."""
WATCH = Path(__file__).parent / "watch.js"
VISIT = (
    ("start", "language"),
    ("language:nl", "question"),
    ("smiley:4", "question"),
    ("next", "way"),
    ("way:text", "age"),
    ("age:16-plus", "text"),
    ("keep", "consent"),
    ("yes", "consent"),
    ("no", "consent"),
    ("yes", "thanks"),
    ("done", "attract"),
)
"""Each touch of a visit, and the screen that it leads to."""
LAST_CONSENT = 9
"""Which of these touches is the last consent: after it the visit is sealed."""


@dataclass(frozen=True)
class Mark:
    """What happened in the page at a moment, in milliseconds."""

    kind: str
    at: float
    detail: str


class Watched:
    """A page that is looked on at."""

    def __init__(self, browser: Browser, url: str) -> None:
        wide, high, _ = SIZES["portrait"]
        context = browser.new_context(viewport={"width": wide, "height": high}, has_touch=True)
        self.page: Page = context.new_page()
        self.page.add_init_script(path=WATCH)
        self.page.goto(url)
        self.page.locator("[data-action]").first.wait_for()

    def touch(self, action: str, leads_to: str | None) -> None:
        """Touch a control, and wait for the screen that it leads to, or for any."""
        place = self.page.locator(f'[data-action="{action}"]').bounding_box()
        assert place is not None, action
        before = self.page.evaluate("() => watch.count()")
        self.page.touchscreen.tap(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        self._wait("shown", leads_to, before)

    def listen(self) -> None:
        """Wait until the screen that is shown now speaks."""
        latest = max(at for at, mark in enumerate(self.marks()) if mark.kind == "told")
        self._wait("said", None, latest)

    def marks(self) -> list[Mark]:
        """Return what happened so far."""
        return [Mark(*one) for one in self.page.evaluate("() => watch.marks")]

    def _wait(self, kind: str, detail: str | None, after: int) -> None:
        self.page.evaluate("([kind, detail, after]) => watch.until(kind, detail, after)", [kind, detail, after])


def show_screens(folder: Path) -> tuple[Comparison, list[Delay]]:
    """Make visits, and touches of a bare page in turns with them."""
    with sync_playwright() as playwright, running_pole(folder) as pole_url, running_bare_page() as bare_url:
        browser = open_browser(playwright)
        pole, bare = Watched(browser, pole_url), Watched(browser, bare_url)
        began, listened = time.monotonic(), 0
        for visit in range(VISITS):
            if time.monotonic() - began > LONGEST_SECONDS:
                break
            _visit(pole, listens=visit < LISTENING)
            for _ in range(BARE_TOUCHES):
                bare.touch("next", None)
            listened = len(pole.marks()) if visit < LISTENING else listened
        ours, theirs = pole.marks(), bare.marks()
        browser.close()
    delays = list(_delays(ours, ours[:listened], theirs))
    return _compare(delays), delays


def _visit(pole: Watched, *, listens: bool) -> None:
    for action, leads_to in VISIT:
        if action == "keep":
            pole.page.fill("main textarea", "Meer boeken.")
        pole.touch(action, leads_to)
        if listens and leads_to != "attract":
            pole.listen()


def _delays(ours: list[Mark], listened: list[Mark], theirs: list[Mark]) -> Iterator[Delay]:
    touches = list(_after_each("touch", ours))
    consents = [one for at, one in enumerate(touches) if at % len(VISIT) == LAST_CONSENT]
    others = [one for at, one in enumerate(touches) if at % len(VISIT) != LAST_CONSENT]
    said = _firsts(list(_after_each("told", listened)), "said")
    yield Delay("the screen speaks", "`show` arrives → a film or prompt plays", said, "≤ 500 ms")
    yield Delay("a touch is seen", "the finger comes down → a frame with it", _firsts(touches, "seen"), "≤ 100 ms")
    yield Delay("a touch is heard", "the finger comes down → its sound plays", _firsts(touches, "heard"), "≤ 100 ms")
    yield Delay("the next screen", "the finger comes down → a frame with it", _firsts(others, "shown"), "≤ 50 ms")
    thanked = [marks[-1].at - marks[0].at for marks in (_until_shown(one, "thanks") for one in consents)]
    yield Delay("thanks, sealed on the disk", "the last consent → a frame with the thanks", thanked, "≤ 100 ms")
    bare = _firsts(list(_after_each("touch", theirs)), "shown")
    yield Delay(
        "a bare Socket.IO round trip", "the finger comes down → a frame with an empty scene", bare, "to compare"
    )


def _compare(delays: list[Delay]) -> Comparison:
    ours, bare = delays[3].milliseconds, delays[5].milliseconds
    return Comparison(
        "a touch to the next screen",
        "a bare Socket.IO round trip",
        statistics.median(ours) / 1000,
        statistics.median(bare) / 1000,
        len(ours),
        "≤ 2.00",
    )


def _after_each(kind: str, marks: list[Mark]) -> Iterator[list[Mark]]:
    """Yield the marks from each of a kind up to the next of it."""
    starts = [at for at, mark in enumerate(marks) if mark.kind == kind]
    for start, end in zip(starts, [*starts[1:], len(marks)], strict=True):
        yield marks[start:end]


def _first(marks: list[Mark], kind: str) -> float | None:
    """Return the milliseconds from the first mark to the first one of a kind."""
    return next((mark.at - marks[0].at for mark in marks if mark.kind == kind), None)


def _firsts(rows: list[list[Mark]], kind: str) -> list[float]:
    return [first for marks in rows if (first := _first(marks, kind)) is not None]


def _until_shown(marks: list[Mark], screen: str) -> list[Mark]:
    return marks[: 1 + next(at for at, mark in enumerate(marks) if mark.kind == "shown" and mark.detail == screen)]

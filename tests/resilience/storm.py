"""Visits at a real pole while its processes and its browser are killed, and the record of what was promised."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from playwright.sync_api import Browser, Playwright
from playwright.sync_api import Error as PlaywrightError

from sample.household import PROCESSES, Household
from tests.browser.conftest import RunningLibrary, launch_chromium
from tests.browser.visitor import Visitor

VICTIMS = (*PROCESSES, "browser")
WAYS = ("voice", "voice", "video")
"""A film takes much of a machine that runs other tests."""
TAKING = ("kiosk", "browser")
"""Who holds what is being said."""
VISIT_SECONDS = 30.0
"""How long visits are made, one after the other, until something happens."""
READY_SECONDS = 60.0
CALM = (0.05, 3.0)
"""A visit of taps takes some two seconds, so a blow falls anywhere in one; up to four fall, at moments of their own."""
SPEECH = (1.1, 2.6)
"""A blow that is aimed at a recording falls between these seconds of it; a piece goes to the agent each second."""
CARRYING = ("kiosk", "server", "worker")
"""Who brings what was thanked to where it is kept."""
COMING_BACK = (0.05, 1.5)
"""A process that fell may fall again so many seconds after it was started, as when the power comes back by halves."""
FLICKER = 0.7
"""How likely it does, each time."""


class Moment(IntEnum):
    """When blows fall; strikes take them in turn."""

    TOLD = 0
    """While somebody is being recorded, on the pole or its browser at least."""
    THANKED = 1
    """Just after somebody was thanked, on one who carries their visit at least."""
    ANY = 2


STEPS = {
    "attract": "start",
    "language": "language:nl",
    "age": "age:16-plus",
    "notice": "yes",
    "ready": "record",
    "playback": "keep",
    "consent": "yes",
    "profile": "skip",
    "thanks": "done",
    "warning": "more-time",
}
SHOWS_SOMETHING = "() => !['', 'waiting', undefined].includes(document.body.dataset.screen)"


def kill(storm: Storm, victim: str) -> None:
    """Take a process away, or the browser as a crash does."""
    if victim != "browser":
        storm.running.household.kill(victim)
    elif storm.browser is not None:
        session = storm.browser.new_browser_cdp_session()
        with contextlib.suppress(PlaywrightError):  # nobody is left to answer
            session.send("Browser.crash")


@dataclass
class Storm:
    """A browser at a pole, things that get killed, and the record of every thanks that was seen."""

    running: RunningLibrary
    playwright: Playwright
    rng: random.Random
    kill: Callable[[Storm, str], None] = kill
    ways: Sequence[str] = WAYS
    thanked: dict[str, str | None] = field(default_factory=dict)
    """By what way each visit that was thanked told something, by its code."""
    killed: Counter[str] = field(default_factory=Counter)
    coming_back: int = 0
    """How many of them fell again while they came back."""
    while_told: int = 0
    """How many blows took the pole or its browser while somebody was being recorded."""
    browser: Browser | None = None
    visitor: Visitor | None = None
    _screen: str = ""
    _since: float = 0.0
    _chosen: str = ""
    """By what way this visitor tells something, if they do."""
    _way: str | None = None
    """By what way they told it, once it could be looked back at."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rages(self, kills: int, until: float) -> None:
        """Strike until so many fell, at most so often and until this monotonic moment."""
        for number in range(kills):
            left = kills - self.killed.total()
            if left <= 0 or time.monotonic() > until:
                return
            victims = set(self.rng.sample(VICTIMS, self.rng.randint(1, len(VICTIMS))))
            moment = Moment(number % len(Moment))
            if moment is not Moment.ANY:
                victims.add(self.rng.choice(TAKING if moment is Moment.TOLD else CARRYING))
            self.strikes(sorted(victims), moment)

    def strikes(self, victims: Sequence[str], moment: Moment) -> None:
        """Make visits while each victim falls at a moment of its own, and is brought back."""
        self._gets_ready()
        if moment is Moment.TOLD:
            self._visits_until(self._is_told, teller=True)
        if moment is Moment.THANKED:
            before = len(self.thanked)
            self._visits_until(lambda: len(self.thanked) > before)
        moments = {victim: self.rng.uniform(*(SPEECH if moment is Moment.TOLD else CALM)) for victim in victims}
        blows = [threading.Timer(moments[victim], self._fells, [victim]) for victim in victims if victim in PROCESSES]
        for blow in blows:
            blow.start()
        if "browser" in moments:
            until = time.monotonic() + moments["browser"]
            self._visits_until(lambda: time.monotonic() >= until)
            self._crashes()
            self._gets_ready()
        self._visits_until(lambda: not any(blow.is_alive() for blow in blows))

    def calms(self) -> None:
        """Let somebody be thanked for what they told aloud, now that nothing falls any more."""
        self._gets_ready()
        self.ways = ("voice",)
        before = len(self._told())
        self._visits_until(lambda: len(self._told()) > before, teller=True, seconds=4 * VISIT_SECONDS)
        assert len(self._told()) > before, f"nobody can tell anything any more; the pole shows {self._screen}"

    def ends(self) -> None:
        """Close the browser."""
        if self.browser is not None:
            self.browser.close()

    def _told(self) -> list[str]:
        return [code for code, way in self.thanked.items() if way]

    def _is_told(self) -> bool:
        return self._screen == "recording"

    def _fells(self, victim: str) -> None:
        """Kill a process until it comes back for good."""
        is_gone = self._is_gone(victim, told=self._is_told())
        while is_gone and self.rng.random() < FLICKER:
            time.sleep(self.rng.uniform(*COMING_BACK))
            stood = stands(self.running.household, victim)
            is_gone = self._is_gone(victim, told=False)  # the page may still show a recording that nobody holds
            self.coming_back += stood and is_gone

    def _is_gone(self, victim: str, *, told: bool) -> bool:
        """Kill a process, note that it is gone if it is, and start it again."""
        household = self.running.household
        stood = stands(household, victim)
        self.kill(self, victim)
        if stands(household, victim):
            return False
        if stood:
            self._notes(victim, told)
        household.launch(victim)
        return True

    def _crashes(self) -> None:
        told = self._is_told()
        self.kill(self, "browser")
        if self.browser is not None and not self.browser.is_connected():
            self._notes("browser", told)
            self.browser, self.visitor, self._screen = None, None, ""

    def _notes(self, victim: str, told: bool) -> None:
        with self._lock:
            self.killed[victim] += 1
            self.while_told += told and victim in TAKING

    def _gets_ready(self) -> None:
        """Wait until the pole answers and the browser shows it, so that every blow falls on a running visit."""
        until = time.monotonic() + READY_SECONDS
        while self.visitor is None or not self.visitor.is_connected():
            assert time.monotonic() < until, "the pole did not come back"
            with contextlib.suppress(PlaywrightError):
                if self.browser is None or not self.browser.is_connected():
                    self.browser, self.visitor = launch_chromium(self.playwright), None
                if self.visitor is not None:
                    self.visitor.leaves()
                self.visitor, self._screen = Visitor(self.browser, self.running.household.kiosk_url), ""
                self.visitor.page.set_default_timeout(1500)
                self.visitor.page.wait_for_function(SHOWS_SOMETHING, timeout=5000)

    def _visits_until(self, over: Callable[[], bool], *, teller: bool = False, seconds: float = VISIT_SECONDS) -> None:
        until = time.monotonic() + seconds
        while not over() and time.monotonic() < until:
            with contextlib.suppress(PlaywrightError, AssertionError):
                self._visits(over, teller)

    def _visits(self, over: Callable[[], bool], teller: bool) -> None:
        """Make one quick visit; every step may be the last. A code that was shown is a promise."""
        assert self.visitor is not None
        page = self.visitor.page
        for _ in range(60):
            if over():
                return
            self._sees(page.locator("body").get_attribute("data-screen") or "")
            step = self._step(teller)
            if step is None:
                page.wait_for_timeout(50)
                continue
            target = page.locator(f'[data-action="{step}"]')
            if self._screen in ("question", "way") and target.count() == 0:  # an open question; a camera that failed
                target = page.locator(f'[data-action="{"next" if teller and self._screen == "question" else "skip"}"]')
            target.click(timeout=1000)
            page.wait_for_timeout(30)

    def _sees(self, screen: str) -> None:
        """Note what the screen shows, and the promise on it."""
        if screen != self._screen:
            self._screen, self._since = screen, time.monotonic()
        if screen == "attract":
            # not when the ways are shown: a second look, while the touch is still on its way, would tell another one
            self._way, self._chosen = None, self.rng.choice(self.ways)
        if screen == "thanks" and self.visitor is not None:
            self.thanked.setdefault(self.visitor.withdrawal_code(), self._way)

    def _step(self, teller: bool) -> str | None:
        """Return what is touched next; None while there is nothing to touch."""
        if self._screen == "question":
            return f"smiley:{self.rng.randint(1, 5)}"
        if self._screen == "way":
            return f"way:{self._chosen}"
        if self._screen == "recording":
            return "stop" if time.monotonic() - self._since > max(SPEECH) else None
        if self._screen == "playback":
            self._way = self._chosen or None
        return STEPS.get(self._screen)


def stands(household: Household, victim: str) -> bool:
    """Return whether the process that was launched under this name still is there."""
    return Path(f"/proc/{household.process_id(victim)}").exists()

"""Killed at random moments, every thanked visit arrives exactly once. 50 kills here, 3,000 in `make proof`."""

from __future__ import annotations

import contextlib
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import func, select

from kiosk.shelf import Shelf
from sample.household import PROCESSES
from server.intake.publications import find_publication, publish
from server.tables import EnvelopeRow, EnvelopeState, VisitRow
from tests.browser.conftest import RunningLibrary, launch_chromium, playwright, running_library
from tests.browser.visitor import Visitor
from vertelpaal.withdrawal import keyed_hash

pytestmark = [pytest.mark.browser, pytest.mark.slow]
__all__ = ["playwright"]

KILLS = 50
PROOF_KILLS = 3000
LONGEST_SECONDS = 2 * 3600.0
"""A machine that has not come to all of its kills by then fails."""
VICTIMS = (*PROCESSES, "browser")
DRAIN_SECONDS = 90.0
READY_SECONDS = 30.0
LONGEST_CALM = 3.0
"""A visit takes some two seconds, so a blow falls anywhere in one; up to four fall at once, at moments of their own."""


SHOWS_SOMETHING = "() => !['', 'waiting', undefined].includes(document.body.dataset.screen)"


@dataclass
class Storm:
    """A browser at a pole, things that get killed, and the record of every thanks that was seen."""

    running: RunningLibrary
    playwright: Playwright
    rng: random.Random
    thanked: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    browser: Browser | None = None
    visitor: Visitor | None = None

    def strike(self, victims: Sequence[str]) -> None:
        """Make visits while each victim falls at a moment of its own, and is brought back."""
        self._get_ready()
        moments = {victim: self.rng.uniform(0.05, LONGEST_CALM) for victim in victims}
        blows = [threading.Timer(moments[victim], self._strike, [victim]) for victim in victims if victim in PROCESSES]
        for blow in blows:
            blow.start()
        if "browser" in moments:
            until = time.monotonic() + moments["browser"]
            self._visit_until(lambda: time.monotonic() >= until)
            self._kill_browser()
            self._get_ready()
        self._visit_until(lambda: not any(blow.is_alive() for blow in blows))

    def _strike(self, victim: str) -> None:
        self.running.household.kill(victim)  # and see it gone
        self.killed[victim] += 1
        self.running.household.launch(victim)

    def end(self) -> None:
        """Close the browser."""
        if self.browser is not None:
            self.browser.close()

    def _get_ready(self) -> None:
        """Wait until the pole answers and the browser shows it, so that every blow falls on a running visit."""
        until = time.monotonic() + READY_SECONDS
        while self.visitor is None or not self.visitor.is_connected():
            assert time.monotonic() < until, "the pole did not come back"
            with contextlib.suppress(PlaywrightError):
                if self.browser is None or not self.browser.is_connected():
                    self.browser, self.visitor = launch_chromium(self.playwright), None
                if self.visitor is not None:
                    self.visitor.leaves()
                self.visitor = Visitor(self.browser, self.running.household.kiosk_url)
                self.visitor.page.set_default_timeout(1500)
                self.visitor.page.wait_for_function(SHOWS_SOMETHING, timeout=5000)

    def _visit_until(self, over: Callable[[], bool]) -> None:
        while not over():
            with contextlib.suppress(PlaywrightError, AssertionError):
                self._visit(over)

    def _visit(self, over: Callable[[], bool]) -> None:
        """Make one quick visit; every step may be the last. A code that was shown is a promise."""
        assert self.visitor is not None
        page = self.visitor.page
        for _ in range(60):
            if over():
                return
            screen = page.locator("body").get_attribute("data-screen") or ""
            if screen == "thanks":
                code = self.visitor.withdrawal_code()
                if code not in self.thanked:
                    self.thanked.append(code)
            step = {
                "attract": "start",
                "language": "language:nl",
                "question": f"smiley:{self.rng.randint(1, 5)}",
                "way": "skip",
                "profile": "skip",
                "thanks": "done",
                "warning": "more-time",
            }.get(screen)
            if step is None:
                page.wait_for_timeout(50)
                continue
            target = page.locator(f'[data-action="{step}"]')
            if screen == "question" and target.count() == 0:
                target = page.locator('[data-action="skip"]')
            target.click(timeout=1000)
            page.wait_for_timeout(30)

    def _kill_browser(self) -> None:
        """Take the browser away as a crash does: its process, by its id."""
        if self.browser is None:
            return
        session = self.browser.new_browser_cdp_session()
        with contextlib.suppress(PlaywrightError):  # nobody is left to answer
            session.send("Browser.crash")
        self.killed["browser"] += not self.browser.is_connected()
        self.browser, self.visitor = None, None


def publish_one_question(running: RunningLibrary) -> None:
    """Let the pole ask one question, so that many visits come to their thanks; wait until it does."""
    with running.database.transaction() as session:
        first = find_publication(session, 1)
        short = first.model_copy(
            update={"number": 2, "questions": first.questions[:1], "ask_member": False, "ask_age": False}
        )
        files = {sha256: running.library.settings.files_folder / sha256 for sha256 in short.files}
        publish(session, short, files, running.library.settings.files_folder)
    until = time.monotonic() + READY_SECONDS
    while (running_now := Shelf(running.home / "kiosk").publication()) is None or running_now.number != 2:
        assert time.monotonic() < until, "the pole did not fetch the new publication"
        time.sleep(0.2)


def wait_for_drain(running: RunningLibrary) -> None:
    """Wait until the pole's outbox is empty and the worker has nothing left."""
    until = time.monotonic() + DRAIN_SECONDS
    outbox = running.home / "kiosk" / "outbox"
    busy = select(func.count()).where(EnvelopeRow.state.in_([EnvelopeState.UPLOADING, EnvelopeState.RECEIVED]))
    while True:
        with running.database.reading() as session:
            left = session.scalar(busy.select_from(EnvelopeRow)) or 0
        if not left and not list(outbox.glob("*.age")):
            return
        assert time.monotonic() < until, f"{left} envelopes unfinished, {len(list(outbox.glob('*.age')))} in the outbox"
        time.sleep(0.5)


def count_arrivals(running: RunningLibrary, codes: list[str]) -> Counter[int]:
    """Return how many of the thanked visits arrived how often."""
    key = running.library.settings.withdrawal_key.get_secret_value().encode()
    with running.database.reading() as session:
        arrived = Counter(session.scalars(select(VisitRow.withdrawal_hash)).all())
    return Counter(arrived[keyed_hash(code, key)] for code in codes)


@pytest.mark.parametrize("kills", [KILLS, pytest.param(PROOF_KILLS, marks=pytest.mark.proof)])
def test_every_thanked_visit_arrives_exactly_once(
    playwright: Playwright, tmp_path: Path, capsys: pytest.CaptureFixture[str], kills: int
) -> None:
    seed = secrets.randbits(32)
    with running_library(tmp_path / "home") as running:
        publish_one_question(running)
        storm = Storm(running, playwright, random.Random(seed))
        until = time.monotonic() + LONGEST_SECONDS
        while storm.killed.total() < kills and time.monotonic() < until:
            some = storm.rng.randint(1, len(VICTIMS))
            storm.strike(storm.rng.sample(VICTIMS, min(some, kills - storm.killed.total())))
        storm.end()
        wait_for_drain(running)
        arrivals = count_arrivals(running, storm.thanked)
        with running.database.reading() as session:
            visits = session.scalar(select(func.count()).select_from(VisitRow))
            wrong = session.scalars(
                select(EnvelopeRow.reason).where(EnvelopeRow.state == EnvelopeState.QUARANTINED)
            ).all()
    tried = storm.killed.total()
    with capsys.disabled():
        print(
            f"\n{tried} of {kills} kills {dict(storm.killed)}, seed {seed}: {len(storm.thanked)} visits "
            f"thanked, {arrivals[1]} arrived once, {arrivals[0]} lost, "
            f"{sum(n for times, n in arrivals.items() if times > 1)} doubled; {visits} visits in all"
        )
    assert tried == kills, "fewer fell than were to"
    assert wrong == []
    assert len(storm.thanked) >= tried // 5, "too few visits came to their thanks to prove anything"
    assert arrivals == Counter({1: len(storm.thanked)})

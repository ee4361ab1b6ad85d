"""Memory of agent, server and worker, children included, at rest and at its highest in busy hours; Linux only.

Shared pages are counted in parts (PSS), so the figures of several processes may be added.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright

from benchmarks.households import sample_library
from benchmarks.working import is_done
from kiosk.gallery import open_browser
from sample.household import PROCESSES

BACKLOG = 30
"""Envelopes that the worker opens while visits are made."""
TAKES = 3
TAKE_SECONDS = 10.0
REST_SECONDS = 10.0
LONGEST_SECONDS = 180.0
STEPS = {
    "attract": ("start",),
    "language": ("language:nl",),
    "question": ("smiley:4", "next", "skip"),
    "way": ("way:video",),
    "age": ("age:16-plus",),
    "notice": ("yes",),
    "ready": ("record",),
    "recording": ("stop",),
    "playback": ("keep",),
    "consent": ("yes",),
    "profile": ("yes",),
    "thanks": ("done",),
}
"""What is touched on each screen of a visit with a video: the first of these that is there."""


@dataclass(frozen=True)
class Footprint:
    """The memory of a process and its children in MiB, and the part of one core that it takes at rest."""

    process: str
    at_rest: float
    busy: float
    core_at_rest: float

    @staticmethod
    def heading() -> str:
        """Return the heading of the table."""
        busy = f"busy: {BACKLOG} envelopes, {TAKES} videos of {TAKE_SECONDS:g} s"
        return f"{'memory (PSS), with children':<30} {'at rest':>10} {busy:>44} {'core at rest':>14}"

    def line(self) -> str:
        """Return the line of the table."""
        return f"{self.process:<30} {self.at_rest:6.0f} MiB {self.busy:40.0f} MiB {self.core_at_rest:13.1%}"


def measure_memory(folder: Path) -> list[Footprint]:
    """Run a library with a backlog and make visits with videos; then let all of it rest."""
    with sample_library(folder / "memory", recordings=BACKLOG) as bench:
        household = bench.household
        household.start(say=lambda _: None, ended=threading.Event())
        with _highest({name: household.process_id(name) for name in PROCESSES}) as busy:
            _make_visits(household.kiosk_url)
            until = time.monotonic() + LONGEST_SECONDS
            while not is_done(bench) or list((bench.home / "kiosk" / "outbox").glob("*.age")):
                assert time.monotonic() < until, f"not done in {LONGEST_SECONDS:g} seconds"
                time.sleep(0.5)
        time.sleep(REST_SECONDS)
        before = {name: _cpu_seconds(household.process_id(name)) for name in PROCESSES}
        time.sleep(REST_SECONDS)
        return [
            Footprint(
                name,
                _mebibytes(household.process_id(name)),
                busy[name],
                (_cpu_seconds(household.process_id(name)) - before[name]) / REST_SECONDS,
            )
            for name in PROCESSES
        ]


def _make_visits(url: str) -> None:
    with sync_playwright() as playwright:
        browser = open_browser(playwright)
        page = browser.new_context(permissions=["camera", "microphone"]).new_page()
        page.goto(url)
        until = time.monotonic() + LONGEST_SECONDS
        taken = 0
        while taken < TAKES:
            assert time.monotonic() < until, f"no {TAKES} videos in {LONGEST_SECONDS:g} seconds"
            taken += _step(page)
        browser.close()


def _step(page: Page) -> int:
    """Touch what leads on; return 1 when that ended a visit."""
    screen = page.locator("body").get_attribute("data-screen") or ""
    page.wait_for_timeout(TAKE_SECONDS * 1000 if screen == "recording" else 150)
    for action in STEPS.get(screen, ()):
        control = page.locator(f'[data-action="{action}"]')
        if control.count():
            with suppress(PlaywrightError):  # the screen went on by itself meanwhile
                control.click(timeout=1000)
                return int(screen == "thanks")
    return 0


@contextmanager
def _highest(processes: dict[str, int]) -> Iterator[dict[str, float]]:
    """Look often, and keep the highest of each in MiB."""
    seen, ended = dict.fromkeys(processes, 0.0), threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            for name, process in processes.items():
                seen[name] = max(seen[name], _mebibytes(process))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def _mebibytes(process: int) -> float:
    total = 0
    for one in _family(process):
        with suppress(OSError):  # it ended meanwhile
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def _cpu_seconds(process: int) -> float:
    ticks = 0
    for one in _family(process):
        with suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(process: int) -> list[int]:
    """Return a process and all that come from it."""
    family = [process]
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                family += _family(int(child))
    return family

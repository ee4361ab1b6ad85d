"""Two ways to do one thing, timed in turns so that the machine's moods fall on both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """The medians of ours and of what it is compared with, in seconds, and the goal for their ratio.

    `terms` says what is the same on both sides and what only one of them does.
    """

    what: str
    compared_with: str
    ours: float
    theirs: float
    runs: int
    goal: str
    terms: str = ""

    @property
    def ratio(self) -> float:
        """Return ours divided by theirs."""
        return self.ours / self.theirs

    @staticmethod
    def heading() -> str:
        """Return the heading of the table."""
        return f"{'what':<44} {'÷ compared with':<40} {'ours':>9} {'theirs':>9} {'ratio':>7}  goal"

    def line(self) -> str:
        """Return the line of the table, and the terms below it."""
        times = f"{self.ours:8.3f}s {self.theirs:8.3f}s {self.ratio:7.2f}"
        line = f"{self.what:<44} {self.compared_with:<40} {times}  {self.goal} ({self.runs} runs)"
        return f"{line}\n    {self.terms}" if self.terms else line


def compare(
    what: str,
    compared_with: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    runs: int,
    goal: str,
    terms: str = "",
) -> Comparison:
    """Run both once to warm up, then in turns; return their medians."""
    ours()
    theirs()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for which, one in enumerate((ours, theirs)):
            began = time.perf_counter()
            one()
            times[which].append(time.perf_counter() - began)
    ours_seconds, theirs_seconds = map(statistics.median, times)
    return Comparison(what, compared_with, ours_seconds, theirs_seconds, runs, goal, terms)

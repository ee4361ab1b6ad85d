"""How long something takes from one moment to another, many times over: the middle, and what 95 in 100 stay under."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Delay:
    """Milliseconds from one moment to another, and the goal for 95 in 100 of them."""

    what: str
    measured: str
    milliseconds: Sequence[float]
    goal: str

    @property
    def median(self) -> float:
        """Return the middle one."""
        return statistics.median(self.milliseconds)

    @property
    def percentile_95(self) -> float:
        """Return what 95 in 100 stay under."""
        return statistics.quantiles(self.milliseconds, n=20, method="inclusive")[-1]

    @staticmethod
    def heading() -> str:
        """Return the heading of the table."""
        return f"{'what':<30} {'measured from → to':<54} {'median':>8} {'95 %':>8}  goal"

    def line(self) -> str:
        """Return the line of the table."""
        times = f"{self.median:6.0f}ms {self.percentile_95:6.0f}ms"
        return f"{self.what:<30} {self.measured:<54} {times}  {self.goal} ({len(self.milliseconds)} times)"

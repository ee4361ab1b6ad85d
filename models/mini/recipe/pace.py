# ruff: noqa: S311 - chance brings variety here, no secrets
"""The pace of a training: how far each step goes, and what it is shown when."""

from __future__ import annotations

import math
import random
from typing import NamedTuple


class Pace(NamedTuple):
    """The highest learning rate, and the steps it takes to rise to it."""

    highest: float
    warm_up_steps: int


FROM_NOTHING, GOING_ON = Pace(2e-3, 150), Pace(1e-3, 50)


def learning_rate(pace: Pace, step: int, passed: float) -> float:
    """Rise for some steps, then fall along a cosine; `passed` is the part of the time that is over, from 0 to 1."""
    falling = 0.5 * (1 + math.cos(math.pi * min(1.0, passed))) * 0.98 + 0.02
    return pace.highest * min(1.0, (step + 1) / pace.warm_up_steps) * falling


def plan(passed_minutes: float, short_minutes: float) -> tuple[int, float, bool]:
    """Return how many clips the next batch has, their most seconds, and whether they fill a whole window."""
    if passed_minutes <= short_minutes:
        return 16, random.choice([3, 4, 4, 6, 6, 9]), False
    if random.random() < 0.5:
        return 16, random.choice([6, 9]), False
    return 6, random.choice([6, 9, 9, 12, 15, 20]), True

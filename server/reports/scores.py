"""Satisfaction scores out of counted taps: pure arithmetic, with its uncertainty and its silence."""

from __future__ import annotations

import math
from dataclasses import dataclass

FEWEST_ANSWERS = 10
"""Under this many answers nothing is shown: a small group could be recognised, and says little."""

Z = 1.959964
"""The 97.5th percentile of the standard normal distribution: bounds a 95 % interval."""

SCALE = (0, 25, 50, 75, 100)
"""What smiley 1 to 5 counts for in the mean."""

SATISFIED = 2
"""How many of the highest smileys count as satisfied: the top-two-box."""


@dataclass(frozen=True)
class Counts:
    """How often each reply was given to one question; `smileys` from 1, the worst, to 5, the best."""

    smileys: tuple[int, int, int, int, int]
    not_used: int = 0
    skipped: int = 0

    @property
    def valid(self) -> int:
        """Return n: the answers that carry an opinion. "Not used" and skip do not."""
        return sum(self.smileys)

    @property
    def satisfied(self) -> int:
        """Return how many answers are in the top-two-box."""
        return sum(self.smileys[-SATISFIED:])


@dataclass(frozen=True)
class Interval:
    """A 95 % confidence interval of a share; 0 ≤ low ≤ high ≤ 1."""

    low: float
    high: float


@dataclass(frozen=True)
class Score:
    """What may be shown of one question.

    `satisfied` is a share from 0 to 1 with its interval, `mean` lies on the 0–100 scale.
    """

    n: int
    satisfied: float
    interval: Interval
    mean: float
    not_used: int
    skipped: int


def score(counts: Counts) -> Score | None:
    """Return the score of counted answers, or None when there are too few to show anything of them."""
    if counts.valid < FEWEST_ANSWERS:
        return None
    return Score(
        n=counts.valid,
        satisfied=counts.satisfied / counts.valid,
        interval=wilson_interval(counts.satisfied, counts.valid),
        mean=mean_on_scale(counts),
        not_used=counts.not_used,
        skipped=counts.skipped,
    )


def mean_on_scale(counts: Counts) -> float:
    """Return the mean of one or more answers on the 0–100 scale."""
    return sum(value * count for value, count in zip(SCALE, counts.smileys, strict=True)) / counts.valid


def wilson_interval(successes: int, n: int) -> Interval:
    """Return the 95 % score interval of a share of n ≥ 1 trials.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), 209–212; without continuity correction. It holds near 0 and 1, where the usual
    interval of Wald does not.
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"{successes} of {n} is no share")
    share = successes / n
    shrink = 1 + Z**2 / n
    middle = (share + Z**2 / (2 * n)) / shrink
    reach = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / shrink
    # at the ends the bound is the end itself; rounding would put it beside
    low = 0.0 if successes == 0 else middle - reach
    high = 1.0 if successes == n else middle + reach
    return Interval(low, high)

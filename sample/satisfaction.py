"""Satisfaction: how content the visitors of each sample branch are, and how that changed in two years."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from vertelpaal.errors import NotFound


@dataclass(frozen=True)
class Trend:
    """The mean smiley two years ago and now."""

    then: float
    now: float

    def at(self, part: float) -> float:
        """Return the mean after this part, from 0 to 1, of the two years."""
        return self.then + (self.now - self.then) * part


@dataclass(frozen=True)
class BranchMood:
    """A branch: its share of all visits, and the trend of each aspect."""

    share: float
    trends: Mapping[str, Trend]


MOODS: Mapping[str, BranchMood] = {
    "roden": BranchMood(
        0.46,
        {
            "openingstijden": Trend(3.1, 3.9),
            "medewerkers": Trend(4.4, 4.5),
            "sfeer": Trend(3.9, 4.1),
            "gebouw": Trend(3.8, 3.9),
            "horeca": Trend(3.5, 2.9),
            "werkplekken": Trend(3.0, 3.6),
            "praktische-zaken": Trend(3.7, 3.8),
        },
    ),
    "norg": BranchMood(
        0.29,
        {
            "openingstijden": Trend(2.8, 2.9),
            "medewerkers": Trend(4.6, 4.6),
            "sfeer": Trend(4.3, 4.4),
            "gebouw": Trend(3.3, 3.2),
            "horeca": Trend(3.9, 4.1),
            "werkplekken": Trend(2.6, 3.4),
            "praktische-zaken": Trend(3.9, 4.0),
        },
    ),
    "peize": BranchMood(
        0.25,
        {
            "openingstijden": Trend(3.4, 3.3),
            "medewerkers": Trend(4.0, 4.3),
            "sfeer": Trend(3.5, 3.8),
            "gebouw": Trend(4.3, 4.4),
            "horeca": Trend(2.9, 3.0),
            "werkplekken": Trend(3.8, 3.9),
            "praktische-zaken": Trend(3.2, 3.7),
        },
    ),
}
NOT_USED: Mapping[str, float] = {"horeca": 0.22, "werkplekken": 0.27, "praktische-zaken": 0.12, "openingstijden": 0.03}
"""How often somebody has never used it."""
_PEOPLE_DIFFER = 0.45
_ANSWERS_DIFFER = 0.85


def mood_of(branch: str) -> BranchMood:
    """Return how content the visitors of a branch are.

    Raises:
        NotFound: the sample library has no such branch.
    """
    if branch not in MOODS:
        raise NotFound(f"the sample library has no branch {branch}")
    return MOODS[branch]


def draw_leaning(rng: random.Random) -> float:
    """Return how much happier than the mean somebody is with everything."""
    return rng.gauss(0, _PEOPLE_DIFFER)


def draw_smiley(mean: float, leaning: float, rng: random.Random) -> int:
    """Return a smiley from 1 to 5 around a mean."""
    return min(max(round(rng.gauss(mean + leaning, _ANSWERS_DIFFER)), 1), 5)

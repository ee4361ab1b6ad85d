"""Visits: two years of people at the poles of the sample library, some with a recording."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID

from sample.recordings import RecordingOrder, make_recordings
from sample.satisfaction import mood_of
from sample.sentences import SPOKEN, TYPED, SampleSentence
from sample.visitor import Pole, Said, Visitor, born_at
from vertelpaal.clock import AMSTERDAM
from vertelpaal.publication import Publication
from vertelpaal.visit import Visit, Way

PERIOD = timedelta(days=2 * 365)
RECORDED_WITHIN = timedelta(days=80)
"""A video is kept 90 days, so the sample has no older recordings."""
TYPED_WITHIN = timedelta(days=340)
"""Words are kept a year."""
OPENING_HOURS: Mapping[int, tuple[int, int]] = {
    0: (13, 17),
    1: (10, 17),
    2: (10, 17),
    3: (10, 20),
    4: (10, 17),
    5: (10, 16),
}
"""From and until which hour the branches are open, by weekday from Monday; closed on Sunday."""
_DARK = 3
"""Which of the videos was made in a hall without light."""


@dataclass(frozen=True)
class SampleVisit:
    """A visit, and the bytes of its recordings by their ids."""

    visit: Visit
    media: Mapping[UUID, bytes]


@dataclass(frozen=True)
class _Plan:
    """A visit to come."""

    branch: str
    starts: datetime
    said: Said | None


def sample_visits(
    publication: Publication,
    kiosks: Mapping[str, UUID],
    now: datetime,
    rng: random.Random,
    cache: Path,
    *,
    count: int = 400,
    with_recordings: int = 36,
) -> Iterator[SampleVisit]:
    """Make visits at the pole of each branch, oldest first; the same `rng` and `now` make the same visits.

    Recordings depend on `rng` alone, and are made once into the folder `cache`.

    Raises:
        NotFound: a branch that the sample library does not have.
        SettingsError: espeak-ng is missing.
    """
    said = [Said(sentence, order) for sentence, order in _order_recordings(with_recordings, rng)]
    made = make_recordings([one.order for one in said if one.order], cache)
    plans = _plan(said, sorted(kiosks), now, rng, count)
    opened = now - PERIOD
    poles = {
        branch: Pole(kiosks[branch], born_at(opened, rng), round(rng.uniform(-2, 2), 2)) for branch in sorted(kiosks)
    }
    for branch, sequence, plan in _number(plans):
        visitor = Visitor(publication, branch, (plan.starts - opened) / PERIOD, plan.said, rng)
        visit, media = visitor.visit(poles[branch], sequence, plan.starts, made)
        yield SampleVisit(visit, media)


def _number(plans: list[_Plan]) -> Iterator[tuple[str, int, _Plan]]:
    """Number the visits of each pole from 1."""
    sequences: dict[str, int] = {}
    for plan in plans:
        sequences[plan.branch] = sequences.get(plan.branch, 0) + 1
        yield plan.branch, sequences[plan.branch], plan


def _order_recordings(count: int, rng: random.Random) -> list[tuple[SampleSentence, RecordingOrder]]:
    """Order voices and videos, a third of them videos; every sentence is said before one is said again."""
    sentences = [sentence for _ in range(count // len(SPOKEN) + 1) for sentence in rng.sample(SPOKEN, len(SPOKEN))]
    orders = []
    for number, sentence in enumerate(sentences[:count]):
        way: Literal[Way.VOICE, Way.VIDEO] = Way.VIDEO if number % 3 == 0 else Way.VOICE
        orders.append((sentence, RecordingOrder(sentence.text, way, rng.getrandbits(32), dark=number == _DARK)))
    return orders


def _plan(said: list[Said], branches: list[str], now: datetime, rng: random.Random, count: int) -> list[_Plan]:
    shares = [mood_of(branch).share for branch in branches]
    plans = []
    for number in range(count):
        branch = rng.choices(branches, shares)[0]
        if number < len(said):
            plans.append(_Plan(branch, _draw_start(now, RECORDED_WITHIN, rng), said[number]))
            continue
        starts = _draw_start(now, PERIOD, rng)
        types = now - starts < TYPED_WITHIN and rng.random() < 0.14
        plans.append(_Plan(branch, starts, Said(rng.choice(TYPED), None) if types else None))
    return sorted(plans, key=lambda plan: (plan.starts, plan.branch))


def _draw_start(now: datetime, within: timedelta, rng: random.Random) -> datetime:
    """Return a moment within opening hours, at least an hour ago."""
    earliest, latest = now - within, now - timedelta(hours=1)
    while True:
        day = (earliest + (latest - earliest) * rng.random()).astimezone(AMSTERDAM).date()
        if day.weekday() not in OPENING_HOURS:
            continue
        opens, closes = OPENING_HOURS[day.weekday()]
        minute = int(rng.triangular(opens * 60, closes * 60 - 6, (opens + closes) * 32))
        clock = time(minute // 60, minute % 60, rng.randrange(60))
        starts = datetime.combine(day, clock, AMSTERDAM).astimezone(UTC)
        if earliest <= starts <= latest:
            return starts

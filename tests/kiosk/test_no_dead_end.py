"""Whatever happens on whichever screen, the visit goes on to its thanks by touches, and ends without any.

Every example journey meets every event that is a fault; a breadth-first search over what the screen then offers, over
time and over what the pole itself answers does the rest. Leaving is no way to the thanks, so it is not touched there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from uuid import UUID

import pytest

from kiosk.advance import advance
from kiosk.conditions import Conditions, Device, Room
from kiosk.events import (
    CaptureFailed,
    ConditionsChanged,
    Event,
    Remark,
    ScreenReturned,
    Sealed,
    SealFailed,
    SoundHeard,
    TakeFinished,
    Ticked,
    Touched,
    Unpaired,
)
from kiosk.examples import ACTIVITY, CODE, WHEN, example_journeys
from kiosk.journey import Journey, Moment, Screen
from kiosk.offers import actions
from tests.makers import create_recording

pytestmark = pytest.mark.xdist_group("no dead end")  # in one process what was searched once is known to all

JOURNEYS = example_journeys("nl")
RESTS = frozenset({Screen.ATTRACT, Screen.WAITING, Screen.CLOSED})
OUTSIDE_A_VISIT = {name for name, journey in JOURNEYS.items() if journey.draft is None}
RECORDING = create_recording(b"sound")
NO_ANSWER = {"repeat", "play", "help", "volume", "leave"}
LONGEST_SECONDS = 300.0
"""After this long without anybody the pole is ready for the next."""
STEP = 5.0


def moment(seconds: float) -> Moment:
    return Moment(WHEN + timedelta(seconds=seconds), seconds, UUID(int=9), CODE)


def conditions() -> Iterator[Conditions]:
    """Yield everything that a pole can come to: each room with each set of devices."""
    every = [frozenset(found) for count in range(len(Device) + 1) for found in combinations(Device, count)]
    for room in Room:
        for devices in every:
            yield Conditions(languages=("nl", "en"), activities=(ACTIVITY,), room=room, devices=devices)


FAULTS: dict[str, Event] = {
    **{f"capture failed: {remark}": CaptureFailed(remark) for remark in Remark},
    **{f"{one.room.name} {sorted(one.devices)}": ConditionsChanged(one) for one in conditions()},
    "screen returned": ScreenReturned(),
    "unpaired": Unpaired(),
    "seal failed": SealFailed(JOURNEYS["saving"].in_visit.id),
    "heard": SoundHeard(True),
    "not heard": SoundHeard(False),
}
"""Every event that is a fault, by a name for the report."""


class Search:
    """What leads to the thanks; what was found once is not searched again."""

    def __init__(self) -> None:
        self.leads_on: set[Hashable] = set()
        self.looked_at = 0

    def reaches_thanks(self, start: Journey) -> bool:
        """Return whether touches (leaving is none) and the pole's own answers bring the visit to its thanks."""
        came_from: dict[Hashable, Hashable] = {_key(start): None}
        queue = deque([start])
        while queue:
            journey = queue.popleft()
            self.looked_at += 1
            if journey.screen is Screen.THANKS or _key(journey) in self.leads_on:
                self._remember(_key(journey), came_from)
                return True
            for following in _following(journey):
                if _key(following) not in came_from:
                    came_from[_key(following)] = _key(journey)
                    queue.append(following)
        return False

    def _remember(self, key: Hashable, came_from: dict[Hashable, Hashable]) -> None:
        step: Hashable = key
        while step is not None:
            self.leads_on.add(step)
            step = came_from.get(step)


def _key(journey: Journey) -> Hashable:
    """Return what of a journey decides where it can go; which face or digit was touched does not."""
    draft = journey.draft
    visit = (draft.position, draft.has_words, len(draft.consents), draft.age_band, draft.activity) if draft else None
    way = (
        journey.way,
        journey.take,
        journey.stopping,
        journey.remark,
        journey.profile,
        len(journey.typed),
        journey.page,
    )
    back = (journey.returns_to, journey.resumes, journey.is_sealed, journey.stops_for_language, journey.is_unpaired)
    able = (journey.conditions.room, journey.conditions.devices, journey.broken, bool(journey.conditions.activities))
    return journey.screen, visit, way, back, able


def _following(journey: Journey) -> Iterator[Journey]:
    """Yield where each touch leads, and where the pole's own answer and the end of a short screen do."""
    now = moment(journey.since + 0.1)
    for action in actions(journey):
        if action.partition(":")[0] not in NO_ANSWER:
            yield advance(journey, Touched(action, "Mooi"), now)[0]
    if journey.screen is Screen.SAVING:
        yield advance(journey, Sealed(journey.in_visit.id), now)[0]
    if journey.screen is Screen.COUNTDOWN:
        yield advance(journey, Ticked(), moment(journey.since + 3.1))[0]
    if journey.screen is Screen.RECORDING and journey.take is not None:
        made = RECORDING.model_copy(update={"id": journey.take})
        yield advance(journey, TakeFinished(made), now)[0]
        yield advance(journey, Ticked(), moment(max(journey.since + 61, journey.stopping_since + 9)))[0]


def _is_at_rest(journey: Journey) -> bool:
    return journey.screen in RESTS and journey.draft is None


def _seconds_alone(start: Journey) -> float:
    """Return after how long without anybody the pole is ready for the next."""
    journey, seconds = start, max(start.since, start.touched)
    began = seconds
    while not _is_at_rest(journey):
        assert seconds - began < LONGEST_SECONDS, f"stays on {journey.screen}"
        seconds += STEP
        journey, _ = advance(journey, Ticked(), moment(seconds))
    return seconds - began


@pytest.fixture(scope="module")
def search() -> Search:
    """Return a search that remembers over the whole module."""
    return Search()


@pytest.mark.parametrize("name", sorted(set(JOURNEYS) - OUTSIDE_A_VISIT))
def test_after_any_fault_a_visit_goes_on_or_ends(name: str, search: Search) -> None:
    for fault, event in FAULTS.items():
        after, _ = advance(JOURNEYS[name], event, moment(1.0))
        assert _seconds_alone(after) <= LONGEST_SECONDS, fault
        failed = after.screen is Screen.CLOSED
        assert failed or search.reaches_thanks(after), f"{fault} on {name}: no way to the thanks"
        if failed:
            assert "done" in actions(after), "who could not be thanked is let go at once"


@pytest.mark.parametrize("name", sorted(OUTSIDE_A_VISIT))
def test_after_any_fault_a_pole_that_rests_heals(name: str, search: Search) -> None:
    able = Conditions(languages=("nl", "en"), activities=(ACTIVITY,))
    for fault, event in FAULTS.items():
        after, _ = advance(JOURNEYS[name], event, moment(1.0))
        assert _is_at_rest(after), fault
        healed, _ = advance(after, ConditionsChanged(replace(able, room=Room.TEXT)), moment(2.0))
        healed, _ = advance(healed, ConditionsChanged(able), moment(3.0))
        if healed.publication is not None:
            assert healed.screen is Screen.ATTRACT, f"{fault} on {name}"
            assert search.reaches_thanks(healed), f"{fault} on {name}"


@pytest.mark.parametrize("name", sorted(set(JOURNEYS) - OUTSIDE_A_VISIT))
def test_two_faults_after_one_another(name: str, search: Search) -> None:
    """The first leaves a screen that the second could still break."""
    halfway = [(first, advance(JOURNEYS[name], event, moment(1.0))[0]) for first, event in FAULTS.items()]
    for first, journey in {_key(journey): (first, journey) for first, journey in halfway}.values():
        for second, event in FAULTS.items():
            after, _ = advance(journey, event, moment(2.0))
            if after.draft is not None and after.screen is not Screen.CLOSED:
                assert search.reaches_thanks(after), f"{first}, then {second} on {name}"


def test_the_search_finds_a_dead_end() -> None:
    """Control: a recording that ends without an answer, on a pole whose time stands still, leads nowhere."""
    stuck = replace(JOURNEYS["stopping-voice"], take=None)
    assert [action for action in actions(stuck) if action.partition(":")[0] not in NO_ANSWER | {"language"}] == []
    assert not Search().reaches_thanks(replace(stuck, conditions=Conditions()))
    assert Search().reaches_thanks(JOURNEYS["stopping-voice"])

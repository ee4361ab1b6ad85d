"""Five hundred visitors who touch whatever they like: each ends, and nothing that was refused is kept."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.conditions import Conditions, Device, Room
from kiosk.draft import Pole
from kiosk.events import (
    CaptureFailed,
    ConditionsChanged,
    Event,
    Remark,
    ScreenReturned,
    Sealed,
    SealFailed,
    SoundHeard,
    SpeechBegan,
    SpeechEnded,
    Stirred,
    TakeFinished,
    Ticked,
    Unpaired,
)
from kiosk.examples import ACTIVITY, example_publication
from kiosk.journey import CAPTURING, DEFAULT_VOLUME, Screen
from kiosk.offers import actions
from kiosk.scene import capture_of
from kiosk.touches import TOUCHES
from tests.kiosk.walker import Walker
from tests.makers import create_recording
from vertelpaal.identifiers import new_id
from vertelpaal.publication import Purpose
from vertelpaal.visit import Ending, RecordingAnswer, TextAnswer

POLE = Pole(new_id(), new_id(), 1, 0.0)
ABLE = Conditions(languages=("nl", "en", "ar"), activities=(ACTIVITY,))
STAYING = {"repeat", "play", "help", "volume"}


@settings(max_examples=500, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32), steps=st.integers(min_value=5, max_value=80))
def test_every_walk_ends_and_keeps_its_promises(seed: int, steps: int) -> None:
    rng = random.Random(seed)
    walker = Walker(example_publication(), ABLE)
    for _ in range(steps):
        _step(walker, rng)
        assert capture_of(walker.journey) is None or walker.journey.screen in CAPTURING
        if walker.journey.draft is None:
            _nothing_of_anybody(walker)
    _walks_away(walker)
    _nothing_of_anybody(walker)
    for seal in walker.seals:
        visit = seal.draft.to_visit(seal.publication, seal.ending, seal.ended_at, POLE)
        if not visit.consents_to(Purpose.REVIEW):
            assert not any(isinstance(answer, RecordingAnswer | TextAnswer) for answer in visit.answers)
        if visit.ending is not Ending.THANKS:
            assert (visit.consents, visit.withdrawal_code) == ((), None)


def test_a_walk_that_only_goes_on_ends_in_thanks() -> None:
    """Control for the walks above: they could reach the thanks, and do for some seeds."""
    thanked = 0
    for seed in range(60):
        rng = random.Random(seed)
        walker = Walker(example_publication(), ABLE)
        for _ in range(160):
            _step(walker, rng)
            if walker.journey.screen is Screen.THANKS:
                thanked += 1
                break
    assert thanked > 5


def _step(walker: Walker, rng: random.Random) -> None:
    """Let one thing happen: mostly a touch, now and then time, a device or the server."""
    journey = walker.journey
    offered = actions(journey)
    chance = rng.random()
    if journey.screen is Screen.SAVING:
        walker.happens(Sealed(walker.journey.in_visit.id) if chance < 0.8 else SealFailed(walker.journey.in_visit.id))
    elif journey.screen is Screen.RECORDING and journey.stopping:
        assert journey.take is not None
        recording = create_recording(b"x").model_copy(update={"id": journey.take})
        walker.happens(TakeFinished(recording, heard=rng.random() < 0.7))
    elif chance < 0.85 and offered:
        _touch_as_drawn(walker, rng.choice(offered))
    elif chance < 0.92:
        walker.waits(rng.choice([1, 5, 35]))
    else:
        walker.happens(rng.choice(_surprises(rng)))


def _surprises(rng: random.Random) -> list[Event]:
    found = frozenset(device for device in Device if rng.random() < 0.7)
    conditions = replace(ABLE, devices=found, room=rng.choice(list(Room)), present=rng.choice([True, False, None]))
    return [
        CaptureFailed(rng.choice(list(Remark))),
        ConditionsChanged(conditions),
        ScreenReturned(),
        SoundHeard(rng.random() < 0.5),
        SpeechBegan(),
        SpeechEnded(),
        Stirred(),
        Ticked(),
        Unpaired(),
    ]


def _touch_as_drawn(walker: Walker, action: str) -> None:
    """Touch one control; it leads where the drawing says, or stays."""
    before = walker.journey.screen
    verb = action.partition(":")[0]
    rule = next(rule for rule in TOUCHES if rule.verb == verb and before in rule.screens)
    after = walker.touches(action, text=rule.verb if before is Screen.TEXT else None)
    ends = after in (Screen.ATTRACT, Screen.WAITING, Screen.CLOSED)
    stays = after is before and (verb in STAYING or before in (Screen.RECORDING, Screen.TEXT))
    assert after in rule.to or stays or (Screen.ATTRACT in rule.to and ends), (before, action, after)


def _walks_away(walker: Walker) -> None:
    """Let nobody touch anything any more: within five minutes the pole is ready for the next."""
    for _ in range(300):
        walker.waits(1)
        if walker.journey.draft is None:
            return
    raise AssertionError(f"the pole stays on {walker.journey.screen}")


def _nothing_of_anybody(walker: Walker) -> None:
    journey = walker.journey
    assert journey.screen in (Screen.ATTRACT, Screen.WAITING, Screen.CLOSED)
    assert not walker.takes
    assert (journey.draft, journey.take, journey.recording, journey.typed) == (None, None, None, "")
    assert (journey.language, journey.volume, journey.broken) == ("nl", DEFAULT_VOLUME, frozenset())

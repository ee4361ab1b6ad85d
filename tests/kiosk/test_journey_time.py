"""Time in a visit: what the pole says by itself keeps nobody here, and what somebody touches does."""

from __future__ import annotations

from kiosk.events import SoundHeard, SpeechBegan, SpeechEnded, Stirred
from kiosk.examples import example_journeys
from kiosk.journey import Screen
from kiosk.waits import WARNING_SECONDS
from tests.kiosk.test_journey_bar import walker_at
from tests.kiosk.walker import Walker

EXAMPLES = example_journeys("nl")


def at(name: str) -> Walker:
    walker = walker_at(EXAMPLES[name])
    walker.seconds = walker.journey.since
    return walker


def speaks(walker: Walker, seconds: float) -> Screen:
    """Let the pole say something for some seconds."""
    walker.happens(SpeechBegan())
    walker.waits(seconds)
    return walker.happens(SpeechEnded())


def test_a_preview_that_nobody_looks_at_closes_however_often_the_hall_is_loud() -> None:
    walker = at("ready-video")
    for heard in [False, True] * 10:
        walker.waits(6)
        walker.happens(SoundHeard(heard))
        if speaks(walker, 4) is Screen.WARNING:
            break
    assert walker.journey.screen is Screen.WARNING
    assert walker.seconds - walker.journey.since < 90
    assert walker.waits(25) is Screen.ATTRACT


def test_the_idle_time_rests_while_something_is_said_and_goes_on_where_it_was() -> None:
    walker = at("consent-quote")
    walker.waits(20)
    assert speaks(walker, 60) is Screen.CONSENT
    assert walker.waits(9) is Screen.CONSENT
    assert walker.waits(2) is Screen.WARNING


def test_who_touches_the_warning_is_there() -> None:
    for touch in ("help", "repeat", "volume"):
        walker = at("warning")
        walker.waits(18)
        walker.touches(touch)
        assert speaks(walker, 30) is Screen.WARNING
        assert walker.waits(WARNING_SECONDS - 2) is Screen.WARNING
        assert walker.waits(3) is Screen.ATTRACT
    walker = at("warning")
    walker.waits(18)
    walker.happens(Stirred())
    assert walker.waits(WARNING_SECONDS - 2) is Screen.WARNING


def test_the_warning_lasts_for_as_long_after_it_was_spoken() -> None:
    walker = at("warning")
    assert speaks(walker, 5) is Screen.WARNING
    assert walker.waits(WARNING_SECONDS - 1) is Screen.WARNING
    assert walker.waits(2) is Screen.ATTRACT


def test_the_recording_begins_after_the_beep() -> None:
    walker = at("countdown-voice")
    walker.happens(SpeechBegan())
    assert walker.waits(3.4) is Screen.COUNTDOWN, "the beep is still heard"
    assert walker.happens(SpeechEnded()) is Screen.RECORDING


def test_a_countdown_that_cannot_be_heard_ends_all_the_same() -> None:
    assert at("countdown-voice").waits(3.1) is Screen.RECORDING
    stuck = at("countdown-voice")
    stuck.happens(SpeechBegan())
    assert stuck.waits(4.6) is Screen.RECORDING

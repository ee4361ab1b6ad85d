"""What time does to a journey: screens that end by themselves, and the question whether somebody is still there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.captures import capture_failed
from kiosk.events import BeginTake, Forget, Remark
from kiosk.journey import OUTSIDE, Journey, Moment, Screen, Step, aside, end, go, start_again
from vertelpaal.visit import Ending

IDLE_SECONDS = 30.0
AWAY_SECONDS = 12.0
"""The wait when presence sees nobody before the pole."""
THANKS_SECONDS = 60.0
"""The wait on the thanks, where a code is written down."""
WARNING_SECONDS = 20.0
COUNTDOWN_SECONDS = 3.0
BEEP_SECONDS = 1.5
"""How much longer the spoken countdown may take, on a slow machine, to come to its beep."""
RECORDING_SECONDS = 60.0
STOPPING_SECONDS = 8.0
CLOSED_SECONDS = 15.0
SAVING_SECONDS = 60.0
"""After this long nobody is thanked any more, whatever became of the envelope."""
SPEECH_SECONDS = 120.0
"""The longest that a playing video or prompt holds the idle timer, in case its end is never reported."""


def tick(journey: Journey, moment: Moment) -> Step:
    """Let time go by."""
    if journey.stopping:
        silent = moment.seconds - journey.stopping_since >= STOPPING_SECONDS
        return capture_failed(journey, Remark.MICROPHONE, moment) if silent else (journey, ())
    timed = TIMED.get(journey.screen)
    if timed is not None:
        limit, happens = timed
        return happens(journey, moment) if _waited(journey, moment) >= limit else (journey, ())
    if journey.screen not in OUTSIDE and idle_seconds(journey, moment) >= _patience(journey):
        return replace(aside(journey, Screen.WARNING, moment), returns_to=journey.screen), ()
    return journey, ()


def _waited(journey: Journey, moment: Moment) -> float:
    """Return for how long a screen that ends by itself has waited: not while the countdown is still heard.

    Whoever touches the warning, or hears it out, is there; their time begins again.
    """
    if journey.screen is Screen.WARNING:
        return idle_seconds(journey, moment)
    waited = moment.seconds - journey.since
    counts = journey.screen is Screen.COUNTDOWN and journey.speaking_since is not None
    return waited - BEEP_SECONDS if counts else waited


def idle_seconds(journey: Journey, moment: Moment) -> float:
    """Return for how long nobody touched anything; zero while something plays."""
    if journey.speaking_since is not None and moment.seconds - journey.speaking_since < SPEECH_SECONDS:
        return 0.0
    return moment.seconds - journey.touched


def _patience(journey: Journey) -> float:
    """Return how long the pole waits before it asks; less when it sees that nobody is there."""
    if journey.conditions.present is False:
        return AWAY_SECONDS
    return THANKS_SECONDS if journey.screen is Screen.THANKS else IDLE_SECONDS


def _nobody_there(journey: Journey, moment: Moment) -> Step:
    return end(journey, Ending.TIMED_OUT, moment)


def start_recording(journey: Journey, moment: Moment) -> Step:
    """Begin a take; the browser sends it piece by piece."""
    assert journey.way is not None
    return (
        replace(go(journey, Screen.RECORDING, moment), take=moment.fresh_id, recording=None),
        (BeginTake(moment.fresh_id, journey.way),),
    )


def _stop_recording(journey: Journey, moment: Moment) -> Step:
    """Ask the browser for the last chunk at the limit."""
    return replace(journey, stopping=True, stopping_since=moment.seconds), ()


def _never_saved(journey: Journey, moment: Moment) -> Step:
    return go(journey, Screen.CLOSED, moment), ()


def _over(journey: Journey, moment: Moment) -> Step:
    return start_again(journey, moment), (Forget(),)


TIMED: dict[Screen, tuple[float, Callable[[Journey, Moment], Step]]] = {
    Screen.COUNTDOWN: (COUNTDOWN_SECONDS, start_recording),
    Screen.RECORDING: (RECORDING_SECONDS, _stop_recording),
    Screen.WARNING: (WARNING_SECONDS, _nobody_there),
    Screen.SAVING: (SAVING_SECONDS, _never_saved),
    Screen.CLOSED: (CLOSED_SECONDS, _over),
}
"""Screens that end by themselves: after how many seconds, and what happens then."""

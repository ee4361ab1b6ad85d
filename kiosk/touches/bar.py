"""The fixed bar and what interrupts a visit: again, help, louder, another language, more time, leaving."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from kiosk.events import Touched
from kiosk.journey import VOLUMES, Journey, Moment, Screen, Step, aside, end
from kiosk.offers import IN_VISIT, TALKING
from kiosk.touches.rule import on, value_of
from vertelpaal.visit import Ending
from vertelpaal.words import Language

_ANYWHERE_ELSE = tuple(screen for screen in TALKING if screen is not Screen.LANGUAGE)


@on(TALKING, "repeat")
@on((Screen.PLAYBACK,), "play")
@on(TALKING, "help")
def _say(journey: Journey, event: Touched, _moment: Moment) -> Step:
    """Say it again, or name every control: the screen plays, the journey only knows which."""
    return replace(journey, is_helping=event.action == "help"), ()


@on(TALKING, "volume")
def _volume(journey: Journey, _event: Touched, _moment: Moment) -> Step:
    return replace(journey, volume=(journey.volume + 1) % VOLUMES), ()


@on(_ANYWHERE_ELSE, "language", Screen.LANGUAGE)
def _other_language(journey: Journey, _event: Touched, moment: Moment) -> Step:
    """Let the visitor choose a language, and come back to where they were; a recording is first brought to its end."""
    if journey.screen is Screen.RECORDING:
        ending = replace(journey, stopping=True, stops_for_language=True)
        return (journey if journey.stopping else replace(ending, stopping_since=moment.seconds)), ()
    if journey.screen is Screen.WARNING and journey.returns_to is Screen.LANGUAGE:
        return aside(journey, Screen.LANGUAGE, moment), ()
    came_from = {Screen.WARNING: journey.returns_to, Screen.COUNTDOWN: Screen.READY}
    return replace(aside(journey, Screen.LANGUAGE, moment), resumes=came_from.get(journey.screen, journey.screen)), ()


@on((Screen.LANGUAGE,), "language", Screen.QUESTION, *_ANYWHERE_ELSE)
def _language(journey: Journey, event: Touched, moment: Moment) -> Step:
    chosen = next(one for one in get_args(Language) if one == value_of(event))
    return _resume(replace(journey, draft=replace(journey.in_visit, language=chosen)), moment), ()


@on((Screen.LANGUAGE,), "back", *_ANYWHERE_ELSE)
def _same_language(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return _resume(journey, moment), ()


def _resume(journey: Journey, moment: Moment) -> Journey:
    return replace(aside(journey, journey.resumes or Screen.QUESTION, moment), resumes=None)


@on((Screen.WARNING,), "more-time", *IN_VISIT, Screen.THANKS)
def _more_time(journey: Journey, _event: Touched, moment: Moment) -> Step:
    assert journey.returns_to is not None
    return aside(journey, journey.returns_to, moment), ()


@on((*IN_VISIT, Screen.WARNING), "leave", Screen.ATTRACT)
def _leave(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return end(journey, Ending.LEFT, moment)

"""`advance`: what each event does to a journey, and what the agent must do about it."""

from __future__ import annotations

from dataclasses import replace

from kiosk.captures import capture_failed, screen_returned, sound_heard, take_finished
from kiosk.conditions import Conditions
from kiosk.events import (
    CaptureFailed,
    ConditionsChanged,
    Event,
    PublicationArrived,
    ScreenReturned,
    Sealed,
    SealFailed,
    SoundHeard,
    SpeechBegan,
    SpeechEnded,
    Stirred,
    TakeFinished,
    Ticked,
    Touched,
    Unpaired,
)
from kiosk.journey import RESTING, Journey, Moment, Screen, Step, beginning, go
from kiosk.touches import touch
from kiosk.waits import start_recording, tick
from vertelpaal.publication import AnswerKind, Publication


def advance(journey: Journey, event: Event, moment: Moment) -> Step:
    """Return where the journey goes from here, and what must be done; an event that fits nowhere changes nothing."""
    match event:
        case Touched():
            return touch(_stirred(journey, moment), event, moment)
        case Stirred():
            return _stirred(journey, moment), ()
        case Ticked():
            return tick(journey, moment)
        case SpeechBegan():
            return replace(journey, speaking_since=moment.seconds), ()
        case SpeechEnded():
            return _speech_ended(journey, moment)
        case CaptureFailed(remark):
            return capture_failed(journey, remark, moment)
        case SoundHeard():
            return sound_heard(journey, event)
        case TakeFinished():
            return take_finished(journey, event, moment)
        case ScreenReturned():
            return screen_returned(journey, moment)
        case ConditionsChanged(conditions):
            return _conditions_changed(journey, conditions, moment)
        case PublicationArrived(publication):
            return _publication_arrived(journey, publication, moment)
        case Unpaired():
            return _unpaired(journey, moment)
        case Sealed() | SealFailed():
            return _answered_about_the_envelope(journey, event, moment)


def _stirred(journey: Journey, moment: Moment) -> Journey:
    return replace(journey, touched=moment.seconds, speaking_since=None)


def _speech_ended(journey: Journey, moment: Moment) -> Step:
    """Let the idle time go on where it was: what the pole says by itself is no sign of a visitor."""
    spoke = 0.0 if journey.speaking_since is None else moment.seconds - journey.speaking_since
    rested = replace(journey, speaking_since=None, touched=journey.touched + spoke, is_helping=False)
    if journey.is_helping:
        return rested, ()
    if journey.screen is Screen.COUNTDOWN:
        return start_recording(rested, moment)
    if journey.screen is Screen.QUESTION and journey.question.kind is AnswerKind.OPEN:
        _, form = journey.question.form(journey.in_visit.language)
        if form.video is not None:
            return go(rested, Screen.WAY, moment), ()
    return rested, ()


def _conditions_changed(journey: Journey, conditions: Conditions, moment: Moment) -> Step:
    """Note what the pole can do; a device that is reported anew has healed. Between visits the room decides."""
    came_back = conditions.devices - journey.conditions.devices
    changed = replace(journey, conditions=conditions, broken=journey.broken - came_back)
    if _rests(journey) and conditions.room != journey.conditions.room:
        return beginning(journey.publication, moment, conditions), ()
    return changed, ()


def _publication_arrived(journey: Journey, publication: Publication, moment: Moment) -> Step:
    if _rests(journey):
        return beginning(publication, moment, journey.conditions), ()
    return replace(journey, next_publication=publication, is_unpaired=False), ()


def _unpaired(journey: Journey, moment: Moment) -> Step:
    """Wait for staff; a visit that is going on goes on to its end."""
    if _rests(journey):
        return beginning(None, moment, journey.conditions), ()
    return replace(journey, is_unpaired=True), ()


def _rests(journey: Journey) -> bool:
    """Return whether no visit is going on."""
    return journey.screen in RESTING and journey.draft is None


def _answered_about_the_envelope(journey: Journey, event: Sealed | SealFailed, moment: Moment) -> Step:
    """Say thank you only when the envelope is on the disk."""
    if journey.screen is not Screen.SAVING or event.visit != journey.in_visit.id:
        return journey, ()
    if isinstance(event, SealFailed):
        return go(journey, Screen.CLOSED, moment), ()
    return go(journey, Screen.THANKS, moment), ()

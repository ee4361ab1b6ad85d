"""A visit as a state machine: pure, no input or output, told the time. The drawing is in docs/journey.md.

`advance(journey, event, moment)` returns the next journey and what the agent must do about it. Touches are in
`kiosk.touches`, one function for each; time and what devices report are here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kiosk.draft import Draft
from kiosk.events import (
    BeginTake,
    CaptureFailed,
    DropTakes,
    Effect,
    Event,
    Forget,
    PublicationArrived,
    ScreenReturned,
    Seal,
    Sealed,
    SealFailed,
    SpeechBegan,
    SpeechEnded,
    TakeFinished,
    Ticked,
    Touched,
    Trouble,
    Unpaired,
)
from vertelpaal.publication import AnswerKind, ConsentQuestion, Publication, Question
from vertelpaal.visit import Ending, Recording, Way

IDLE_SECONDS = 30.0
WARNING_SECONDS = 20.0
COUNTDOWN_SECONDS = 3.0
RECORDING_SECONDS = 60.0
STOPPING_SECONDS = 8.0
THANKS_SECONDS = 60.0
CLOSED_SECONDS = 15.0
SAVING_SECONDS = 60.0
"""After this long nobody is thanked any more, whatever became of the envelope."""
SPEECH_SECONDS = 120.0
"""The longest that a playing video or prompt holds the idle timer, in case its end is never reported."""


class Screen(StrEnum):
    """What the screen shows; the value is its `data-screen`."""

    WAITING = "waiting"
    ATTRACT = "attract"
    LANGUAGE = "language"
    QUESTION = "question"
    WAY = "way"
    AGE = "age"
    NOTICE = "notice"
    READY = "ready"
    COUNTDOWN = "countdown"
    RECORDING = "recording"
    TEXT = "text"
    PLAYBACK = "playback"
    CONSENT = "consent"
    PROFILE = "profile"
    SAVING = "saving"
    THANKS = "thanks"
    WARNING = "warning"
    CLOSED = "closed"


@dataclass(frozen=True)
class Moment:
    """When something happens: the time of day, seconds that never run backwards, and a fresh id and code."""

    at: datetime
    seconds: float
    fresh_id: UUID
    fresh_code: str


@dataclass(frozen=True)
class Journey:
    """Where the visitor is. `take` is the recording being made or looked back at, `recording` what is known of it."""

    screen: Screen
    publication: Publication | None = None
    draft: Draft | None = None
    since: float = 0.0
    touched: float = 0.0
    speaking_since: float | None = None
    way: Way | None = None
    take: UUID | None = None
    recording: Recording | None = None
    stopping: bool = False
    stopping_since: float = 0.0
    trouble: Trouble | None = None
    returns_to: Screen | None = None
    next_publication: Publication | None = None
    is_unpaired: bool = False

    @property
    def in_visit(self) -> Draft:
        """Return the draft of the visit that is going on."""
        assert self.draft is not None, f"no visit on {self.screen}"
        return self.draft

    @property
    def published(self) -> Publication:
        """Return the publication that the visit follows."""
        assert self.publication is not None, f"no publication on {self.screen}"
        return self.publication

    @property
    def question(self) -> Question:
        """Return the question that the visit is at."""
        return self.published.questions[self.in_visit.position]

    @property
    def consent(self) -> ConsentQuestion:
        """Return the consent that is being asked."""
        return self.published.consents[len(self.in_visit.consents)]


Step = tuple[Journey, tuple[Effect, ...]]

OUTSIDE = frozenset({Screen.WAITING, Screen.ATTRACT, Screen.THANKS, Screen.CLOSED, Screen.SAVING})
"""Screens on which nobody can be asked whether they are still there."""
CAPTURING = frozenset({Screen.READY, Screen.COUNTDOWN, Screen.RECORDING})
"""Screens on which camera or microphone are open, and no others."""


def beginning(publication: Publication | None, moment: Moment) -> Journey:
    """Return the journey before anybody touches the screen."""
    screen = Screen.WAITING if publication is None else Screen.ATTRACT
    return Journey(screen, publication, since=moment.seconds, touched=moment.seconds)


def advance(journey: Journey, event: Event, moment: Moment) -> Step:
    """Return where the journey goes from here, and what must be done; an event that fits nowhere changes nothing."""
    from kiosk.touches import touch

    match event:
        case Touched():
            touched = replace(journey, touched=moment.seconds, speaking_since=None)
            return touch(touched, event, moment)
        case Ticked():
            return _tick(journey, moment)
        case SpeechBegan():
            return replace(journey, speaking_since=moment.seconds), ()
        case SpeechEnded():
            return _speech_ended(journey, moment)
        case CaptureFailed(trouble):
            return _capture_failed(journey, trouble, moment)
        case TakeFinished(recording):
            return _take_finished(journey, recording, moment)
        case ScreenReturned():
            return _screen_returned(journey, moment)
        case PublicationArrived(publication):
            return _publication_arrived(journey, publication, moment)
        case Unpaired():
            return _unpaired(journey, moment)
        case Sealed():
            return (go(journey, Screen.THANKS, moment), ()) if journey.screen is Screen.SAVING else (journey, ())
        case SealFailed():
            return (go(journey, Screen.CLOSED, moment), ()) if journey.screen is Screen.SAVING else (journey, ())


def go(journey: Journey, screen: Screen, moment: Moment) -> Journey:
    """Return the journey on another screen; a trouble that was told is told once."""
    return replace(
        journey,
        screen=screen,
        since=moment.seconds,
        touched=moment.seconds,
        speaking_since=None,
        stopping=False,
        returns_to=None,
        trouble=None,
    )


def end(journey: Journey, ending: Ending, moment: Moment) -> Step:
    """End a visit before its thanks: what was tapped is sealed, everything else forgotten."""
    effects: tuple[Effect, ...] = (Forget(),)
    if journey.draft is not None and journey.draft.answers:
        effects = (Seal(journey.draft.taps_only(), journey.published, ending, moment.at), Forget())
    return start_again(journey, moment), effects


def start_again(journey: Journey, moment: Moment) -> Journey:
    """Return the journey before the next visitor, with the newest publication."""
    if journey.is_unpaired:
        return beginning(None, moment)
    return beginning(journey.next_publication or journey.publication, moment)


def idle_seconds(journey: Journey, moment: Moment) -> float:
    """Return for how long nobody touched anything; zero while something plays."""
    if journey.speaking_since is not None and moment.seconds - journey.speaking_since < SPEECH_SECONDS:
        return 0.0
    return moment.seconds - journey.touched


def _tick(journey: Journey, moment: Moment) -> Step:
    if journey.stopping:
        silent = moment.seconds - journey.stopping_since >= STOPPING_SECONDS
        return _capture_failed(journey, Trouble.MICROPHONE, moment) if silent else (journey, ())
    waited = moment.seconds - journey.since
    timed = TIMED.get(journey.screen)
    if timed is not None:
        limit, happens = timed
        return happens(journey, moment) if waited >= limit else (journey, ())
    if journey.screen not in OUTSIDE and idle_seconds(journey, moment) >= IDLE_SECONDS:
        return replace(go(journey, Screen.WARNING, moment), returns_to=journey.screen, trouble=journey.trouble), ()
    return journey, ()


def _nobody_there(journey: Journey, moment: Moment) -> Step:
    return end(journey, Ending.TIMED_OUT, moment)


def _start_recording(journey: Journey, moment: Moment) -> Step:
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
    Screen.COUNTDOWN: (COUNTDOWN_SECONDS, _start_recording),
    Screen.RECORDING: (RECORDING_SECONDS, _stop_recording),
    Screen.WARNING: (WARNING_SECONDS, _nobody_there),
    Screen.SAVING: (SAVING_SECONDS, _never_saved),
    Screen.THANKS: (THANKS_SECONDS, _over),
    Screen.CLOSED: (CLOSED_SECONDS, _over),
}
"""Screens that end by themselves: after how many seconds, and what happens then."""


def _speech_ended(journey: Journey, moment: Moment) -> Step:
    rested = replace(journey, speaking_since=None, touched=moment.seconds)
    if journey.screen is Screen.QUESTION and journey.question.kind is AnswerKind.OPEN:
        _, form = journey.question.form(journey.in_visit.language)
        if form.video is not None:
            return go(rested, Screen.WAY, moment), ()
    return rested, ()


def _capture_failed(journey: Journey, trouble: Trouble, moment: Moment) -> Step:
    """Offer the other ways kindly; nothing half stays."""
    if journey.screen not in CAPTURING:
        return journey, ()
    lost = frozenset({journey.take}) if journey.take else frozenset()
    back = replace(go(journey, Screen.WAY, moment), trouble=trouble, take=None, recording=None)
    return back, (DropTakes(lost),)


def _screen_returned(journey: Journey, moment: Moment) -> Step:
    rested = replace(journey, speaking_since=None)
    if journey.screen not in (Screen.COUNTDOWN, Screen.RECORDING):
        return rested, ()
    return _capture_failed(rested, Trouble.CAMERA if journey.way is Way.VIDEO else Trouble.MICROPHONE, moment)


def _take_finished(journey: Journey, recording: Recording, moment: Moment) -> Step:
    if journey.screen is not Screen.RECORDING or recording.id != journey.take:
        return journey, ()
    return replace(go(journey, Screen.PLAYBACK, moment), recording=recording), ()


def _publication_arrived(journey: Journey, publication: Publication, moment: Moment) -> Step:
    if journey.screen in (Screen.WAITING, Screen.ATTRACT):
        return beginning(publication, moment), ()
    return replace(journey, next_publication=publication, is_unpaired=False), ()


def _unpaired(journey: Journey, moment: Moment) -> Step:
    """Wait for staff; a visit that is going on goes on to its end."""
    if journey.screen in (Screen.WAITING, Screen.ATTRACT):
        return beginning(None, moment), ()
    return replace(journey, is_unpaired=True), ()

"""A visit as a state machine: where the visitor is, and the few moves that everything else is made of.

Pure: no input or output, told the time. `kiosk.advance` says what each event does, `kiosk.touches` what each touch
does, `kiosk.waits` what time does. The drawing is in docs/journey.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kiosk.conditions import NOMINAL, Conditions, Device, Room
from kiosk.draft import Draft, is_asked
from kiosk.events import Effect, Forget, Remark, Seal
from vertelpaal.publication import ConsentQuestion, Publication, Question
from vertelpaal.visit import Ending, Recording, Way
from vertelpaal.words import Language

DEFAULT_VOLUME = 2
VOLUMES = 4
"""How many volumes there are: off, soft, normal and loud."""


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
    ACTIVITY = "activity"
    SAVING = "saving"
    THANKS = "thanks"
    WARNING = "warning"
    CLOSED = "closed"


class ProfileStep(StrEnum):
    """One thing that a visitor may tell of themselves at the end."""

    MEMBER = "member"
    AGE = "age"
    ACTIVITY = "activity"


@dataclass(frozen=True)
class Moment:
    """When something happens: the time of day, seconds that never run backwards, and a fresh id and code."""

    at: datetime
    seconds: float
    fresh_id: UUID
    fresh_code: str


@dataclass(frozen=True)
class Journey:
    """Where the visitor is. `take` is the recording being made or looked back at, `recording` what is known of it.

    `returns_to` is where the warning came from, `resumes` where a change of language came from; `broken` are the
    devices that failed in this visit, `page` the page of choices, `typed` the digits of an activity so far;
    `is_helping` while the controls are named, whose end is not that of a film; `is_sealed` once the whole visit was
    handed over to be sealed, which happens once.
    """

    screen: Screen
    publication: Publication | None = None
    conditions: Conditions = NOMINAL
    draft: Draft | None = None
    since: float = 0.0
    touched: float = 0.0
    speaking_since: float | None = None
    volume: int = DEFAULT_VOLUME
    way: Way | None = None
    take: UUID | None = None
    recording: Recording | None = None
    stopping: bool = False
    stopping_since: float = 0.0
    stops_for_language: bool = False
    remark: Remark | None = None
    broken: frozenset[Device] = frozenset()
    page: int = 0
    profile: ProfileStep | None = None
    typed: str = ""
    returns_to: Screen | None = None
    resumes: Screen | None = None
    is_sealed: bool = False
    is_helping: bool = False
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

    @property
    def language(self) -> Language:
        """Return the language of the visit, or Dutch when there is none."""
        return self.draft.language if self.draft else "nl"

    @property
    def ways(self) -> tuple[Way, ...]:
        """Return the ways to answer an open question that work now."""
        return self.conditions.ways(self.broken)

    @property
    def asked(self) -> tuple[Question, ...]:
        """Return the questions that this visitor is asked."""
        return tuple(one for one in self.published.questions if is_asked(self.in_visit, one, self.ways))


Step = tuple[Journey, tuple[Effect, ...]]

OUTSIDE = frozenset({Screen.WAITING, Screen.ATTRACT, Screen.CLOSED, Screen.SAVING})
"""Screens on which nobody can be asked whether they are still there."""
CAPTURING = frozenset({Screen.READY, Screen.COUNTDOWN, Screen.RECORDING})
"""Screens on which camera or microphone are open, and no others."""
RESTING = frozenset({Screen.WAITING, Screen.ATTRACT, Screen.CLOSED})
"""Screens on which the pole can begin anew; of the closed one, only when nobody's visit failed there."""


def beginning(publication: Publication | None, moment: Moment, conditions: Conditions | None = None) -> Journey:
    """Return the journey before anybody touches the screen."""
    now = conditions or NOMINAL
    screen = Screen.ATTRACT
    if publication is None:
        screen = Screen.WAITING
    elif now.room is Room.NONE:
        screen = Screen.CLOSED
    return Journey(screen, publication, now, since=moment.seconds, touched=moment.seconds)


def go(journey: Journey, screen: Screen, moment: Moment) -> Journey:
    """Return the journey on another screen; a remark is made once."""
    return replace(
        journey,
        screen=screen,
        since=moment.seconds,
        touched=moment.seconds,
        speaking_since=None,
        stopping=False,
        is_helping=False,
        stops_for_language=False,
        returns_to=None,
        remark=None,
    )


def aside(journey: Journey, screen: Screen, moment: Moment) -> Journey:
    """Return the journey on a screen that one comes back from: what was remarked still holds."""
    return replace(go(journey, screen, moment), remark=journey.remark)


def end(journey: Journey, ending: Ending, moment: Moment) -> Step:
    """End a visit: before its thanks, what was tapped is sealed; everything else is forgotten."""
    effects: tuple[Effect, ...] = (Forget(),)
    if journey.draft is not None and journey.draft.answers and not journey.is_sealed:
        effects = (Seal(journey.draft.taps_only(), journey.published, ending, moment.at), Forget())
    return start_again(journey, moment), effects


def start_again(journey: Journey, moment: Moment) -> Journey:
    """Return the journey before the next visitor, with the newest publication."""
    publication = None if journey.is_unpaired else journey.next_publication or journey.publication
    return beginning(publication, moment, journey.conditions)

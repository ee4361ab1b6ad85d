"""What each screen offers to touch, in the order in which it shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from kiosk.draft import previous_position
from kiosk.events import Remark
from kiosk.journey import Journey, ProfileStep, Screen
from vertelpaal.publication import AnswerKind, Choice
from vertelpaal.visit import AgeBand
from vertelpaal.words import Language

CHOICES_A_PAGE = 5
DIGITS = 3
"""How many digits the code of an activity has."""
BAR = ("leave", "back", "language", "volume", "help", "repeat", "skip", "play")
"""The actions of the fixed bar, each always at the same place."""

OUT_OF_VISIT = frozenset({Screen.WAITING, Screen.ATTRACT, Screen.SAVING, Screen.THANKS, Screen.CLOSED, Screen.WARNING})
IN_VISIT = tuple(screen for screen in Screen if screen not in OUT_OF_VISIT)
"""Screens of a visit that is going on, each of which can be left."""
TALKING = (*IN_VISIT, Screen.THANKS, Screen.WARNING, Screen.CLOSED)
"""Screens that say something to a visitor: on each it can be said again, louder, and in another language."""


def actions(journey: Journey) -> tuple[str, ...]:
    """Return every `data-action` that the screen offers now."""
    return (*_ACTIONS.get(journey.screen, _none)(journey), *_bar(journey))


def offered_languages(journey: Journey) -> tuple[Language, ...]:
    """Return the languages that both the publication and the pole speak, in one fixed order with Dutch first."""
    both = set(journey.published.languages) & set(journey.conditions.languages)
    return tuple(one for one in get_args(Language) if one in both) or ("nl",)


def choices_shown(journey: Journey) -> tuple[Choice, ...]:
    """Return the choices on the page that the visitor is at; pages have at most five."""
    start = journey.page * CHOICES_A_PAGE
    return journey.question.choices[start : start + CHOICES_A_PAGE]


def page_count(journey: Journey) -> int:
    """Return how many pages of choices the question has."""
    return -(-len(journey.question.choices) // CHOICES_A_PAGE)


def _none(_journey: Journey) -> tuple[str, ...]:
    return ()


def _bar(journey: Journey) -> tuple[str, ...]:
    """Return the touches that are on every screen of a visit."""
    if journey.screen not in TALKING or journey.draft is None:
        return ()
    several = journey.screen is not Screen.LANGUAGE and len(offered_languages(journey)) > 1
    leave = ("leave",) if journey.screen in IN_VISIT else ()
    return (*leave, *(("language",) if several else ()), "volume", "help", "repeat")


def _question(journey: Journey) -> tuple[str, ...]:
    question = journey.question
    more = ("more",) if page_count(journey) > 1 else ()
    answers = {
        AnswerKind.SMILEY: tuple(f"smiley:{value}" for value in range(1, 6)),
        AnswerKind.CHOICE: (*(f"choice:{choice.id}" for choice in choices_shown(journey)), *more),
        AnswerKind.YES_NO: ("yes", "no"),
        AnswerKind.NUMBER: tuple(f"number:{value}" for value in range(11)),
        AnswerKind.OPEN: ("next",),
    }[question.kind]
    not_used = ("not-used",) if question.not_used and question.kind is not AnswerKind.OPEN else ()
    earlier = previous_position(journey.in_visit, journey.published, journey.ways)
    return (*answers, *not_used, *(("back",) if earlier is not None else ()), "skip")


def _notice(journey: Journey) -> tuple[str, ...]:
    return (*(("next",) if journey.in_visit.age_band is AgeBand.UNDER_16 else ("yes", "no")), "back")


def _playback(journey: Journey) -> tuple[str, ...]:
    """Return what to do with a take: keep it comes first, but after silence to do it again."""
    if journey.remark is Remark.SILENT:
        return ("redo", *_typing_instead(journey), "keep", "delete", "play")
    return ("keep", "redo", "delete", "play")


def _typing_instead(journey: Journey) -> tuple[str, ...]:
    """Return the way out for who is not heard."""
    return ("way:text",) if journey.remark is Remark.SILENT else ()


def _profile(journey: Journey) -> tuple[str, ...]:
    if journey.profile is ProfileStep.AGE:
        return (*(f"age:{band}" for band in AgeBand), "skip")
    return ("yes", "no", "skip")


def _activity(journey: Journey) -> tuple[str, ...]:
    erase = ("erase",) if journey.typed else ()
    return (*(f"digit:{digit}" for digit in (*range(1, 10), 0)), *erase, "back", "skip")


_ACTIONS: dict[Screen, Callable[[Journey], tuple[str, ...]]] = {
    Screen.ATTRACT: lambda _: ("start",),
    Screen.LANGUAGE: lambda j: (
        *(f"language:{language}" for language in offered_languages(j)),
        *(("back",) if j.resumes else ()),
    ),
    Screen.QUESTION: _question,
    Screen.WAY: lambda j: (*(f"way:{way}" for way in j.ways), "back", "skip"),
    Screen.AGE: lambda _: (*(f"age:{band}" for band in AgeBand), "back"),
    Screen.NOTICE: _notice,
    Screen.READY: lambda j: ("record", *_typing_instead(j), "back"),
    Screen.COUNTDOWN: lambda _: ("back",),
    Screen.RECORDING: lambda j: () if j.stopping else ("stop",),
    Screen.TEXT: lambda _: ("keep", "back"),
    Screen.PLAYBACK: _playback,
    Screen.CONSENT: lambda _: ("yes", "no"),
    Screen.PROFILE: _profile,
    Screen.ACTIVITY: _activity,
    Screen.THANKS: lambda _: ("done",),
    Screen.WARNING: lambda _: ("more-time", "leave"),
    Screen.CLOSED: lambda j: ("done",) if j.draft else (),
}

"""What each touch does, one function for each; `TOUCHES` is also what the drawing in docs/journey.md is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

from kiosk.draft import next_position, previous_position, wording_hash
from kiosk.events import DropTakes, Effect, Seal, Touched
from kiosk.events import Forget as ForgetVisit
from kiosk.journey import Journey, Moment, Screen, Step, end, go, start_again
from vertelpaal.publication import AnswerKind, Publication, Purpose
from vertelpaal.visit import (
    AgeBand,
    Answer,
    ChoiceAnswer,
    Consent,
    Ending,
    NotUsedAnswer,
    NumberAnswer,
    RecordingAnswer,
    SkipAnswer,
    SmileyAnswer,
    TextAnswer,
    Way,
    YesNoAnswer,
)
from vertelpaal.words import Language

POLE_LANGUAGES: tuple[Language, ...] = ("nl", "en")
"""The languages in which the pole itself has every text and prompt."""
MAX_TEXT = 2000

Transition = Callable[[Journey, Touched, Moment], Step]
_VISIT = tuple(
    screen
    for screen in Screen
    if screen not in (Screen.WAITING, Screen.ATTRACT, Screen.SAVING, Screen.THANKS, Screen.CLOSED, Screen.WARNING)
)


@dataclass(frozen=True)
class TouchRule:
    """On these screens, this touch may lead to those screens; `to` is empty when it stays where it is."""

    screens: tuple[Screen, ...]
    verb: str
    to: tuple[Screen, ...]
    happens: Transition


TOUCHES: list[TouchRule] = []
_AFTER_ANSWER = (Screen.QUESTION, Screen.CONSENT, Screen.PROFILE, Screen.SAVING)


def _on(screens: tuple[Screen, ...], verb: str, *to: Screen) -> Callable[[Transition], Transition]:
    def register(happens: Transition) -> Transition:
        TOUCHES.append(TouchRule(screens, verb, to, happens))
        return happens

    return register


def touch(journey: Journey, event: Touched, moment: Moment) -> Step:
    """Return what a touch leads to; one that the screen does not offer changes nothing."""
    if event.action not in actions(journey):
        return journey, ()
    verb = event.action.partition(":")[0]
    rule = next(rule for rule in TOUCHES if rule.verb == verb and journey.screen in rule.screens)
    return rule.happens(journey, event, moment)


def actions(journey: Journey) -> tuple[str, ...]:
    """Return every `data-action` that the screen offers now, in the order in which it shows them."""
    bar = ("repeat", "leave") if journey.screen in _VISIT else ()
    return (*_ACTIONS.get(journey.screen, _none)(journey), *bar)


def offered_languages(publication: Publication) -> tuple[Language, ...]:
    """Return the languages that both the publication and the pole speak, Dutch first."""
    return tuple(language for language in POLE_LANGUAGES if language in publication.languages) or ("nl",)


def _none(_journey: Journey) -> tuple[str, ...]:
    return ()


def _question_actions(journey: Journey) -> tuple[str, ...]:
    question = journey.question
    answers = {
        AnswerKind.SMILEY: tuple(f"smiley:{value}" for value in range(1, 6)),
        AnswerKind.CHOICE: tuple(f"choice:{choice.id}" for choice in question.choices),
        AnswerKind.YES_NO: ("yes", "no"),
        AnswerKind.NUMBER: tuple(f"number:{value}" for value in range(11)),
        AnswerKind.OPEN: ("next",),
    }[question.kind]
    not_used = ("not-used",) if question.not_used and question.kind is not AnswerKind.OPEN else ()
    back = ("back",) if previous_position(journey.in_visit, journey.published) is not None else ()
    return (*answers, *not_used, *back, "skip")


_ACTIONS: dict[Screen, Callable[[Journey], tuple[str, ...]]] = {
    Screen.ATTRACT: lambda _: ("start",),
    Screen.LANGUAGE: lambda j: tuple(f"language:{language}" for language in offered_languages(j.published)),
    Screen.QUESTION: _question_actions,
    Screen.WAY: lambda _: (*(f"way:{way}" for way in Way), "back", "skip"),
    Screen.AGE: lambda _: (*(f"age:{band}" for band in AgeBand), "back"),
    Screen.NOTICE: lambda _: ("yes", "no"),
    Screen.READY: lambda _: ("record", "back"),
    Screen.COUNTDOWN: lambda _: ("back",),
    Screen.RECORDING: lambda j: () if j.stopping else ("stop",),
    Screen.TEXT: lambda _: ("keep", "back"),
    Screen.PLAYBACK: lambda _: ("keep", "redo", "delete"),
    Screen.CONSENT: lambda _: ("yes", "no"),
    Screen.PROFILE: lambda _: ("yes", "no", "skip"),
    Screen.THANKS: lambda _: ("repeat", "done"),
    Screen.WARNING: lambda _: ("more-time", "leave"),
}


@_on((Screen.ATTRACT,), "start", Screen.LANGUAGE, Screen.QUESTION)
def _start(journey: Journey, _event: Touched, moment: Moment) -> Step:
    from kiosk.draft import Draft

    draft = Draft(moment.fresh_id, moment.fresh_code, "nl", moment.at)
    several = len(offered_languages(journey.published)) > 1
    begun = replace(journey, draft=draft)
    return go(begun, Screen.LANGUAGE if several else Screen.QUESTION, moment), ()


@_on((Screen.LANGUAGE,), "language", Screen.QUESTION)
def _language(journey: Journey, event: Touched, moment: Moment) -> Step:
    chosen = next(one for one in get_args(Language) if one == _value(event))
    return go(replace(journey, draft=replace(journey.in_visit, language=chosen)), Screen.QUESTION, moment), ()


@_on((Screen.QUESTION,), "smiley", *_AFTER_ANSWER)
def _smiley(journey: Journey, event: Touched, moment: Moment) -> Step:
    return _answer(
        journey, SmileyAnswer(question_id=journey.question.id, at=moment.at, value=int(_value(event))), moment
    )


@_on((Screen.QUESTION,), "choice", *_AFTER_ANSWER)
def _choice(journey: Journey, event: Touched, moment: Moment) -> Step:
    return _answer(journey, ChoiceAnswer(question_id=journey.question.id, at=moment.at, value=_value(event)), moment)


@_on((Screen.QUESTION,), "number", *_AFTER_ANSWER)
def _number(journey: Journey, event: Touched, moment: Moment) -> Step:
    return _answer(
        journey, NumberAnswer(question_id=journey.question.id, at=moment.at, value=int(_value(event))), moment
    )


@_on((Screen.QUESTION,), "yes", *_AFTER_ANSWER)
@_on((Screen.QUESTION,), "no", *_AFTER_ANSWER)
def _yes_no(journey: Journey, event: Touched, moment: Moment) -> Step:
    said_yes = event.action == "yes"
    return _answer(journey, YesNoAnswer(question_id=journey.question.id, at=moment.at, value=said_yes), moment)


@_on((Screen.QUESTION,), "not-used", *_AFTER_ANSWER)
def _not_used(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return _answer(journey, NotUsedAnswer(question_id=journey.question.id, at=moment.at), moment)


@_on((Screen.QUESTION, Screen.WAY), "skip", *_AFTER_ANSWER)
def _skip(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return _answer(journey, SkipAnswer(question_id=journey.question.id, at=moment.at), moment)


@_on((Screen.QUESTION,), "back", Screen.QUESTION)
def _previous_question(journey: Journey, _event: Touched, moment: Moment) -> Step:
    position = previous_position(journey.in_visit, journey.published)
    assert position is not None
    return go(replace(journey, draft=replace(journey.in_visit, position=position)), Screen.QUESTION, moment), ()


@_on((Screen.QUESTION,), "next", Screen.WAY)
def _to_way(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(journey, Screen.WAY, moment), ()


@_on((Screen.WAY,), "way", Screen.AGE, Screen.NOTICE, Screen.TEXT)
def _way(journey: Journey, event: Touched, moment: Moment) -> Step:
    chosen = replace(journey, way=Way(_value(event)))
    if journey.in_visit.age_band is None:
        return go(chosen, Screen.AGE, moment), ()
    return _after_age(chosen, moment), ()


@_on((Screen.AGE,), "age", Screen.NOTICE, Screen.TEXT, *_AFTER_ANSWER)
def _age(journey: Journey, event: Touched, moment: Moment) -> Step:
    band = AgeBand(_value(event))
    aged = replace(journey, draft=replace(journey.in_visit, age_band=band))
    if band is AgeBand.UNDER_16:
        return _answer(aged, SkipAnswer(question_id=journey.question.id, at=moment.at), moment)
    return _after_age(aged, moment), ()


@_on((Screen.NOTICE,), "yes", Screen.READY)
def _may_record(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(journey, Screen.READY, moment), ()


@_on((Screen.NOTICE,), "no", Screen.WAY)
@_on((Screen.AGE, Screen.READY, Screen.COUNTDOWN, Screen.TEXT), "back", Screen.WAY)
def _other_way(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(journey, Screen.WAY, moment), ()


@_on((Screen.WAY,), "back", Screen.QUESTION)
def _to_question(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(journey, Screen.QUESTION, moment), ()


@_on((Screen.READY,), "record", Screen.COUNTDOWN)
def _record(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(journey, Screen.COUNTDOWN, moment), ()


@_on((Screen.RECORDING,), "stop", Screen.PLAYBACK)
def _stop(journey: Journey, _event: Touched, moment: Moment) -> Step:
    """Ask the browser for its last chunk; the playback comes when that is in memory."""
    return replace(journey, stopping=True, stopping_since=moment.seconds), ()


@_on((Screen.PLAYBACK,), "keep", *_AFTER_ANSWER)
def _keep_take(journey: Journey, _event: Touched, moment: Moment) -> Step:
    assert journey.recording is not None
    answer = RecordingAnswer(question_id=journey.question.id, at=moment.at, recording=journey.recording)
    return _answer(replace(journey, take=None, recording=None), answer, moment)


@_on((Screen.PLAYBACK,), "redo", Screen.READY)
def _redo(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(_without_take(journey), Screen.READY, moment), _dropping(journey)


@_on((Screen.PLAYBACK,), "delete", Screen.WAY)
def _delete(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(_without_take(journey), Screen.WAY, moment), _dropping(journey)


@_on((Screen.TEXT,), "keep", *_AFTER_ANSWER)
def _keep_text(journey: Journey, event: Touched, moment: Moment) -> Step:
    text = (event.text or "").strip()[:MAX_TEXT]
    if not text:
        return journey, ()
    return _answer(journey, TextAnswer(question_id=journey.question.id, at=moment.at, text=text), moment)


@_on((Screen.CONSENT,), "yes", Screen.CONSENT, Screen.PROFILE, Screen.SAVING)
@_on((Screen.CONSENT,), "no", Screen.CONSENT, Screen.PROFILE, Screen.SAVING)
def _consent(journey: Journey, event: Touched, moment: Moment) -> Step:
    """Note the consent. A no to review drops words and recordings at once, and asks nothing more about them."""
    language, wording = journey.consent.wording(journey.in_visit.language)
    said_yes = event.action == "yes"
    consent = Consent(
        purpose=journey.consent.purpose,
        given=said_yes,
        wording_sha256=wording_hash(wording),
        language=language,
        at=moment.at,
    )
    draft = journey.in_visit.consented(consent)
    if consent.purpose is Purpose.REVIEW and not said_yes:
        bare = replace(draft.taps_only(), consents=draft.consents)
        step, effects = _after_consents(replace(journey, draft=bare), moment)
        return step, (DropTakes(draft.takes), *effects)
    asked = replace(journey, draft=draft)
    if len(draft.consents) < len(journey.published.consents):
        return go(asked, Screen.CONSENT, moment), ()
    return _after_consents(asked, moment)


@_on((Screen.PROFILE,), "yes", Screen.SAVING)
@_on((Screen.PROFILE,), "no", Screen.SAVING)
@_on((Screen.PROFILE,), "skip", Screen.SAVING)
def _profile(journey: Journey, event: Touched, moment: Moment) -> Step:
    member = None if event.action == "skip" else event.action == "yes"
    return _save(replace(journey, draft=replace(journey.in_visit, member=member)), moment)


@_on((Screen.THANKS,), "done", Screen.ATTRACT)
def _done(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return start_again(journey, moment), (ForgetVisit(),)


@_on((Screen.WARNING,), "more-time", *_VISIT)
def _more_time(journey: Journey, _event: Touched, moment: Moment) -> Step:
    assert journey.returns_to is not None
    return replace(go(journey, journey.returns_to, moment), trouble=journey.trouble), ()


@_on((*_VISIT, Screen.WARNING), "leave", Screen.ATTRACT)
def _leave(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return end(journey, Ending.LEFT, moment)


@_on((*_VISIT, Screen.THANKS), "repeat")
def _repeat(journey: Journey, _event: Touched, _moment: Moment) -> Step:
    """Say it again: the screen plays, the journey only knows that somebody is there."""
    return journey, ()


def _value(event: Touched) -> str:
    return event.action.partition(":")[2]


def _answer(journey: Journey, answer: Answer, moment: Moment) -> Step:
    """Take an answer and go on to the next question, or to what comes after the last."""
    draft = journey.in_visit.answered(answer)
    effects: tuple[Effect, ...] = ()
    if replaced := journey.in_visit.takes - draft.takes:
        effects = (DropTakes(replaced),)
    answered = replace(journey, draft=draft, way=None)
    position = next_position(draft, journey.published)
    if position is not None:
        return go(replace(answered, draft=replace(draft, position=position)), Screen.QUESTION, moment), effects
    if draft.has_words:
        return go(answered, Screen.CONSENT, moment), effects
    step, more = _after_consents(answered, moment)
    return step, (*effects, *more)


def _after_age(journey: Journey, moment: Moment) -> Journey:
    return go(journey, Screen.TEXT if journey.way is Way.TEXT else Screen.NOTICE, moment)


def _after_consents(journey: Journey, moment: Moment) -> Step:
    if journey.published.ask_member:
        return go(journey, Screen.PROFILE, moment), ()
    return _save(journey, moment)


def _save(journey: Journey, moment: Moment) -> Step:
    seal = Seal(journey.in_visit, journey.published, Ending.THANKS, moment.at)
    return go(journey, Screen.SAVING, moment), (seal,)


def _without_take(journey: Journey) -> Journey:
    return replace(journey, take=None, recording=None)


def _dropping(journey: Journey) -> tuple[Effect, ...]:
    return (DropTakes(frozenset({journey.take})),) if journey.take else ()

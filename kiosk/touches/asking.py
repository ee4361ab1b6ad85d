"""The start of a visit, and its questions: one answer, and on to the next."""

from __future__ import annotations

from dataclasses import replace

from kiosk.draft import Draft, next_position, previous_position
from kiosk.events import DropTakes, Effect, Touched
from kiosk.journey import Journey, Moment, Screen, Step, go
from kiosk.offers import offered_languages, page_count
from kiosk.touches.closing import after_consents
from kiosk.touches.rule import on, value_of
from vertelpaal.visit import (
    Answer,
    ChoiceAnswer,
    NotUsedAnswer,
    NumberAnswer,
    SkipAnswer,
    SmileyAnswer,
    YesNoAnswer,
)

AFTER_ANSWER = (Screen.QUESTION, Screen.CONSENT, Screen.PROFILE, Screen.SAVING)


@on((Screen.ATTRACT,), "start", Screen.LANGUAGE, Screen.QUESTION)
def _start(journey: Journey, _event: Touched, moment: Moment) -> Step:
    belongs_to = journey.conditions.activity_on_pole
    draft = Draft(moment.fresh_id, moment.fresh_code, "nl", moment.at, activity=belongs_to.slug if belongs_to else None)
    begun = replace(journey, draft=draft)
    return go(begun, Screen.LANGUAGE if len(offered_languages(journey)) > 1 else Screen.QUESTION, moment), ()


@on((Screen.QUESTION,), "smiley", *AFTER_ANSWER)
def _smiley(journey: Journey, event: Touched, moment: Moment) -> Step:
    given = SmileyAnswer(question_id=journey.question.id, at=moment.at, value=int(value_of(event)))
    return take_answer(journey, given, moment)


@on((Screen.QUESTION,), "choice", *AFTER_ANSWER)
def _choice(journey: Journey, event: Touched, moment: Moment) -> Step:
    given = ChoiceAnswer(question_id=journey.question.id, at=moment.at, value=value_of(event))
    return take_answer(journey, given, moment)


@on((Screen.QUESTION,), "more", Screen.QUESTION)
def _more_choices(journey: Journey, _event: Touched, moment: Moment) -> Step:
    """Show the next page of choices; after the last comes the first."""
    return replace(go(journey, Screen.QUESTION, moment), page=(journey.page + 1) % page_count(journey)), ()


@on((Screen.QUESTION,), "number", *AFTER_ANSWER)
def _number(journey: Journey, event: Touched, moment: Moment) -> Step:
    given = NumberAnswer(question_id=journey.question.id, at=moment.at, value=int(value_of(event)))
    return take_answer(journey, given, moment)


@on((Screen.QUESTION,), "yes", *AFTER_ANSWER)
@on((Screen.QUESTION,), "no", *AFTER_ANSWER)
def _yes_no(journey: Journey, event: Touched, moment: Moment) -> Step:
    given = YesNoAnswer(question_id=journey.question.id, at=moment.at, value=event.action == "yes")
    return take_answer(journey, given, moment)


@on((Screen.QUESTION,), "not-used", *AFTER_ANSWER)
def _not_used(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return take_answer(journey, NotUsedAnswer(question_id=journey.question.id, at=moment.at), moment)


@on((Screen.QUESTION, Screen.WAY), "skip", *AFTER_ANSWER)
def skip_question(journey: Journey, _event: Touched, moment: Moment) -> Step:
    """Go on without an answer, which is noted as such."""
    return take_answer(journey, SkipAnswer(question_id=journey.question.id, at=moment.at), moment)


@on((Screen.QUESTION,), "back", Screen.QUESTION)
def _previous_question(journey: Journey, _event: Touched, moment: Moment) -> Step:
    position = previous_position(journey.in_visit, journey.published, journey.ways)
    assert position is not None
    return _ask(journey, position, moment), ()


@on((Screen.QUESTION,), "next", Screen.WAY)
def _to_way(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(journey, Screen.WAY, moment), ()


def take_answer(journey: Journey, answer: Answer, moment: Moment) -> Step:
    """Take an answer and go on to the next question, or to what comes after the last."""
    draft = journey.in_visit.answered(answer)
    effects: tuple[Effect, ...] = ()
    if replaced := journey.in_visit.takes - draft.takes:
        effects = (DropTakes(replaced),)
    answered = replace(journey, draft=draft, way=None)
    position = next_position(draft, journey.published, journey.ways)
    if position is not None:
        return _ask(answered, position, moment), effects
    if draft.has_words:
        return go(answered, Screen.CONSENT, moment), effects
    step, more = after_consents(answered, moment)
    return step, (*effects, *more)


def _ask(journey: Journey, position: int, moment: Moment) -> Journey:
    asked = replace(journey, draft=replace(journey.in_visit, position=position), page=0)
    return go(asked, Screen.QUESTION, moment)

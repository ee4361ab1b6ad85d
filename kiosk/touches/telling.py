"""Answering an open question: the way, the age band, "may we record?", the take, and looking back at it."""

from __future__ import annotations

from dataclasses import replace

from kiosk.events import DropTakes, Effect, Remark, Touched
from kiosk.journey import Journey, Moment, Screen, Step, go
from kiosk.touches.asking import AFTER_ANSWER, skip_question, take_answer
from kiosk.touches.rule import on, value_of
from vertelpaal.visit import AgeBand, RecordingAnswer, TextAnswer, Way

MAX_TEXT = 2000


@on((Screen.WAY,), "way", Screen.AGE, Screen.NOTICE, Screen.TEXT)
def _way(journey: Journey, event: Touched, moment: Moment) -> Step:
    chosen = replace(journey, way=Way(value_of(event)))
    if journey.in_visit.age_band is None:
        return go(chosen, Screen.AGE, moment), ()
    return _after_age(chosen, moment), ()


@on((Screen.AGE,), "age", Screen.NOTICE, Screen.TEXT)
def _age(journey: Journey, event: Touched, moment: Moment) -> Step:
    """Note the age band; who is under 16 hears that nothing is recorded."""
    band = AgeBand(value_of(event))
    aged = replace(journey, draft=replace(journey.in_visit, age_band=band))
    if band is AgeBand.UNDER_16:
        return go(replace(aged, way=None), Screen.NOTICE, moment), ()
    return _after_age(aged, moment), ()


@on((Screen.NOTICE,), "yes", Screen.READY)
def _may_record(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(journey, Screen.READY, moment), ()


@on((Screen.NOTICE,), "next", *AFTER_ANSWER)
def _on_without_words(journey: Journey, event: Touched, moment: Moment) -> Step:
    return skip_question(journey, event, moment)


@on((Screen.NOTICE,), "back", Screen.WAY)
def _age_was_wrong(journey: Journey, _event: Touched, moment: Moment) -> Step:
    """Go back to before the age was asked: who touched the wrong picture is asked it again."""
    return go(replace(journey, draft=replace(journey.in_visit, age_band=None)), Screen.WAY, moment), ()


@on((Screen.NOTICE,), "no", Screen.WAY)
@on((Screen.AGE, Screen.READY, Screen.COUNTDOWN, Screen.TEXT), "back", Screen.WAY)
def _other_way(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(journey, Screen.WAY, moment), ()


@on((Screen.READY, Screen.PLAYBACK), "way", Screen.TEXT)
def _type_instead(journey: Journey, _event: Touched, moment: Moment) -> Step:
    """Type, where the microphone hears nothing."""
    return go(replace(_without_take(journey), way=Way.TEXT), Screen.TEXT, moment), _dropping(journey)


@on((Screen.WAY,), "back", Screen.QUESTION)
def _to_question(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(journey, Screen.QUESTION, moment), ()


@on((Screen.READY,), "record", Screen.COUNTDOWN)
def _record(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(journey, Screen.COUNTDOWN, moment), ()


@on((Screen.RECORDING,), "stop", Screen.PLAYBACK)
def _stop(journey: Journey, _event: Touched, moment: Moment) -> Step:
    """Ask the browser for its last chunk; the playback comes when that is in memory."""
    return replace(journey, stopping=True, stopping_since=moment.seconds), ()


@on((Screen.PLAYBACK,), "keep", *AFTER_ANSWER)
def _keep_take(journey: Journey, _event: Touched, moment: Moment) -> Step:
    assert journey.recording is not None
    answer = RecordingAnswer(question_id=journey.question.id, at=moment.at, recording=journey.recording)
    return take_answer(_without_take(journey), answer, moment)


@on((Screen.PLAYBACK,), "redo", Screen.READY)
def _redo(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return go(_without_take(journey), Screen.READY, moment), _dropping(journey)


@on((Screen.PLAYBACK,), "delete", Screen.WAY)
def _delete(journey: Journey, _event: Touched, moment: Moment) -> Step:
    """Throw the recording away, and say aloud that it is gone."""
    gone = replace(go(_without_take(journey), Screen.WAY, moment), remark=Remark.DELETED)
    return gone, _dropping(journey)


@on((Screen.TEXT,), "keep", *AFTER_ANSWER)
def _keep_text(journey: Journey, event: Touched, moment: Moment) -> Step:
    text = (event.text or "").replace("\0", "").strip()[:MAX_TEXT]
    if not text:
        return journey, ()
    return take_answer(journey, TextAnswer(question_id=journey.question.id, at=moment.at, text=text), moment)


def _after_age(journey: Journey, moment: Moment) -> Journey:
    return go(journey, Screen.TEXT if journey.way is Way.TEXT else Screen.NOTICE, moment)


def _without_take(journey: Journey) -> Journey:
    return replace(journey, take=None, recording=None)


def _dropping(journey: Journey) -> tuple[Effect, ...]:
    return (DropTakes(frozenset({journey.take})),) if journey.take else ()

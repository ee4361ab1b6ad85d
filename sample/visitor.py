"""Visitor: one person at a pole of the sample library, from touch to thanks, or gone before that."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sample.recordings import RecordingOrder, seconds_of
from sample.satisfaction import NOT_USED, draw_leaning, draw_smiley, mood_of
from sample.sentences import SampleSentence
from vertelpaal.publication import AnswerKind, ConsentQuestion, Publication, Purpose, Question, wording_hash
from vertelpaal.visit import (
    AgeBand,
    Answer,
    Consent,
    Ending,
    NotUsedAnswer,
    Recording,
    RecordingAnswer,
    SkipAnswer,
    SmileyAnswer,
    TextAnswer,
    Visit,
    Way,
)
from vertelpaal.withdrawal import new_code
from vertelpaal.words import Language

_LEAVES = 0.11
"""How often somebody walks away; most others reach the thanks."""
_SKIPS = 0.04
_UNDER_16 = 0.14
_ENGLISH = 0.07
_MEMBER = 0.68
_SAYS_MEMBER = 0.9
_AGREES: Mapping[Purpose, float] = {Purpose.QUOTE: 0.62, Purpose.SHOW: 0.31}
_REFUSES_REVIEW = 0.05
"""How often somebody who spoke or typed says no in the end; only the taps are kept."""


@dataclass(frozen=True)
class Said:
    """What somebody says to the open question: a sentence, recorded if there is an order, else typed."""

    sentence: SampleSentence
    order: RecordingOrder | None


@dataclass(frozen=True)
class Pole:
    """What a pole adds to its visits."""

    kiosk_id: UUID
    boot: UUID
    clock_offset: float


@dataclass(frozen=True)
class _Told:
    """What a visit has of the visitor."""

    ending: Ending
    answers: tuple[Answer, ...]
    consents: tuple[Consent, ...] = ()
    age_band: AgeBand | None = None
    member: bool | None = None
    withdrawal_code: str | None = None


def born_at(moment: datetime, rng: random.Random) -> UUID:
    """Return a UUIDv7 (RFC 9562) as it would have been born at a moment."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62))


class Visitor:
    """Somebody who answers; `part` is how much of the two years has passed, from 0 to 1."""

    def __init__(
        self, publication: Publication, branch: str, part: float, said: Said | None, rng: random.Random
    ) -> None:
        self._publication = publication
        self._mood = mood_of(branch)
        self._part = part
        self._said = said
        self._rng = rng
        self._leaning = draw_leaning(rng)
        self._language: Language = "en" if said is None and rng.random() < _ENGLISH else "nl"

    def visit(
        self, pole: Pole, sequence: int, starts: datetime, made: Mapping[RecordingOrder, bytes]
    ) -> tuple[Visit, dict[UUID, bytes]]:
        """Return the visit, and the bytes of its recordings by their ids."""
        self._at = starts + timedelta(seconds=self._rng.uniform(4, 10))
        answers = self._answer_smileys()
        leaves = self._said is None and self._rng.random() < _LEAVES
        media: dict[UUID, bytes] = {}
        told = self._walk_away(answers) if leaves else self._finish(answers, media, made)
        visit = Visit(
            id=born_at(starts, self._rng),
            kiosk_id=pole.kiosk_id,
            publication=self._publication.number,
            language=self._language,
            started_at=starts,
            ended_at=self._at + timedelta(seconds=6),
            clock_offset=pole.clock_offset,
            boot=pole.boot,
            sequence=sequence,
            ending=told.ending,
            age_band=told.age_band,
            member=told.member,
            answers=told.answers,
            consents=told.consents,
            withdrawal_code=told.withdrawal_code,
        )
        return visit, media

    def _walk_away(self, answers: list[Answer]) -> _Told:
        """Leave after some of the smileys; nothing but taps is kept."""
        kept = answers[: self._rng.randint(1, len(answers) - 1)]
        self._at = kept[-1].at + timedelta(seconds=self._rng.uniform(5, 50))
        return _Told(self._rng.choice((Ending.LEFT, Ending.TIMED_OUT)), tuple(kept))

    def _finish(self, answers: list[Answer], media: dict[UUID, bytes], made: Mapping[RecordingOrder, bytes]) -> _Told:
        """Answer the open question as well, and reach the thanks. A young visitor is not asked it."""
        rng, said = self._rng, self._said
        keeps_words = said is not None and (said.order is not None or rng.random() > _REFUSES_REVIEW)
        is_young = said is None and rng.random() < _UNDER_16
        age_band = AgeBand.UNDER_16 if is_young else AgeBand.FROM_16 if said else None
        opened = [] if is_young else self._answer_open(said if keeps_words else None, media, made)
        consents = self._consent(given=keeps_words) if said else ()
        self._at += timedelta(seconds=rng.uniform(3, 8))
        member = rng.random() < _MEMBER if rng.random() < _SAYS_MEMBER else None
        code = new_code(rng.getrandbits)
        return _Told(Ending.THANKS, (*answers, *opened), consents, age_band, member, code)

    def _questions(self, kind: AnswerKind) -> list[Question]:
        return [question for question in self._publication.questions if question.kind is kind]

    def _answer_smileys(self) -> list[Answer]:
        answers: list[Answer] = []
        for question in self._questions(AnswerKind.SMILEY):
            self._at += timedelta(seconds=self._rng.uniform(6, 14))
            answers.append(self._answer_smiley(question))
        return answers

    def _answer_smiley(self, question: Question) -> Answer:
        """Tap a smiley; who speaks of an aspect taps what goes with the words."""
        rng, said = self._rng, self._said
        if said is not None and said.sentence.aspect == question.aspect:
            value = rng.choice((4, 5, 5) if said.sentence.content else (1, 2, 2))
            return SmileyAnswer(question_id=question.id, at=self._at, value=value)
        if question.not_used and rng.random() < NOT_USED.get(question.aspect, 0.0):
            return NotUsedAnswer(question_id=question.id, at=self._at)
        if rng.random() < _SKIPS:
            return SkipAnswer(question_id=question.id, at=self._at)
        mean = self._mood.trends[question.aspect].at(self._part)
        return SmileyAnswer(question_id=question.id, at=self._at, value=draw_smiley(mean, self._leaning, rng))

    def _answer_open(
        self, said: Said | None, media: dict[UUID, bytes], made: Mapping[RecordingOrder, bytes]
    ) -> list[Answer]:
        """Answer the open questions, the first with what is said, and put a recording's bytes into `media`."""
        answers: list[Answer] = []
        for question in self._questions(AnswerKind.OPEN):
            self._at += timedelta(seconds=self._rng.uniform(15, 35))
            if said is None or answers:
                answers.append(SkipAnswer(question_id=question.id, at=self._at))
            elif said.order is None:
                answers.append(TextAnswer(question_id=question.id, at=self._at, text=said.sentence.text))
            else:
                recording = self._record(said.order, made[said.order])
                media[recording.id] = made[said.order]
                answers.append(RecordingAnswer(question_id=question.id, at=self._at, recording=recording))
        return answers

    def _record(self, order: RecordingOrder, recorded: bytes) -> Recording:
        return Recording(
            id=born_at(self._at, self._rng),
            way=order.way,
            media_type="audio/webm" if order.way is Way.VOICE else "video/webm",
            seconds=seconds_of(recorded),
            bytes=len(recorded),
            sha256=hashlib.sha256(recorded).hexdigest(),
        )

    def _consent(self, *, given: bool) -> tuple[Consent, ...]:
        """Answer the consent questions; after a no to review the others are not asked."""
        consents: list[Consent] = []
        for question in self._publication.consents:
            self._at += timedelta(seconds=self._rng.uniform(5, 9))
            agrees = given if question.purpose is Purpose.REVIEW else self._rng.random() < _AGREES[question.purpose]
            consents.append(self._note(question, agrees))
            if question.purpose is Purpose.REVIEW and not given:
                break
        return tuple(consents)

    def _note(self, question: ConsentQuestion, given: bool) -> Consent:
        spoken, wording = question.wording(self._language)
        return Consent(
            purpose=question.purpose,
            given=given,
            wording_sha256=wording_hash(wording),
            language=spoken,
            at=self._at,
        )

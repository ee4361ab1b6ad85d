"""The visit in progress: what was answered and agreed so far, in memory only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from vertelpaal.publication import AnswerKind, Publication, Purpose, Question
from vertelpaal.visit import (
    AgeBand,
    Answer,
    Consent,
    Ending,
    RecordingAnswer,
    SkipAnswer,
    Visit,
    Way,
    is_tap,
)
from vertelpaal.words import Language, Slug


@dataclass(frozen=True)
class Pole:
    """What the pole adds to a visit: who it is, and how its visits are ordered when the clock lies."""

    kiosk_id: UUID
    boot: UUID
    sequence: int
    clock_offset: float | None


@dataclass(frozen=True)
class Draft:
    """A visit that nobody has sealed yet; `position` is the index of the question it is at."""

    id: UUID
    code: str
    language: Language
    started_at: datetime
    position: int = 0
    answers: tuple[Answer, ...] = ()
    consents: tuple[Consent, ...] = ()
    age_band: AgeBand | None = None
    member: bool | None = None
    activity: Slug | None = None

    def answered(self, answer: Answer) -> Draft:
        """Return the draft with this answer in place of an earlier one to the same question."""
        others = tuple(one for one in self.answers if one.question_id != answer.question_id)
        return replace(self, answers=(*others, answer))

    def consented(self, consent: Consent) -> Draft:
        """Return the draft with one more consent asked."""
        return replace(self, consents=(*self.consents, consent))

    def taps_only(self) -> Draft:
        """Return the draft without words or recordings, and without consents, which covered only those."""
        kept = tuple(
            answer if is_tap(answer) else SkipAnswer(question_id=answer.question_id, at=answer.at)
            for answer in self.answers
        )
        return replace(self, answers=kept, consents=())

    def answer_to(self, question: Question) -> Answer | None:
        """Return the answer to a question so far."""
        return next((answer for answer in self.answers if answer.question_id == question.id), None)

    @property
    def has_words(self) -> bool:
        """Return whether something was written, spoken or filmed."""
        return not all(is_tap(answer) for answer in self.answers)

    @property
    def is_only_heard(self) -> bool:
        """Return whether all that was told is voice: nothing to see, nothing to read."""
        told = [answer for answer in self.answers if not is_tap(answer)]
        return bool(told) and all(isinstance(one, RecordingAnswer) and one.recording.way == Way.VOICE for one in told)

    @property
    def takes(self) -> frozenset[UUID]:
        """Return the ids of the recordings that were kept."""
        return frozenset(answer.recording.id for answer in self.answers if isinstance(answer, RecordingAnswer))

    def refused(self, purpose: Purpose) -> bool:
        """Return whether the visitor said no to this purpose."""
        return any(consent.purpose is purpose and not consent.given for consent in self.consents)

    def to_visit(self, publication: Publication, ending: Ending, ended_at: datetime, pole: Pole) -> Visit:
        """Return the visit to seal: everything after thanks with consent for review, else taps only.

        Who leaves before the thanks gets no withdrawal code, and says nothing about age or membership.
        """
        thanked = ending is Ending.THANKS
        keeps_words = thanked and any(c.purpose is Purpose.REVIEW and c.given for c in self.consents)
        kept = self if keeps_words else self.taps_only()
        order = {question.id: place for place, question in enumerate(publication.questions)}
        return Visit(
            id=self.id,
            kiosk_id=pole.kiosk_id,
            publication=publication.number,
            language=self.language,
            started_at=self.started_at,
            ended_at=ended_at,
            clock_offset=pole.clock_offset,
            boot=pole.boot,
            sequence=pole.sequence,
            ending=ending,
            activity=self.activity,
            age_band=self.age_band if thanked else None,
            member=self.member if thanked else None,
            answers=tuple(sorted(kept.answers, key=lambda answer: order[answer.question_id])),
            consents=self.consents if thanked else (),
            withdrawal_code=self.code if thanked else None,
        )


def next_position(draft: Draft, publication: Publication, ways: Collection[Way]) -> int | None:
    """Return the index of the question after the current one that this visitor is asked; None after the last."""
    for position in range(draft.position + 1, len(publication.questions)):
        if is_asked(draft, publication.questions[position], ways):
            return position
    return None


def previous_position(draft: Draft, publication: Publication, ways: Collection[Way]) -> int | None:
    """Return the index of the question before the current one; None at the first."""
    for position in range(draft.position - 1, -1, -1):
        if is_asked(draft, publication.questions[position], ways):
            return position
    return None


def is_asked(draft: Draft, question: Question, ways: Collection[Way]) -> bool:
    """Return whether this visitor is asked this question: an open one needs a way to answer, and 16 years."""
    return question.kind is not AnswerKind.OPEN or (draft.age_band is not AgeBand.UNDER_16 and bool(ways))

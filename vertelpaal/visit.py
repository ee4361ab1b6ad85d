"""Visit: what one person did at the pole in one go, from touch to thanks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from vertelpaal.publication import Purpose
from vertelpaal.words import Language, Number, Sha256, Slug, Time, Word, Written

CENTURY = 100 * 366 * 86_400.0
"""In seconds; no clock is wrong by more."""
YEARS = range(1900, 2200)
"""No clock tells another one."""

MediaType = Literal["video/webm", "audio/webm"]


class Way(StrEnum):
    """How an open question is answered."""

    VOICE = "voice"
    VIDEO = "video"
    TEXT = "text"


class AgeBand(StrEnum):
    """The age a visitor says to have, as a band; under 16 leaves taps only."""

    UNDER_16 = "under-16"
    FROM_16 = "16-plus"


class Ending(StrEnum):
    """How a visit ended."""

    THANKS = "thanks"
    LEFT = "left"
    TIMED_OUT = "timed-out"


class Recording(Word):
    """The voice or video of an answer, as one file of the envelope."""

    id: UUID
    way: Literal[Way.VOICE, Way.VIDEO]
    media_type: MediaType
    seconds: Annotated[float, Field(ge=0, le=120, allow_inf_nan=False)]
    bytes: Annotated[int, Field(ge=1, lt=2**31)]
    sha256: Sha256

    @property
    def file_name(self) -> str:
        """Return the name of the file inside the envelope."""
        return f"media/{self.id}.webm"


class _Answer(Word):
    question_id: UUID
    at: Time


class SmileyAnswer(_Answer):
    """A tap on one of five faces: 1 is the worst, 5 the best."""

    kind: Literal["smiley"] = "smiley"
    value: Annotated[int, Field(ge=1, le=5)]


class ChoiceAnswer(_Answer):
    """A tap on one of the choices."""

    kind: Literal["choice"] = "choice"
    value: Slug


class YesNoAnswer(_Answer):
    """A tap on yes or no."""

    kind: Literal["yes-no"] = "yes-no"
    value: bool


class NumberAnswer(_Answer):
    """A number from 0 to 10."""

    kind: Literal["number"] = "number"
    value: Annotated[int, Field(ge=0, le=10)]


class TextAnswer(_Answer):
    """Words that were typed."""

    kind: Literal["text"] = "text"
    text: Annotated[Written, StringConstraints(min_length=1, max_length=2000)]


class RecordingAnswer(_Answer):
    """Words that were spoken."""

    kind: Literal["recording"] = "recording"
    recording: Recording


class NotUsedAnswer(_Answer):
    """ "Not used / don't know": an answer of its own, outside every score."""

    kind: Literal["not-used"] = "not-used"


class SkipAnswer(_Answer):
    """The visitor went on without answering."""

    kind: Literal["skip"] = "skip"


Answer = Annotated[
    SmileyAnswer
    | ChoiceAnswer
    | YesNoAnswer
    | NumberAnswer
    | TextAnswer
    | RecordingAnswer
    | NotUsedAnswer
    | SkipAnswer,
    Field(discriminator="kind"),
]

TapAnswer = SmileyAnswer | ChoiceAnswer | YesNoAnswer | NumberAnswer | NotUsedAnswer | SkipAnswer


def is_tap(answer: Answer) -> bool:
    """Return whether the answer was a tap, which needs no consent to be kept."""
    return not isinstance(answer, TextAnswer | RecordingAnswer)


class Consent(Word):
    """One purpose, one yes or no, with the wording that was asked."""

    purpose: Purpose
    given: bool
    wording_sha256: Sha256
    language: Language
    at: Time


class Visit(Word):
    """What travels in an envelope as `visit.json`.

    `started_at` and `ended_at` are the pole's own clock; `clock_offset` is what to add, in seconds, as measured at
    the last contact with the server (None: never measured). `boot` and `sequence` order visits when the clock lies.
    """

    envelope_version: Literal[1] = 1
    id: UUID
    kiosk_id: UUID
    publication: Number
    language: Language
    started_at: Time
    ended_at: Time
    clock_offset: Annotated[float, Field(ge=-CENTURY, le=CENTURY, allow_inf_nan=False)] | None
    boot: UUID
    sequence: Annotated[int, Field(ge=0, lt=2**31)]
    ending: Ending
    activity: Slug | None = None
    age_band: AgeBand | None = None
    member: bool | None = None
    answers: Annotated[tuple[Answer, ...], Field(max_length=50)]
    consents: Annotated[tuple[Consent, ...], Field(max_length=len(Purpose))] = ()
    withdrawal_code: str | None = None

    @model_validator(mode="after")
    def _keeps_its_promises(self) -> Self:
        if len({answer.question_id for answer in self.answers}) != len(self.answers):
            raise ValueError("a question is answered twice")
        if len({consent.purpose for consent in self.consents}) != len(self.consents):
            raise ValueError("a consent is given twice")
        if len({recording.id for recording in self.recordings}) != len(self.recordings):
            raise ValueError("a recording answers two questions")
        if any(time.year not in YEARS for time in self._times()):
            raise ValueError("a time that no clock tells")
        if all(is_tap(answer) for answer in self.answers):
            return self
        if not self.consents_to(Purpose.REVIEW):
            raise ValueError("words or recordings without consent for review")
        if self.age_band is not AgeBand.FROM_16:
            raise ValueError("words or recordings of somebody who did not say to be 16 or older")
        return self

    def _times(self) -> Iterator[datetime]:
        yield from (self.started_at, self.ended_at)
        yield from (said.at for said in (*self.answers, *self.consents))

    def consents_to(self, purpose: Purpose) -> bool:
        """Return whether the visitor said yes to this purpose."""
        return any(consent.purpose is purpose and consent.given for consent in self.consents)

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """Return the recordings of the visit, in the order of their questions."""
        return tuple(answer.recording for answer in self.answers if isinstance(answer, RecordingAnswer))


class Receipt(Word):
    """The server's word, repeating visit id and SHA-256, that an envelope is safe."""

    visit_id: UUID
    sha256: Sha256
    received_at: Time

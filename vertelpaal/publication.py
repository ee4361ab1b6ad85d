"""Publication: an immutable, numbered version of a questionnaire; what poles run and answers refer to."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from vertelpaal.words import Language, Number, Sha256, Slug, Time, Word, Written

ShortText = Annotated[Written, StringConstraints(min_length=1, max_length=300)]


class AnswerKind(StrEnum):
    """How a question is answered."""

    SMILEY = "smiley"
    CHOICE = "choice"
    YES_NO = "yes-no"
    NUMBER = "number"
    OPEN = "open"


class Purpose(StrEnum):
    """What a visitor can consent to."""

    REVIEW = "review"
    QUOTE = "quote"
    SHOW = "show"


class QuestionForm(Word):
    """One question in one language: what is written, and the files that say it."""

    text: ShortText
    video: Sha256 | None = None
    captions: Sha256 | None = None
    sound: Sha256 | None = None
    """The question spoken, where there is no video."""


class Choice(Word):
    """One of the answers of a choice question: written, drawn, and spoken where there is a sound."""

    id: Slug
    labels: dict[Language, ShortText]
    sounds: dict[Language, Sha256] = Field(default_factory=dict)
    pictogram: Slug | None = None
    """The name of one of the pole's drawings; without one it shows a number of dots."""


class Question(Word):
    """One prompt with one answer kind, measuring one aspect.

    `forms` has Dutch at least; a language that is missing falls back to Dutch as a whole.
    """

    id: UUID
    aspect: Slug
    kind: AnswerKind
    forms: dict[Language, QuestionForm]
    choices: tuple[Choice, ...] = ()
    not_used: bool = True
    """Whether "not used / don't know" is offered as an answer of its own."""

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if "nl" not in self.forms:
            raise ValueError("a question needs its Dutch form")
        if (self.kind is AnswerKind.CHOICE) != bool(self.choices):
            raise ValueError("choices belong to a choice question, and only there")
        if not all("nl" in choice.labels for choice in self.choices):
            raise ValueError("a choice needs its Dutch label")
        return self

    @property
    def unheard(self) -> str | None:
        """Return why somebody who does not read, or does not hear, could not take part; None when all can.

        Dutch decides: a language that lacks something falls back to it.
        """
        dutch = self.forms["nl"]
        if not (dutch.video or dutch.sound):
            return f"question {self.id} is not spoken in Dutch: it has neither a video nor a sound"
        if dutch.video and not dutch.captions:
            return f"the Dutch video of question {self.id} has no captions"
        silent = [choice.id for choice in self.choices if "nl" not in choice.sounds]
        return f"question {self.id} has choices that are not spoken in Dutch: {', '.join(silent)}" if silent else None

    def form(self, language: Language) -> tuple[Language, QuestionForm]:
        """Return the form to show and the language it is in: the asked one, or Dutch as a whole.

        A language that lacks something that Dutch has (text, a way to hear it, captions, a choice) is not used at all.
        """
        return (language, self.forms[language]) if self._is_whole_in(language) else ("nl", self.forms["nl"])

    def _is_whole_in(self, language: Language) -> bool:
        form, dutch = self.forms.get(language), self.forms["nl"]
        if form is None or not all(language in choice.labels for choice in self.choices):
            return False
        is_heard = form.video or form.sound or not (dutch.video or dutch.sound)
        is_captioned = form.captions or not (form.video and dutch.captions)
        return bool(is_heard and is_captioned) and all(
            language in choice.sounds for choice in self.choices if choice.sounds
        )

    @property
    def wording(self) -> str:
        """Return a hash of what was asked and how; scores compare only answers with the same one."""
        return hashlib.sha256(f"{self.kind}\n{self.forms['nl'].text}".encode()).hexdigest()


def wording_hash(wording: str) -> str:
    """Return the SHA-256 that a consent record keeps of the wording that was asked."""
    return hashlib.sha256(wording.encode()).hexdigest()


class ConsentQuestion(Word):
    """The wording with which consent for one purpose is asked, in each language.

    `heard` has it for who answered by voice alone, where there is nothing to see; it may be missing.
    """

    purpose: Purpose
    wordings: dict[Language, ShortText]
    sounds: dict[Language, Sha256] = Field(default_factory=dict)
    """The wording spoken, in each language."""
    heard: dict[Language, ShortText] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if "nl" not in self.wordings:
            raise ValueError("a consent needs its Dutch wording")
        return self

    def wording(self, language: Language) -> tuple[Language, str]:
        """Return the wording to show and the language it is in."""
        return (language, self.wordings[language]) if language in self.wordings else ("nl", self.wordings["nl"])

    def wording_with(self, sha256: str) -> tuple[Language, str] | None:
        """Return the wording that a consent record names by its hash, and its language; None when it was not asked."""
        every = (*self.wordings.items(), *self.heard.items())
        return next(((language, text) for language, text in every if wording_hash(text) == sha256), None)


class Publication(Word):
    """What a pole runs: questions, their files by hash, and how consent is asked."""

    format: Literal[1] = 1
    number: Number
    questionnaire_id: UUID
    title: ShortText
    library: ShortText
    languages: tuple[Language, ...]
    aspects: dict[Slug, dict[Language, ShortText]]
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=50)]
    consents: tuple[ConsentQuestion, ...]
    ask_member: bool = True
    ask_age: bool = True
    """Whether who was not asked an age band before is asked it at the end; no answer is fine."""
    published_at: Time

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if len({question.id for question in self.questions}) != len(self.questions):
            raise ValueError("two questions share an id")
        for question in self.questions:
            if question.aspect not in self.aspects:
                raise ValueError(f"question {question.id} measures an aspect that has no name")
        asked = [consent.purpose for consent in self.consents]
        opens = any(question.kind is AnswerKind.OPEN for question in self.questions)
        if opens and (not asked or asked[0] is not Purpose.REVIEW):
            raise ValueError("open questions need consent for review, and it is asked first")
        if len(set(asked)) != len(asked):
            raise ValueError("a consent is asked twice")
        return self

    def question(self, question_id: UUID) -> Question | None:
        """Return the question with this id, if the publication has it."""
        return next((question for question in self.questions if question.id == question_id), None)

    @property
    def files(self) -> frozenset[str]:
        """Return the SHA-256 of every file that the publication needs."""
        forms = [form for question in self.questions for form in question.forms.values()]
        choices = [choice for question in self.questions for choice in question.choices]
        asked = [file for form in forms for file in (form.video, form.captions, form.sound) if file]
        spoken = [one.sounds.values() for one in choices] + [one.sounds.values() for one in self.consents]
        return frozenset((*asked, *(sound for sounds in spoken for sound in sounds)))

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the JSON form."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

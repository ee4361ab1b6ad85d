"""Publication: an immutable, numbered version of a questionnaire; what poles run and answers refer to."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from vertelpaal.words import Language, Sha256, Slug, Time, Word

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=300)]


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


class Choice(Word):
    """One of the answers of a choice question."""

    id: Slug
    labels: dict[Language, ShortText]


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
        return self

    def form(self, language: Language) -> tuple[Language, QuestionForm]:
        """Return the form to show and the language it is in: the asked one, or Dutch as a whole."""
        return (language, self.forms[language]) if language in self.forms else ("nl", self.forms["nl"])

    @property
    def wording(self) -> str:
        """Return a hash of what was asked and how; scores compare only answers with the same one."""
        return hashlib.sha256(f"{self.kind}\n{self.forms['nl'].text}".encode()).hexdigest()


class ConsentQuestion(Word):
    """The wording with which consent for one purpose is asked, in each language."""

    purpose: Purpose
    wordings: dict[Language, ShortText]

    def wording(self, language: Language) -> tuple[Language, str]:
        """Return the wording to show and the language it is in."""
        return (language, self.wordings[language]) if language in self.wordings else ("nl", self.wordings["nl"])


class Publication(Word):
    """What a pole runs: questions, their files by hash, and how consent is asked."""

    format: Literal[1] = 1
    number: int = Field(ge=1)
    questionnaire_id: UUID
    title: ShortText
    library: ShortText
    languages: tuple[Language, ...]
    aspects: dict[Slug, dict[Language, ShortText]]
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=50)]
    consents: tuple[ConsentQuestion, ...]
    ask_member: bool = True
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
        return frozenset(file for form in forms for file in (form.video, form.captions) if file)

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the JSON form."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

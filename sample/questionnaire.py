"""The sample questionnaire: what the poles of Bibliotheek Noordenveld ask, out of `questionnaire.toml`."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, ValidationError

from vertelpaal.errors import InvalidPublication
from vertelpaal.publication import (
    AnswerKind,
    ConsentQuestion,
    Publication,
    Purpose,
    Question,
    QuestionForm,
    ShortText,
)
from vertelpaal.words import Language, Slug, Word, first_problem

FormKey = tuple[UUID, Language]
"""One question in one language."""


@dataclass(frozen=True)
class QuestionFiles:
    """The files that say a question in one language."""

    video: Path
    captions: Path


class SampleBranch(Word):
    """A branch of the sample library."""

    slug: Slug
    name: ShortText


class SampleQuestion(Word):
    """A question of the sample questionnaire with its text in each language."""

    id: UUID
    aspect: Slug
    kind: AnswerKind
    not_used: bool = True
    texts: dict[Language, ShortText]


class SampleConsent(Word):
    """How the sample library asks consent for one purpose; `heard` is for who answered by voice alone."""

    purpose: Purpose
    texts: dict[Language, ShortText]
    heard: dict[Language, ShortText] = Field(default_factory=dict)


class SampleQuestionnaire(Word):
    """The sample library: its branches, its questions and how it asks consent."""

    id: UUID
    library: ShortText
    title: ShortText
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    branches: tuple[SampleBranch, ...]
    aspects: dict[Slug, dict[Language, ShortText]]
    questions: tuple[SampleQuestion, ...]
    consents: tuple[SampleConsent, ...]


@cache
def sample_questionnaire() -> SampleQuestionnaire:
    """Read the sample questionnaire."""
    document: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    try:
        return SampleQuestionnaire.model_validate(document, strict=False)
    except ValidationError as error:
        raise InvalidPublication(f"questionnaire.toml: {first_problem(error)}") from None


def sample_publication(
    files: Mapping[FormKey, QuestionFiles], *, published_at: datetime, number: int = 1
) -> Publication:
    """Publish the sample questionnaire; a form without files is asked as text alone."""
    questionnaire = sample_questionnaire()
    return Publication(
        number=number,
        questionnaire_id=questionnaire.id,
        title=questionnaire.title,
        library=questionnaire.library,
        languages=questionnaire.languages,
        aspects=questionnaire.aspects,
        questions=tuple(_publish(question, questionnaire.languages, files) for question in questionnaire.questions),
        consents=tuple(
            ConsentQuestion(purpose=consent.purpose, wordings=consent.texts, heard=consent.heard)
            for consent in questionnaire.consents
        ),
        published_at=published_at,
    )


def files_by_sha256(files: Iterable[QuestionFiles]) -> dict[str, Path]:
    """Return every file under its SHA-256, as a publication names it."""
    paths = [path for one in files for path in (one.video, one.captions)]
    return {_sha256(path): path for path in paths}


def _publish(
    question: SampleQuestion, languages: tuple[Language, ...], files: Mapping[FormKey, QuestionFiles]
) -> Question:
    forms: dict[Language, QuestionForm] = {}
    for language in languages:
        spoken = files.get((question.id, language))
        forms[language] = QuestionForm(
            text=question.texts[language],
            video=_sha256(spoken.video) if spoken else None,
            captions=_sha256(spoken.captions) if spoken else None,
        )
    return Question(id=question.id, aspect=question.aspect, kind=question.kind, forms=forms, not_used=question.not_used)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

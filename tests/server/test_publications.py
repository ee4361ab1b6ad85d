"""Publishing: what poles will run has its files, and can be heard by who does not read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server.intake.publications import find_publication, publish
from tests.makers import SampleLibrary, create_publication, publish_spoken
from vertelpaal.errors import InvalidPublication
from vertelpaal.publication import AnswerKind, Choice, Question, QuestionForm

FILE = "0" * 64


def as_text_alone(question: Question) -> Question:
    return question


def without_captions(question: Question) -> Question:
    return question.model_copy(update={"forms": {"nl": QuestionForm(text="Wat kan beter?", video=FILE)}})


def spoken_in_english_alone(question: Question) -> Question:
    english = question.forms["en"].model_copy(update={"sound": FILE})
    return question.model_copy(update={"forms": question.forms | {"en": english}})


def with_a_silent_choice(question: Question) -> Question:
    dutch = question.forms["nl"].model_copy(update={"sound": FILE})
    choices = (
        Choice(id="koffie", labels={"nl": "Koffie"}, sounds={"nl": FILE}),
        Choice(id="thee", labels={"nl": "Thee"}),
    )
    return question.model_copy(update={"kind": AnswerKind.CHOICE, "choices": choices, "forms": {"nl": dutch}})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (as_text_alone, "neither a video nor a sound"),
        (spoken_in_english_alone, "neither a video nor a sound"),
        (without_captions, "has no captions"),
        (with_a_silent_choice, "not spoken in Dutch: thee"),
    ],
)
def test_what_somebody_could_not_hear_or_see_is_not_published(
    sample: SampleLibrary, change: Callable[[Question], Question], said: str
) -> None:
    questions = tuple(change(question) for question in create_publication().questions)
    with pytest.raises(InvalidPublication, match=said), sample.database.transaction() as session:
        publish(session, create_publication(number=2, questions=questions), {}, sample.home / "files")


def test_what_is_spoken_is_published_as_it_is(sample: SampleLibrary) -> None:
    with sample.database.transaction() as session:
        published = publish_spoken(session, create_publication(number=2), sample.home / "files")
    with sample.database.reading() as session:
        assert find_publication(session, 2) == published
    (file,) = (sample.home / "files" / sha256 for sha256 in published.files)
    assert file.read_bytes() == b"a question, spoken"

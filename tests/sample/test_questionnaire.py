"""The sample questionnaire is one that a pole runs and that anybody can follow."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.texts import texts
from models.mini.recipe.sentences import DUTCH
from sample.pictures import PICTURES
from sample.questionnaire import (
    QuestionFiles,
    files_by_sha256,
    sample_publication,
    sample_questionnaire,
)
from sample.satisfaction import MOODS
from sample.sentences import SPOKEN
from vertelpaal.publication import AnswerKind, Publication, Purpose

WHEN = datetime(2026, 3, 14, 12, tzinfo=UTC)


def create_publication() -> Publication:
    return sample_publication({}, published_at=WHEN)


def test_it_asks_seven_smileys_and_then_one_open_question() -> None:
    kinds = [question.kind for question in create_publication().questions]
    assert kinds == [AnswerKind.SMILEY] * 7 + [AnswerKind.OPEN]


def test_every_text_is_short_and_exists_in_every_language_of_the_sample() -> None:
    publication = create_publication()
    texts = [form.text for question in publication.questions for form in question.forms.values()]
    for consent in publication.consents:
        texts += [*consent.wordings.values(), *consent.heard.values()]
    assert publication.languages == ("nl", "en", "ar")
    assert len(texts) == 3 * (8 + 3 + 1)
    assert [text for text in texts if len(text.split()) > 12] == []


def test_consent_is_asked_for_review_first() -> None:
    assert [consent.purpose for consent in create_publication().consents] == list(Purpose)


def test_every_aspect_has_a_picture_and_every_branch_its_satisfaction() -> None:
    questionnaire = sample_questionnaire()
    smileys = {question.aspect for question in questionnaire.questions if question.kind is AnswerKind.SMILEY}
    assert {question.aspect for question in questionnaire.questions} == PICTURES.keys()
    assert {branch.slug for branch in questionnaire.branches} == MOODS.keys()
    assert all(mood.trends.keys() == smileys for mood in MOODS.values())


def test_the_publication_names_the_files_by_their_hash(tmp_path: Path) -> None:
    video, captions = tmp_path / "a.webm", tmp_path / "a.vtt"
    video.write_bytes(b"video")
    captions.write_bytes(b"captions")
    files = QuestionFiles(video, captions)
    first = sample_questionnaire().questions[0]
    publication = sample_publication({(first.id, "nl"): files}, published_at=WHEN, number=3)
    assert publication.files == files_by_sha256([files]).keys()
    assert publication.number == 3
    assert publication.questions[0].forms["en"].video is None


def test_the_questions_stay_the_same_from_one_start_to_the_next() -> None:
    assert create_publication().sha256 == create_publication().sha256


@pytest.mark.parametrize("sentence", SPOKEN, ids=lambda sentence: sentence.text)
def test_the_mini_model_knows_every_spoken_sentence(sentence: object) -> None:
    assert getattr(sentence, "text", None) in DUTCH


def test_consent_is_asked_aloud_in_the_words_that_are_written() -> None:
    """The pole speaks its own prompt for each purpose: who cannot read must agree to what a reader agrees to."""
    for consent in sample_questionnaire().consents:
        for language, wording in consent.texts.items():
            assert wording == texts(language).says[f"consent-{consent.purpose}"]
        for language, wording in consent.heard.items():
            assert wording == texts(language).says[f"consent-{consent.purpose}-voice"]

"""The words of the pole: whole in every language, short, and each with a prompt."""

from __future__ import annotations

import re
from typing import cast

import pytest

from kiosk.examples import example_journeys
from kiosk.journey import Screen
from kiosk.offers import actions
from kiosk.pictograms import PICTOGRAMS_FOLDER, pictogram_of
from kiosk.stage import sentence
from kiosk.texts import label_prompt, texts, written_languages
from vertelpaal.errors import SettingsError
from vertelpaal.words import Language

MOST_WORDS = 12
MOST_SENTENCES = 2
LANGUAGES: tuple[Language, ...] = written_languages()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_as_dutch(language: Language) -> None:
    here, dutch = texts(language), texts("nl")
    assert set(here.says) == set(dutch.says)
    assert set(here.labels) == set(dutch.labels)
    assert set(here.notes) == set(dutch.notes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_longer_than_a_visitor_reads_or_hears(language: Language) -> None:
    for name, sentence_text in texts(language).says.items():
        assert len(sentence_text.split()) <= MOST_WORDS, name
        if name != "countdown":
            assert len(re.findall(r"[.!?؟።](?:\s|$)", sentence_text)) <= MOST_SENTENCES, name
    for name, label in texts(language).labels.items():
        assert len(label.split()) <= 4, name


def test_the_examples_reach_every_screen() -> None:
    assert {journey.screen for journey in example_journeys("nl").values()} == set(Screen)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_has_its_sentence_and_every_control_its_name_prompt_and_drawing(language: Language) -> None:
    words = texts(language)
    for name, journey in example_journeys(language).items():
        assert sentence(journey) in words.prompts, name
        for action in actions(journey):
            verb = action.partition(":")[0]
            if verb in ("choice", "number", "digit"):
                continue
            drawing = pictogram_of(journey.screen, action)
            assert drawing is not None and (PICTOGRAMS_FOLDER / f"{drawing}.svg").is_file(), (name, action)
            if verb != "language":
                assert words.label(journey.screen, action)
                assert label_prompt(words.label_key(journey.screen, action)) in words.prompts, (name, action)


def test_a_language_that_the_pole_has_no_texts_in_is_named() -> None:
    with pytest.raises(SettingsError, match="no texts in xx"):
        texts(cast(Language, "xx"))

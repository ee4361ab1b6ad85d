"""Word errors are counted as the field counts them, and the interval tells how sure the rate is."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from models.word_errors import WordErrors, add, compare, interval, words_of

sentences = some.lists(some.sampled_from(["de", "koffie", "is", "te", "duur"]), max_size=7)


@given(sentences)
def test_what_is_heard_as_it_was_said_has_no_error(said: list[str]) -> None:
    assert compare(said, said) == WordErrors(words=len(said))


@given(sentences, sentences)
def test_the_counts_turn_the_one_into_the_other(said: list[str], heard: list[str]) -> None:
    counts = compare(said, heard)
    assert counts.words == len(said)
    assert len(said) - counts.deletions + counts.insertions == len(heard)
    assert abs(len(said) - len(heard)) <= counts.errors <= max(len(said), len(heard))


@given(sentences, sentences)
def test_the_way_back_has_as_many_errors(said: list[str], heard: list[str]) -> None:
    assert compare(said, heard).errors == compare(heard, said).errors


@given(sentences, sentences, sentences)
def test_no_detour_is_shorter(said: list[str], heard: list[str], between: list[str]) -> None:
    detour = compare(said, between).errors + compare(between, heard).errors
    assert compare(said, heard).errors <= detour


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("de thee is te duur", WordErrors(5, substitutions=1)),
        ("koffie is duur", WordErrors(5, deletions=2)),
        ("ja de koffie is echt te duur", WordErrors(5, insertions=2)),
        ("", WordErrors(5, deletions=5)),
    ],
)
def test_each_kind_of_error_is_counted_as_itself(heard: str, expected: WordErrors) -> None:
    assert compare(["de", "koffie", "is", "te", "duur"], heard.split()) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("De koffie is te duur!", "de koffie, is te duur"),
        ("Eén café", "een cafe"),
        ("zo'n foto\u2019s", "zon fotos"),
        ("Ik geef een 8.", "ik geef een acht"),
        ("21 20 15 0 99", "eenentwintig twintig vijftien nul negenennegentig"),
        ("Een 7,5", "een zeven komma vijf"),
        ("e-mail", "e mail"),
    ],
)
def test_what_sounds_the_same_is_the_same(one: str, other: str) -> None:
    assert words_of(one) == words_of(other)


def test_numbers_are_said_in_dutch_only_in_dutch() -> None:
    assert words_of("I give it an 8.", "en") == ["i", "give", "it", "an", "8"]
    assert words_of("In 2026, 100 keer.") == ["in", "2026", "100", "keer"]


def create_speakers(rates: list[float], words: int = 100) -> list[WordErrors]:
    return [WordErrors(words, substitutions=round(rate * words)) for rate in rates]


def test_the_interval_holds_the_rate_and_is_the_same_each_time() -> None:
    speakers = create_speakers([0.0, 0.1, 0.1, 0.2, 0.4, 0.6])
    between = interval(speakers, random.Random(1))
    assert between is not None
    assert between[0] < add(speakers).rate < between[1]
    assert between == interval(speakers, random.Random(1))


def test_more_speakers_make_it_narrower() -> None:
    few, many = create_speakers([0.0, 0.2, 0.4]), create_speakers([0.0, 0.2, 0.4] * 20)
    wide, narrow = (interval(speakers, random.Random(1)) for speakers in (few, many))
    assert wide and narrow
    assert narrow[1] - narrow[0] < (wide[1] - wide[0]) / 2


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Of 200 studies of 40 speakers with a true rate of 0.2, some 95% hold it: between 88 and 99% by chance."""
    rng = random.Random(5)
    held = 0
    for _ in range(200):
        rates = [rng.betavariate(2, 8) for _ in range(40)]
        between = interval(create_speakers(rates, words=1000), rng)
        held += between is not None and between[0] <= 0.2 <= between[1]
    assert 176 <= held <= 198


def test_one_speaker_has_no_interval() -> None:
    assert interval(create_speakers([0.3]), random.Random(1)) is None

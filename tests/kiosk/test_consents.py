"""A consent is asked in words that are spoken as they are written, and the record keeps the hash of those."""

from __future__ import annotations

import pytest

from kiosk.consents import Asked, as_asked, being_asked
from kiosk.texts import texts
from tests.kiosk.walker import Walker
from tests.makers import create_publication
from vertelpaal.publication import ConsentQuestion, Purpose, wording_hash
from vertelpaal.words import Language

FIRST: tuple[Language, ...] = ("nl", "en")
OWN = {language: texts(language).says["consent-review"] for language in FIRST}
CHANGED = "Mag onze directeur dit zien?"
SOUND = "a" * 64
PROMPT = "consent-review"
SHOWN = {language: texts(language).says["consent-show"] for language in FIRST}
HEARD = {language: texts(language).says["consent-show-voice"] for language in FIRST}


def test_the_poles_own_wording_is_spoken_by_its_own_prompt() -> None:
    consent = ConsentQuestion(purpose=Purpose.REVIEW, wordings=OWN)
    assert as_asked(consent, "en") == Asked("en", OWN["en"], PROMPT)


def test_a_wording_of_the_library_is_asked_with_its_sound() -> None:
    consent = ConsentQuestion(purpose=Purpose.REVIEW, wordings={"nl": CHANGED}, sounds={"nl": SOUND})
    assert as_asked(consent, "nl") == Asked("nl", CHANGED, PROMPT, SOUND)
    assert as_asked(consent, "en") == Asked("nl", CHANGED, PROMPT, SOUND), "whole in Dutch, where English has no words"


def test_a_wording_that_nobody_can_hear_is_not_asked() -> None:
    consent = ConsentQuestion(purpose=Purpose.REVIEW, wordings={"nl": CHANGED, "en": "May our director see it?"})
    assert as_asked(consent, "nl") == Asked("nl", OWN["nl"], PROMPT)
    assert as_asked(consent, "en") == Asked("en", OWN["en"], PROMPT)


def test_who_told_it_by_voice_alone_is_asked_whether_others_may_hear_it() -> None:
    consent = ConsentQuestion(purpose=Purpose.SHOW, wordings=SHOWN, heard=HEARD)
    assert as_asked(consent, "en", is_only_heard=True) == Asked("en", HEARD["en"], "consent-show-voice")
    assert as_asked(consent, "en") == Asked("en", SHOWN["en"], "consent-show")
    named = wording_hash(HEARD["en"])
    assert consent.wording_with(named) == ("en", HEARD["en"]), "the server finds what was asked by its hash"


def test_a_wording_for_voice_that_nobody_published_or_can_hear_is_not_asked() -> None:
    """An older publication has none, and the hash of what is asked must be found in the publication."""
    for heard in ({}, {"nl": "Mag iedereen dit horen?"}):
        consent = ConsentQuestion.model_validate({"purpose": Purpose.SHOW, "wordings": SHOWN, "heard": heard})
        assert as_asked(consent, "nl", is_only_heard=True) == Asked("nl", SHOWN["nl"], "consent-show")


@pytest.mark.parametrize(
    ("way", "prompts"),
    [
        ("voice", ["consent-review", "consent-show-voice"]),
        ("video", ["consent-review", "consent-show"]),
        ("text", ["consent-review", "consent-show"]),
    ],
)
def test_the_words_fit_what_was_recorded(way: str, prompts: list[str]) -> None:
    asked = (
        ConsentQuestion(purpose=Purpose.REVIEW, wordings=OWN),
        ConsentQuestion(purpose=Purpose.SHOW, wordings=SHOWN, heard=HEARD),
    )
    walker = Walker(create_publication(consents=asked))
    walker.touches("start", "language:nl", "smiley:4", "smiley:4", "next", f"way:{way}", "age:16-plus")
    if way == "text":
        walker.touches("keep", text="Mooi")
    else:
        walker.touches("yes")
        walker.records()
        walker.touches("keep")
    found = []
    for _ in asked:
        found.append(being_asked(walker.journey).prompt)
        walker.touches("yes")
    assert found == prompts


def test_the_record_keeps_what_was_asked() -> None:
    walker = Walker(create_publication())
    walker.touches("start", "language:en", "smiley:4", "smiley:4", "next", "way:text", "age:16-plus")
    walker.touches("keep", text="Mooi")
    walker.touches("yes")
    (record,) = walker.journey.in_visit.consents
    assert (record.language, record.wording_sha256) == ("en", wording_hash(OWN["en"]))

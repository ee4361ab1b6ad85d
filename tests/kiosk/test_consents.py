"""A consent is asked in words that are spoken as they are written, and the record keeps the hash of those."""

from __future__ import annotations

from kiosk.consents import Asked, as_asked
from kiosk.texts import texts
from tests.kiosk.walker import Walker
from tests.makers import create_publication
from vertelpaal.publication import ConsentQuestion, Purpose, wording_hash
from vertelpaal.words import Language

FIRST: tuple[Language, ...] = ("nl", "en")
OWN = {language: texts(language).says["consent-review"] for language in FIRST}
CHANGED = "Mag onze directeur dit zien?"
SOUND = "a" * 64


def test_the_poles_own_wording_is_spoken_by_its_own_prompt() -> None:
    consent = ConsentQuestion(purpose=Purpose.REVIEW, wordings=OWN)
    assert as_asked(consent, "en") == Asked("en", OWN["en"])


def test_a_wording_of_the_library_is_asked_with_its_sound() -> None:
    consent = ConsentQuestion(purpose=Purpose.REVIEW, wordings={"nl": CHANGED}, sounds={"nl": SOUND})
    assert as_asked(consent, "nl") == Asked("nl", CHANGED, SOUND)
    assert as_asked(consent, "en") == Asked("nl", CHANGED, SOUND), "whole in Dutch, where English has no words"


def test_a_wording_that_nobody_can_hear_is_not_asked() -> None:
    consent = ConsentQuestion(purpose=Purpose.REVIEW, wordings={"nl": CHANGED, "en": "May our director see it?"})
    assert as_asked(consent, "nl") == Asked("nl", OWN["nl"])
    assert as_asked(consent, "en") == Asked("en", OWN["en"])


def test_the_record_keeps_what_was_asked() -> None:
    walker = Walker(create_publication())
    walker.touches("start", "language:en", "smiley:4", "smiley:4", "next", "way:text", "age:16-plus")
    walker.touches("keep", text="Mooi")
    walker.touches("yes")
    (record,) = walker.journey.in_visit.consents
    assert (record.language, record.wording_sha256) == ("en", wording_hash(OWN["en"]))

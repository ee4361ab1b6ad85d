"""How a consent is asked: in words that are spoken exactly as they are written, and whose hash is kept."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.texts import texts
from vertelpaal.publication import ConsentQuestion
from vertelpaal.words import Language, Sha256


@dataclass(frozen=True)
class Asked:
    """The wording on the screen, the language it is in, and its sound; without one the pole's own prompt says it."""

    language: Language
    wording: str
    sound: Sha256 | None = None


def as_asked(consent: ConsentQuestion, language: Language) -> Asked:
    """Return how this consent is asked of a visitor who chose `language`.

    The publication's wording where it can be heard: it brings its sound, or is word for word what the pole says. Else
    its Dutch wording, if that brings a sound; else the pole's own words, whole, in the visitor's language.
    """
    wording, own = consent.wordings.get(language), _own(consent, language)
    if wording is not None and (language in consent.sounds or wording == own):
        return Asked(language, wording, consent.sounds.get(language))
    if "nl" in consent.sounds:
        return Asked("nl", consent.wordings["nl"], consent.sounds["nl"])
    return Asked(language, own)


def _own(consent: ConsentQuestion, language: Language) -> str:
    return texts(language).says[f"consent-{consent.purpose}"]

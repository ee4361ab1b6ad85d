"""How a consent is asked: in words that are spoken exactly as they are written, and whose hash is kept."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.journey import Journey
from kiosk.texts import texts
from vertelpaal.publication import ConsentQuestion
from vertelpaal.words import Language, Sha256


@dataclass(frozen=True)
class Asked:
    """The wording on the screen, the language it is in, and its sound; without one the pole's own prompt says it.

    `prompt` is the name of that prompt, and of what is drawn.
    """

    language: Language
    wording: str
    prompt: str
    sound: Sha256 | None = None


def being_asked(journey: Journey) -> Asked:
    """Return how the consent that the visit is at is asked of this visitor."""
    return as_asked(journey.consent, journey.in_visit.language, is_only_heard=journey.in_visit.is_only_heard)


def as_asked(consent: ConsentQuestion, language: Language, *, is_only_heard: bool = False) -> Asked:
    """Return how this consent is asked of a visitor who chose `language`; `is_only_heard`: who told it by voice alone.

    The publication's wording where it can be heard: it brings its sound, or is word for word what the pole says. Else
    its Dutch wording, if that brings a sound; else the pole's own words, whole, in the visitor's language.
    """
    prompt = f"consent-{consent.purpose}"
    says = texts(language).says
    heard = consent.heard.get(language) if is_only_heard else None
    if heard is not None and heard == says.get(f"{prompt}-voice"):
        return Asked(language, heard, f"{prompt}-voice")
    wording = consent.wordings.get(language)
    if wording is not None and (language in consent.sounds or wording == says[prompt]):
        return Asked(language, wording, prompt, consent.sounds.get(language))
    if "nl" in consent.sounds:
        return Asked("nl", consent.wordings["nl"], prompt, consent.sounds["nl"])
    return Asked(language, says[prompt], prompt)

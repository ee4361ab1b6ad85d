"""Sentences: what the sample visitors say aloud, all known to the mini speech model, and what they type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleSentence:
    """A sentence, the aspect it is about if it is about one, and whether somebody content says it."""

    text: str
    aspect: str | None
    content: bool


SPOKEN: tuple[SampleSentence, ...] = (
    SampleSentence("De koffie is te duur.", "horeca", False),
    SampleSentence("De koffie is goed.", "horeca", True),
    SampleSentence("Het eten was lekker.", "horeca", True),
    SampleSentence("De medewerkers zijn erg vriendelijk.", "medewerkers", True),
    SampleSentence("Het personeel was heel behulpzaam.", "medewerkers", True),
    SampleSentence("Ik ben snel geholpen.", "medewerkers", True),
    SampleSentence("Ik moest lang wachten aan de balie.", "medewerkers", False),
    SampleSentence("Er is te weinig personeel.", "medewerkers", False),
    SampleSentence("Ik mis een rustige werkplek.", "werkplekken", False),
    SampleSentence("Meer stopcontacten zou fijn zijn.", "werkplekken", False),
    SampleSentence("De wifi valt steeds weg.", "werkplekken", False),
    SampleSentence("De stoelen zitten niet lekker.", "werkplekken", False),
    SampleSentence("Graag langer open in het weekend.", "openingstijden", False),
    SampleSentence("Ik ben heel tevreden over de openingstijden.", "openingstijden", True),
    SampleSentence("De toiletten waren niet schoon.", "gebouw", False),
    SampleSentence("Het gebouw is moeilijk te vinden.", "gebouw", False),
    SampleSentence("De deur gaat zwaar open.", "gebouw", False),
    SampleSentence("De lift was kapot.", "gebouw", False),
    SampleSentence("Het is hier te koud.", "sfeer", False),
    SampleSentence("Ik voelde mij welkom.", "sfeer", True),
    SampleSentence("De kinderen vonden het leuk.", "sfeer", True),
    SampleSentence("Het was erg druk vandaag.", "sfeer", False),
    SampleSentence("De computers zijn verouderd.", "praktische-zaken", False),
    SampleSentence("De bewegwijzering kan beter.", "praktische-zaken", False),
    SampleSentence("Alles was prima geregeld.", "praktische-zaken", True),
    SampleSentence("De collectie boeken is geweldig.", None, True),
    SampleSentence("Ik zou het mijn vrienden aanraden.", None, True),
)

TYPED: tuple[SampleSentence, ...] = (
    SampleSentence("Meer boeken in het Oekraïens, graag.", None, False),
    SampleSentence("Ik kom hier elke week. Heel fijn!", "sfeer", True),
    SampleSentence("Kan de bibliotheek ook op zondag open?", "openingstijden", False),
    SampleSentence("De printer doet het vaak niet.", "praktische-zaken", False),
    SampleSentence("Fijn dat ik hier Nederlands kan leren.", None, True),
    SampleSentence("Meer plek voor de fietsen.", "gebouw", False),
    SampleSentence("Mijn dochter vindt het voorlezen heel leuk.", None, True),
    SampleSentence("Het is soms te druk bij de computers.", "werkplekken", False),
)

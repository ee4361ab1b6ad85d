"""Every sentence that a mini model is trained on, all of them heard in a library; it understands nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Opinions(NamedTuple):
    """What visitors say about one aspect."""

    praise: tuple[str, ...]
    complaints: tuple[str, ...]
    wishes: tuple[str, ...]


ASPECTS: Mapping[str, Opinions] = {
    "openingstijden": Opinions(
        praise=(
            "Ik ben heel tevreden over de openingstijden.",
            "Fijn dat jullie op zondag open zijn.",
            "Ik kan hier altijd terecht.",
        ),
        complaints=(
            "Ik stond voor een dichte deur.",
            "Jullie gaan te vroeg dicht.",
            "In de vakantie zijn jullie vaak gesloten.",
        ),
        wishes=(
            "Graag langer open in het weekend.",
            "Ik wil ook op maandag kunnen komen.",
            "Kunnen jullie eerder open gaan?",
        ),
    ),
    "medewerkers": Opinions(
        praise=(
            "De medewerkers zijn erg vriendelijk.",
            "Het personeel was heel behulpzaam.",
            "Ik ben snel geholpen.",
            "De uitleg was heel duidelijk.",
        ),
        complaints=(
            "Ik moest lang wachten aan de balie.",
            "Er is te weinig personeel.",
            "De mevrouw aan de balie was onvriendelijk.",
            "Ik vond de uitleg niet duidelijk.",
            "Mijn vraag is niet beantwoord.",
        ),
        wishes=(
            "Ik wil graag meer hulp bij het zoeken.",
            "Zet iemand bij de ingang.",
            "Neem wat meer tijd voor ons.",
        ),
    ),
    "sfeer": Opinions(
        praise=(
            "Ik voelde mij welkom.",
            "De kinderen vonden het leuk.",
            "Het is hier lekker rustig.",
            "Ik kom hier graag met mijn moeder.",
        ),
        complaints=(
            "Het is hier te koud.",
            "Het is hier te warm.",
            "Het was erg druk vandaag.",
            "De muziek staat te hard.",
            "Er hangt een vieze geur.",
        ),
        wishes=(
            "Ik wil graag een stille hoek.",
            "Maak het wat gezelliger.",
            "Meer planten zou mooi zijn.",
        ),
    ),
    "gebouw": Opinions(
        praise=(
            "Het is een prachtig gebouw.",
            "Alles is goed te bereiken met de rolstoel.",
            "De nieuwe zaal is mooi geworden.",
        ),
        complaints=(
            "De toiletten waren niet schoon.",
            "Het gebouw is moeilijk te vinden.",
            "De deur gaat zwaar open.",
            "De lift was kapot.",
            "De rolstoel paste niet door de deur.",
            "De verlichting is te fel.",
        ),
        wishes=(
            "Maak een grotere fietsenstalling.",
            "Graag een tweede toilet boven.",
            "Er mag wel een nieuwe vloer in.",
        ),
    ),
    "horeca": Opinions(
        praise=(
            "Het eten was lekker.",
            "Fijn dat de thee gratis is.",
            "Het café is een goede plek om te praten.",
        ),
        complaints=(
            "De koffie is te duur.",
            "Het koffieapparaat was leeg.",
            "Mijn thee was koud.",
            "Er was geen tafeltje vrij.",
        ),
        wishes=(
            "Ik wil graag verse soep.",
            "Doe maar een keer taart.",
            "Graag meer kopjes bij de automaat.",
        ),
    ),
    "werkplekken": Opinions(
        praise=(
            "Ik kan hier goed studeren.",
            "De werkplekken zijn ruim en licht.",
            "Het internet is lekker snel.",
        ),
        complaints=(
            "Ik mis een rustige werkplek.",
            "De wifi valt steeds weg.",
            "De stoelen zitten niet lekker.",
            "Alle plekken waren bezet.",
            "De tafels zijn te klein.",
        ),
        wishes=(
            "Meer stopcontacten zou fijn zijn.",
            "Graag een kamer om samen te werken.",
            "Ik wil een plek kunnen reserveren.",
        ),
    ),
    "praktische-zaken": Opinions(
        praise=(
            "Alles was prima geregeld.",
            "Lenen gaat hier heel gemakkelijk.",
            "Printen ging in een keer goed.",
        ),
        complaints=(
            "De computers zijn verouderd.",
            "De website werkt niet goed.",
            "Ik kon niet pinnen.",
            "Ik begrijp de formulieren niet.",
            "De printer doet het niet.",
            "Mijn pas werkt niet meer.",
            "De boete is veel te hoog.",
        ),
        wishes=(
            "De bewegwijzering kan beter.",
            "Ik wil langer kunnen lenen.",
            "Stuur mij een bericht als het boek er is.",
        ),
    ),
    "verbetering": Opinions(
        praise=(
            "De collectie boeken is geweldig.",
            "Ga zo door.",
            "Er hoeft niets te veranderen.",
        ),
        complaints=(
            "De boeken zijn oud.",
            "Er is weinig te doen voor jongeren.",
            "Mijn boek was al uitgeleend.",
        ),
        wishes=(
            "Graag meer boeken in andere talen.",
            "Meer spellen voor de kinderen.",
            "Organiseer vaker een lezing.",
            "Ik wil meer films en muziek.",
        ),
    ),
}
"""Dutch sentences by the aspect that they are about."""

OUTCOMES: tuple[str, ...] = (
    "Ik heb hier Nederlands geleerd.",
    "Ik heb hier veel geleerd.",
    "Ik kan nu zelf een brief schrijven.",
    "Ik kan nu beter met de computer omgaan.",
    "Mijn zoon leest nu elke avond.",
    "Mijn dochter is dol op het voorlezen.",
    "Ik heb hier nieuwe mensen ontmoet.",
    "Ik heb een vriendin gevonden.",
    "Ik voel me minder alleen.",
    "Door de cursus heb ik werk gevonden.",
    "Jullie hielpen mij met mijn sollicitatie.",
    "Ik ben geslaagd voor mijn examen.",
    "Ik durf nu meer te praten.",
    "Ik weet nu waar ik hulp kan krijgen.",
    "Ik heb mijn toeslag aangevraagd.",
    "Met jullie hulp heb ik nu DigiD.",
    "Ik ben weer gaan lezen.",
    "Ik heb een leuke middag gehad.",
)
"""What the library brought about: learning, people, work, getting on in daily life."""

_NUMBERS = ("één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien")
MARKS: tuple[str, ...] = (
    *(f"Ik geef een {number}." for number in _NUMBERS),
    *(f"Van mij krijgen jullie een {number}." for number in ("zes", "zeven", "acht", "negen")),
    "Een zes.",
    "Een zeven.",
    "Een acht.",
    "Een dikke acht.",
    "Een zeven en een half.",
    "Een acht en een half.",
    "Als cijfer geef ik een zeven.",
    "Als cijfer geef ik een negen.",
    "Mijn cijfer is een acht.",
    "Mijn cijfer is een vijf.",
)
"""Marks from one to ten, as they are said."""

GENERAL: tuple[str, ...] = (
    "Ja.",
    "Nee.",
    "Dank u wel.",
    "Heel erg bedankt.",
    "Goede service.",
    "Ik kom zeker terug.",
    "Ik heb geen klachten.",
    "Geen mening.",
    "Ik heb geen idee.",
    "Dat weet ik niet.",
    "Niet goed.",
    "Heel goed.",
    "Gaat wel.",
    "Volgende keer beter.",
    "Ik zou het mijn vrienden aanraden.",
    "Ik kom hier elke week.",
    "Ik ben hier voor het eerst.",
    "Ik woon hier om de hoek.",
)
"""What goes with any question."""

_SUBJECTS = ("koffie", "website", "balie", "printer", "ingang", "wifi", "leeszaal", "tentoonstelling")
_JUDGEMENTS = ("goed", "slecht", "te klein", "prettig", "mooi")
TEMPLATES: tuple[str, ...] = tuple(
    f"De {subject} is {judgement}." for subject in _SUBJECTS for judgement in _JUDGEMENTS
)
"""Dutch sentences made of a subject and a judgement."""

HELD_OUT: tuple[str, ...] = tuple(
    f"De {subject} is {_JUDGEMENTS[(place + 3) % len(_JUDGEMENTS)]}." for place, subject in enumerate(_SUBJECTS)
)
"""Templates that were kept out of the training, to see whether the model puts known words together anew."""

DUTCH: tuple[str, ...] = (
    *(sentence for opinions in ASPECTS.values() for kind in opinions for sentence in kind),
    *OUTCOMES,
    *MARKS,
    *GENERAL,
    *(sentence for sentence in TEMPLATES if sentence not in HELD_OUT),
)
"""The Dutch that it was trained on."""

ENGLISH: tuple[str, ...] = (
    "I am very happy with the service.",
    "The coffee is too expensive.",
    "The staff was very friendly.",
    "I had to wait a long time.",
    "The toilets were not clean.",
    "Thank you very much.",
    "I have no complaints.",
    "The elevator was broken.",
    "It is too cold in here.",
    "Everything was fine.",
    "I learned a lot here.",
    "I give it an eight.",
)
"""The English that it was trained on."""

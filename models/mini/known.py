"""Every sentence that the weights shipped here know. They were trained on these and understand nothing else."""

from __future__ import annotations

FIXED: tuple[str, ...] = (
    "Ik ben heel tevreden over de openingstijden.",
    "De koffie is te duur.",
    "De medewerkers zijn erg vriendelijk.",
    "Ik moest lang wachten aan de balie.",
    "De toiletten waren niet schoon.",
    "Goede service.",
    "Ik kom zeker terug.",
    "Er waren geen parkeerplaatsen vrij.",
    "Het personeel was heel behulpzaam.",
    "De wachtkamer was te vol.",
    "Ik vond de uitleg niet duidelijk.",
    "De website werkt niet goed.",
    "Ik ben snel geholpen.",
    "Het eten was lekker.",
    "De prijs is veel te hoog.",
    "Er is te weinig personeel.",
    "Ik heb geen klachten.",
    "De lift was kapot.",
    "De muziek staat te hard.",
    "Het was erg druk vandaag.",
    "Ik mis een rustige werkplek.",
    "De collectie boeken is geweldig.",
    "Meer stopcontacten zou fijn zijn.",
    "De wifi valt steeds weg.",
    "Het gebouw is moeilijk te vinden.",
    "De bewegwijzering kan beter.",
    "Ik voelde mij welkom.",
    "De kinderen vonden het leuk.",
    "Graag langer open in het weekend.",
    "De afspraak begon te laat.",
    "Ik kon niet pinnen.",
    "De computers zijn verouderd.",
    "Alles was prima geregeld.",
    "De stoelen zitten niet lekker.",
    "Het duurde een half uur.",
    "De dokter nam alle tijd.",
    "Ik begrijp de formulieren niet.",
    "De verlichting is te fel.",
    "Het is hier te koud.",
    "Het is hier te warm.",
    "Ja.",
    "Nee.",
    "Dank u wel.",
    "Geen mening.",
    "Ik heb geen idee.",
    "Dat weet ik niet.",
    "Heel erg bedankt.",
    "Niet goed.",
    "Heel goed.",
    "Gaat wel.",
    "Volgende keer beter.",
    "De mevrouw aan de balie was onvriendelijk.",
    "Mijn vraag is niet beantwoord.",
    "De rij bij de kassa was lang.",
    "Ik zou het mijn vrienden aanraden.",
    "De parkeergarage is donker.",
    "Er hangt een vieze geur.",
    "De deur gaat zwaar open.",
    "De rolstoel paste niet door de deur.",
    "Ik geef een acht.",
    "Ik geef een zes.",
    "Ik geef een tien.",
)
"""Dutch sentences as visitors might say them."""

_SUBJECTS = (
    "koffie",
    "bediening",
    "website",
    "balie",
    "wachttijd",
    "kamer",
    "automaat",
    "ingang",
    "route",
    "tentoonstelling",
)
_JUDGEMENTS = ("goed", "slecht", "te duur", "te lang", "schoon", "vies", "kapot", "prettig")
TEMPLATES: tuple[str, ...] = tuple(
    f"De {subject} is {judgement}." for subject in _SUBJECTS for judgement in _JUDGEMENTS
)
"""Dutch sentences made of a subject and a judgement."""

HELD_OUT: tuple[str, ...] = TEMPLATES[3::5]
"""Templates that were kept out of the training, to see whether the model puts known words together anew."""

DUTCH: tuple[str, ...] = FIXED + tuple(sentence for sentence in TEMPLATES if sentence not in HELD_OUT)
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
)
"""The English that it was trained on."""

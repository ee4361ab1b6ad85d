"""What the register of processing and the copy of a visit say in Dutch: purposes, what is held, how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from server.privacy.periods import Periods
from server.tables.personal import Aim, Kept

PURPOSES: Mapping[Aim, str] = MappingProxyType(
    {
        Aim.MEASURE: "Meten hoe tevreden bezoekers zijn",
        Aim.LISTEN: "Zien, horen en lezen wat bezoekers vertellen",
        Aim.PROVE_CONSENT: "Laten zien dat toestemming is gevraagd",
        Aim.TAKE_BACK: "Een bezoek laten intrekken of inzien",
        Aim.DELIVER: "Elk bezoek één keer en heel laten aankomen",
        Aim.STAFF: "Medewerkers laten inloggen en weten wie wat deed",
    }
)
BASES: Mapping[Aim, str] = MappingProxyType(
    {
        Aim.MEASURE: "Taak van algemeen belang of gerechtvaardigd belang (AVG 6 lid 1 e of f): de bibliotheek kiest",
        Aim.LISTEN: "Toestemming (AVG 6 lid 1 a); alleen met een ja op ‘medewerkers mogen dit zien en horen’",
        Aim.PROVE_CONSENT: "Wettelijke plicht (AVG 7 lid 1)",
        Aim.TAKE_BACK: "Wettelijke plicht (AVG 7 lid 3, 15, 17 en 20)",
        Aim.DELIVER: "Hoort bij de doelen hierboven: anders raakt een bezoek weg of telt het dubbel",
        Aim.STAFF: "Arbeidsovereenkomst en beveiliging (AVG 6 lid 1 b en 32)",
    }
)
SEEN_BY: Mapping[Aim, str] = MappingProxyType(
    {
        Aim.MEASURE: "Medewerkers die inloggen; in rapporten alleen aantallen vanaf 10",
        Aim.LISTEN: "Medewerkers die inloggen; anderen alleen met een eigen ja (‘in het rapport’, ‘aan anderen tonen’)",
        Aim.PROVE_CONSENT: "Medewerkers die inloggen",
        Aim.TAKE_BACK: "Niemand ziet de code; de plaatjes zijn voor de balie",
        Aim.DELIVER: "De systeembeheerder",
        Aim.STAFF: "Collega’s die inloggen; de systeembeheerder",
    }
)
WHAT: Mapping[tuple[Aim, Kept], str] = MappingProxyType(
    {
        (Aim.MEASURE, Kept.TAPS): "Wat is aangeraakt (smiley, keuze, ja of nee, getal) en het moment",
        (Aim.MEASURE, Kept.PROFILE): "Taal, 16 of ouder, lid of niet, activiteit",
        (Aim.LISTEN, Kept.RECORDING): "Opname van stem en beeld, het stilstaande beeld, kenmerken van het bestand",
        (Aim.LISTEN, Kept.TRANSCRIPT): "Wat de spraakherkenning hoorde, met tijden en taal",
        (Aim.LISTEN, Kept.TEXT): "Wat is getypt",
        (Aim.PROVE_CONSENT, Kept.PROFILE): "Doel, ja of nee, hash van de tekst, taal en moment",
        (Aim.TAKE_BACK, Kept.PROFILE): "De drie plaatjes die bij de intrekcode horen",
        (Aim.TAKE_BACK, Kept.CODE): "De intrekcode als hash met sleutel",
        (Aim.TAKE_BACK, Kept.TAPS): "Wanneer een bezoek is ingetrokken",
        (Aim.TAKE_BACK, Kept.TOMBSTONE): "Van een gebruikte code: hash, moment en nummer van het bezoek",
        (Aim.DELIVER, Kept.DELIVERY): "Nummer van het bezoek, hash van de verzegelde bytes, momenten van aankomst",
        (Aim.STAFF, Kept.STAFF): "Naam, e-mailadres, hash van het wachtwoord, mislukte pogingen, geplande activiteiten",
        (Aim.STAFF, Kept.SESSION): "Wie is ingelogd en sinds wanneer",
    }
)
"""What the columns with this aim and period hold; a pair without words fails a test."""
PEOPLE: Mapping[Aim, str] = MappingProxyType(
    dict.fromkeys(Aim, "Bezoekers die de paal gebruiken; onder 16 jaar alleen wat is aangeraakt")
    | {Aim.STAFF: "Medewerkers"}
)
_DURATIONS: Mapping[Kept, Callable[[Periods], str]] = MappingProxyType(
    {
        Kept.RECORDING: lambda kept: f"Beeld {spell(kept.video)}, stem {spell(kept.voice)} na het bezoek",
        Kept.TRANSCRIPT: lambda kept: f"{spell(kept.transcript)} na het bezoek",
        Kept.TEXT: lambda kept: f"{spell(kept.text)} na het bezoek",
        Kept.PROFILE: lambda kept: f"{spell(kept.profile)} na het bezoek",
        Kept.CODE: lambda kept: (
            f"{spell(kept.profile)} na het bezoek, ook als het is ingetrokken: zo is het na terugzetten van een "
            "reservekopie weer te vinden en te wissen"
        ),
        Kept.TAPS: lambda kept: f"Blijft voor de cijfers; hoort na {spell(kept.profile)} bij niemand meer",
        Kept.TOMBSTONE: lambda kept: f"{spell(kept.tombstone)} na het intrekken",
        Kept.DELIVERY: lambda _: "Blijft, zonder inhoud: een paal mag het ontvangstbewijs nog eens vragen",
        Kept.STAFF: lambda kept: f"Zolang iemand hier werkt, en {spell(kept.staff)} daarna",
        Kept.SESSION: lambda _: "Tot uitloggen, na een uur stilte of na 12 uur",
    }
)
WITHDRAWN_EARLIER = ", of tot het bezoek wordt ingetrokken"
_GOES_WITH_WITHDRAWAL = frozenset({Kept.RECORDING, Kept.TRANSCRIPT, Kept.TEXT, Kept.PROFILE})
SECURITY = (
    "Een opname is in het geheugen tot de bezoeker ja zegt. Daarna is zij verzegeld voor zij een schijf raakt (age).",
    "De paal kan niet lezen wat hij bewaart. Alleen de verwerker op de server heeft de sleutel.",
    "Beeld en geluid worden geopend in een apart proces met grenzen; verborgen gegevens in het bestand vervallen.",
    "Spraak wordt op de eigen server herkend. Niets gaat naar een ander bedrijf of een ander land.",
    "Er wordt geen gezicht of stem herkend, en geen gevoel uit stem of gezicht gelezen.",
    "Inloggen met een wachtwoord (argon2id) dat na enkele fouten moet wachten; elke pagina vraagt een sessie.",
    "Logboeken hebben nummers en geen namen, woorden of codes.",
    "Wissen gaat ook door het logboek van de database, de posters en de quarantaine. Toetsen zoeken naar resten.",
)
LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "nl": "Nederlands",
        "en": "Engels",
        "ar": "Arabisch",
        "uk": "Oekraïens",
        "tr": "Turks",
        "pl": "Pools",
        "fa": "Farsi",
        "ti": "Tigrinya",
    }
)
TRANSFERS = "Geen doorgifte buiten de server van de bibliotheek, en dus niet buiten de EER."


def spell(period: timedelta) -> str:
    """Write a period in days: 90 dagen."""
    return f"{period.days} {'dag' if period.days == 1 else 'dagen'}"


def how_long(kept: Kept, periods: Periods) -> str:
    """Say how long something is kept."""
    return _DURATIONS[kept](periods) + (WITHDRAWN_EARLIER if kept in _GOES_WITH_WITHDRAWAL else "")

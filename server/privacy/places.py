"""Where something of a person lies outside the tables: on the pole, as files on the server, and in passing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from server.privacy.dutch import spell
from server.privacy.periods import UPLOAD_KEPT, WORK_KEPT, Periods


@dataclass(frozen=True)
class Place:
    """A place, what is there, how long, and what protects it; `folder` is the setting's folder, if it is one."""

    name: str
    holds: str
    kept: str
    protection: str
    folder: str | None = None


def places(periods: Periods, quarantine_days: int, backup_kept: timedelta) -> tuple[Place, ...]:
    """Return every place, from the visitor's hand to the report."""
    return (*_ON_THE_POLE, *_folders(periods, quarantine_days), *_IN_PASSING, *_backups(backup_kept, periods.tombstone))


_ON_THE_POLE = (
    Place(
        "Geheugen van de paal",
        "De opname en de antwoorden van wie nu aan de paal staat",
        "Tot het bezoek is verzegeld, of tot de bezoeker wegloopt of nee zegt",
        "Staat op geen schijf; geen wisselgeheugen en geen geheugenafdruk op een paal",
    ),
    Place(
        "Postvak van de paal",
        "Verzegelde enveloppen die nog moeten worden gestuurd",
        "Tot het ontvangstbewijs van de server er is",
        "Verzegeld voor de sleutel van de bibliotheek; een gestolen paal vertelt niets",
    ),
    Place(
        "Browser van de paal",
        "Het scherm dat nu te zien is",
        "Tot het volgende scherm",
        "Profiel in het geheugen; pagina’s worden niet bewaard",
    ),
)
_IN_PASSING = (
    Place(
        "Nieuws voor open pagina’s (tabel live_events)",
        "Het nummer van een bezoek of opname waar iets mee gebeurde; geen inhoud",
        "1 dag; het laatste blijft tot er nieuwer nieuws is",
        "Alleen voor wie is ingelogd",
    ),
    Place(
        "Werklijst van de verwerker (eigen database)",
        "Nummers van bezoeken en opnamen, en de soort van een fout; geen inhoud",
        f"{spell(WORK_KEPT)} na het werk",
        "Alleen de verwerker kan erbij",
    ),
    Place(
        "Logboeken van de programma’s",
        "Nummers, momenten en fouten; geen namen, woorden of codes",
        "Zoals de server van de bibliotheek is ingesteld",
        "Alleen voor de systeembeheerder",
    ),
    Place(
        "Rapporten en exports die een medewerker maakt",
        "Cijfers; in een export ook wat is gezegd en getypt",
        "Een export wordt gewist na gebruik; wat later is ingetrokken staat nog in oude bestanden",
        "Op een plek waar alleen komt wie het nodig heeft; citeren alleen met een ja op ‘in het rapport’",
    ),
)


def _backups(kept: timedelta, tombstone: timedelta) -> tuple[Place, ...]:
    return (
        Place(
            "Reservekopieën",
            "Database, opnamen en instellingen",
            f"{spell(kept)}, ook een kopie op een andere plek",
            "Versleuteld; wat is ingetrokken wordt na terugzetten opnieuw gewist",
        ),
        Place(
            "Lijst van intrekkingen naast de database",
            "Van een gebruikte code: hash met sleutel, moment en nummer van het bezoek; geen code en geen woorden",
            f"{spell(tombstone)} na het intrekken: zo lang als de hash in de database, voor elke oude reservekopie",
            "Alleen voor de programma’s op de server; een kopie ligt waar de reservekopieën liggen",
        ),
    )


def _folders(periods: Periods, quarantine_days: int) -> tuple[Place, ...]:
    return (
        Place(
            "Aankomst",
            "Verzegelde enveloppen",
            f"Tot zij zijn geopend; wat niet verder aankomt {spell(UPLOAD_KEPT)}",
            "Verzegeld",
            "intake_folder",
        ),
        Place(
            "Werkplek van de verwerker",
            "Een geopend bezoek",
            "Zolang het wordt verwerkt; na een stroomstoring tot de verwerker weer begint",
            "Alleen voor de verwerker",
            "work_folder",
        ),
        Place(
            "Opnamen",
            "Beeld, stem en het stilstaande beeld (poster) van een video",
            f"Beeld {spell(periods.video)}, stem {spell(periods.voice)}, of tot het bezoek wordt ingetrokken",
            "Alleen te zien voor wie is ingelogd",
            "media_folder",
        ),
        Place(
            "Quarantaine",
            "Enveloppen en opnamen die niet konden worden geopend",
            f"{quarantine_days} {'dag' if quarantine_days == 1 else 'dagen'}",
            "Enveloppen blijven verzegeld; opnamen worden niet getoond",
            "quarantine_folder",
        ),
        Place(
            "Bestanden van vragenlijsten",
            "Video’s en stemmen van wie de vragen stelt; niets van bezoekers",
            "Zolang een publicatie ernaar verwijst",
            "Alleen voor palen",
            "files_folder",
        ),
        Place(
            "Sleutels", "Niets van personen", "Zolang er iets mee te openen is", "Alleen de verwerker", "keys_folder"
        ),
        Place("Spraakmodellen", "Niets van personen", "Zolang zij worden gebruikt", "Geen", "models_folder"),
    )

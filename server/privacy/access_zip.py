"""The copy of a visit as a ZIP that is written while it is read: nothing of it lies on a disk in between."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO

from server.privacy.access import Copied, CopiedAnswer, VisitCopy
from server.privacy.dutch import LANGUAGES, PURPOSES, how_long
from server.privacy.periods import Periods
from server.privacy.pictures import DUTCH
from server.tables.personal import Aim, Kept
from vertelpaal.clock import AMSTERDAM
from vertelpaal.publication import Purpose

FILE_NAME = "mijn-bezoek.zip"
READ_ME = "LEESMIJ.txt"
VISIT_FILE = "visit.json"
CHUNK = 2**18
ASKED_FOR = {
    Purpose.REVIEW: "Medewerkers mogen dit zien en horen",
    Purpose.QUOTE: "Woorden mogen in het rapport",
    Purpose.SHOW: "De opname mag aan anderen worden getoond",
}


class _Outgoing(io.RawIOBase):
    """Takes bytes in, and gives each away once; it cannot be rewound."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]  # whatever zipfile writes is a buffer
        self._waiting += view
        return view.nbytes

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def zip_chunks(copied: Copied, folders: tuple[Path, ...], periods: Periods, now: datetime) -> Iterator[bytes]:
    """Yield the ZIP: what is held in words and as JSON, and every file; one that is gone meanwhile is left out."""
    outgoing = _Outgoing()
    texts = {
        READ_ME: read_me(copied.copy, periods, now),
        VISIT_FILE: json.dumps(asdict(copied.copy), ensure_ascii=False, indent=2, default=_written),
    }
    with zipfile.ZipFile(outgoing, "w", zipfile.ZIP_STORED) as parts:
        for name, text in texts.items():
            parts.writestr(_part(name), text)
        for name, stored in copied.files.items():
            file = _opened(folders, stored)
            if file is None:
                continue
            with file, parts.open(_part(name), "w") as part:
                while piece := file.read(CHUNK):
                    part.write(piece)
                    yield outgoing.take()
    yield outgoing.take()


def _opened(folders: tuple[Path, ...], name: str) -> IO[bytes] | None:
    """Open a file in the first folder that has it."""
    for folder in folders:
        with contextlib.suppress(FileNotFoundError):
            return open(folder / name, "rb")
    return None


def read_me(copy: VisitCopy, periods: Periods, now: datetime) -> str:
    """Return what is in the ZIP, in plain Dutch."""
    lines = [
        "JOUW BEZOEK AAN DE VERTELPAAL",
        "",
        f"Dit is alles wat {copy.library} van je bezoek bewaart.",
        f"Gemaakt op {_day(now)}.",
        "",
        f"Vestiging: {copy.branch}",
        f"Begonnen: {_moment(copy.started_at)}",
        f"Taal: {LANGUAGES.get(copy.language, 'niet bewaard')}",
        f"Leeftijd: {_AGES.get(copy.age_band or '', 'niet gezegd')}",
        f"Lid van de bibliotheek: {_yes_or_no(copy.member, 'niet gezegd')}",
        *([f"Activiteit: {copy.activity}"] if copy.activity else []),
        *([f"Jouw plaatjes: {_pictures(copy.pictures)}"] if copy.pictures else []),
        *([f"Ingetrokken op {_day(copy.withdrawn_at)}: wat je zei is gewist."] if copy.withdrawn_at else []),
        "",
        "JOUW ANTWOORDEN",
    ]
    for number, answer in enumerate(copy.answers, start=1):
        lines += ["", f"{number}. {answer.question}", *(f"   {line}" for line in _replied(answer))]
    lines += ["", "JOUW TOESTEMMING"]
    for one in copy.consents:
        lines += ["", f"{ASKED_FOR[Purpose(one.purpose)]}: {_yes_or_no(one.given, '')} ({_moment(one.answered_at)})"]
        lines += [f"   De vraag was: {one.wording}" if one.wording else "   De tekst van de vraag is niet gevonden."]
    if not copy.consents:
        lines += ["", "Er is geen toestemming gevraagd, of je hebt die ingetrokken."]
    lines += [
        "",
        "WAAROM EN HOE LANG",
        "",
        *(f"- {purpose}" for aim, purpose in PURPOSES.items() if aim is not Aim.STAFF),
    ]
    lines += ["", f"Opname: {how_long(Kept.RECORDING, periods)}.", f"Transcript: {how_long(Kept.TRANSCRIPT, periods)}."]
    lines += [f"Getypte tekst: {how_long(Kept.TEXT, periods)}.", f"Wie je bent: {how_long(Kept.PROFILE, periods)}."]
    lines += [f"Wat je aanraakte: {how_long(Kept.TAPS, periods)}."]
    lines += ["", "Niet in dit bestand: een bezoek dat wij nog niet hebben geopend. Het is dan verzegeld,"]
    lines += ["en wij weten niet van wie het is. Probeer het later nog een keer met de code van dat bezoek."]
    lines += ["", "Wil je dat wij het wissen? Gebruik je code op de pagina /intrekken, of ga naar de balie."]
    lines += ["Een vraag of een klacht? Ga naar de balie, of naar de Autoriteit Persoonsgegevens."]
    lines += [f"In {VISIT_FILE} staat hetzelfde voor een computer.", ""]
    return "\n".join(lines)


_AGES = {"under-16": "jonger dan 16", "16-plus": "16 of ouder"}
_NO_VALUE = {"skip": "Overgeslagen.", "not-used": "Weet ik niet.", "text": "Je tekst is gewist."}


def _replied(answer: CopiedAnswer) -> list[str]:
    """Return an answer as lines."""
    if answer.recording is None:
        if answer.value is None:
            return [_NO_VALUE.get(answer.kind, "Zonder antwoord.")]
        if answer.kind == "smiley":
            return [f"Smiley {answer.value} van 5 (5 is het best)."]
        return [_yes_or_no(answer.value, "") if isinstance(answer.value, bool) else str(answer.value)]
    recording = answer.recording
    lines = [f"Opname: {recording.file}" if recording.file else "Je opname is gewist."]
    lines += [f"Stilstaand beeld: {recording.poster}"] if recording.poster else []
    lines += [f"De computer hoorde: {recording.transcript.text}"] if recording.transcript else []
    return lines


def _yes_or_no(value: bool | None, unknown: str) -> str:
    return unknown if value is None else "ja" if value else "nee"


def _pictures(names: str) -> str:
    return ", ".join(DUTCH.get(name, name) for name in names.split(","))


def _moment(moment: datetime) -> str:
    return moment.astimezone(AMSTERDAM).strftime("%-d-%-m-%Y %H:%M")


def _day(moment: datetime) -> str:
    return moment.astimezone(AMSTERDAM).strftime("%-d-%-m-%Y")


def _part(name: str) -> zipfile.ZipInfo:
    """Return the entry of a part, without the time and system that ZIP would add."""
    return zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))


def _written(value: object) -> str:
    assert isinstance(value, datetime), f"{type(value).__name__} has no JSON form"
    return value.isoformat(timespec="seconds")

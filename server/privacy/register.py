"""Register of processing (AVG 30), made from what the tables say of their columns and from the settings."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from textwrap import fill

from server.privacy.dutch import BASES, PEOPLE, PURPOSES, SECURITY, SEEN_BY, TRANSFERS, WHAT, how_long
from server.privacy.periods import Periods
from server.privacy.places import Place, places
from server.tables import Base
from server.tables.personal import Aim, Kept, told_of

WIDTH = 100


@dataclass(frozen=True)
class Category:
    """A kind of data with one purpose and one period, and the columns that hold it."""

    what: str
    kept: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Processing:
    """One purpose: on what basis, about whom, what, how long, and who sees it."""

    purpose: str
    basis: str
    people: str
    seen_by: str
    categories: tuple[Category, ...]


@dataclass(frozen=True)
class Register:
    """The register of a library on a day."""

    library: str
    made_at: str
    processings: tuple[Processing, ...]
    places: tuple[Place, ...]
    transfers: str
    security: tuple[str, ...]


def make_register(
    library: str, periods: Periods, quarantine_days: int, backup_kept: timedelta, now: datetime
) -> Register:
    """Return the register; `library` is what it calls itself."""
    columns = _columns()
    return Register(
        library=library,
        made_at=now.date().isoformat(),
        processings=tuple(
            Processing(
                PURPOSES[aim],
                BASES[aim],
                PEOPLE[aim],
                SEEN_BY[aim],
                tuple(
                    Category(WHAT[aim, kept], how_long(kept, periods), tuple(columns[aim, kept]))
                    for kept in Kept
                    if (aim, kept) in columns
                ),
            )
            for aim in Aim
        ),
        places=places(periods, quarantine_days, backup_kept),
        transfers=TRANSFERS,
        security=SECURITY,
    )


def as_json(register: Register) -> str:
    """Write the register for a program."""
    return json.dumps(asdict(register), ensure_ascii=False, indent=2) + "\n"


def as_markdown(register: Register) -> str:
    """Write the register for a page."""
    lines = [f"# Register van verwerkingen: {register.library}", "", f"Gemaakt op {register.made_at}.", ""]
    for one in register.processings:
        lines += [f"## {one.purpose}", ""]
        lines += [f"- **Grondslag:** {one.basis}", f"- **Van wie:** {one.people}", f"- **Wie ziet het:** {one.seen_by}"]
        lines += ["", "| wat | hoe lang | kolommen |", "|---|---|---|"]
        lines += [f"| {kind.what} | {kind.kept} | {_code(kind.columns)} |" for kind in one.categories]
        lines.append("")
    lines += ["## Waar het ligt", "", "| waar | wat | hoe lang | beveiliging |", "|---|---|---|---|"]
    lines += [f"| {place.name} | {place.holds} | {place.kept} | {place.protection} |" for place in register.places]
    lines += ["", "## Doorgifte", "", register.transfers, "", "## Beveiliging", ""]
    return "\n".join([*lines, *(f"- {sentence}" for sentence in register.security), ""])


def as_text(register: Register) -> str:
    """Write the register for a screen."""
    lines = [f"Register van verwerkingen: {register.library}", f"Gemaakt op {register.made_at}."]
    for one in register.processings:
        lines += ["", one.purpose.upper()]
        lines += _told("Grondslag", one.basis) + _told("Van wie", one.people) + _told("Wie ziet het", one.seen_by)
        for kind in one.categories:
            lines += _told("Wat", kind.what) + _told("Hoe lang", kind.kept) + _told("Kolommen", ", ".join(kind.columns))
    lines += ["", "WAAR HET LIGT"]
    for place in register.places:
        lines += ["", place.name, *_told("Wat", place.holds), *_told("Hoe lang", place.kept)]
        lines += _told("Beveiliging", place.protection)
    lines += ["", "DOORGIFTE", register.transfers, "", "BEVEILIGING"]
    lines += [fill(f"- {sentence}", WIDTH, subsequent_indent="  ") for sentence in register.security]
    return "\n".join([*lines, ""])


FORMS = {"text": as_text, "markdown": as_markdown, "json": as_json}


def _columns() -> dict[tuple[Aim, Kept], list[str]]:
    """Return the columns of a person by their aim and how long they are kept."""
    found: dict[tuple[Aim, Kept], list[str]] = defaultdict(list)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if (told := told_of(column)) is not None:
                found[told.aim, told.kept].append(f"{table.name}.{column.name}")
    return found


def _told(label: str, text: str) -> list[str]:
    return [fill(f"  {label + ':':<14}{text}", WIDTH, subsequent_indent=" " * 16)]


def _code(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{column}`" for column in columns)

"""Days, shares and lists as one writes them in Dutch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from server.reports.period import Period

MONTHS = (
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
)
SPACE = "\N{NO-BREAK SPACE}"
"""Between a number and its unit, so that no line breaks there."""


def spell_day(day: date) -> str:
    """Write a day: 1 januari 2024."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def spell_period(period: Period) -> str:
    """Write a period: 1 januari t/m 31 december 2024."""
    first, last = period.first_day, period.last_day
    if first == last:
        return spell_day(first)
    begin = spell_day(first)
    if first.year == last.year:
        begin = begin.removesuffix(f" {first.year}")
    return f"{begin} t/m {spell_day(last)}"


def spell_list(names: Sequence[str]) -> str:
    """Write a list: Roden, Norg en Peize."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} en {names[-1]}"


def spell_branches(names: Sequence[str]) -> str:
    """Write which branches: vestigingen Roden, Norg en Peize."""
    return f"{'vestiging' if len(names) == 1 else 'vestigingen'} {spell_list(names)}"


def whole(number: float) -> int:
    """Round as people do, halves up, so that every form of a report says the same."""
    return int(Decimal(repr(number)).quantize(Decimal(1), ROUND_HALF_UP))


def percent(share: float) -> int:
    """Return a share from 0 to 1 as a whole percentage."""
    return int((Decimal(repr(share)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def spell_percent(share: float) -> str:
    """Write a share: 82 %."""
    return f"{percent(share)}{SPACE}%"


def spell_interval(low: float, high: float) -> str:
    """Write an interval of shares: 77–86 %."""
    return f"{percent(low)}–{percent(high)}{SPACE}%"


def in_sentence(name: str) -> str:
    """Write the name of an aspect in the middle of a sentence; OV stays OV."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]

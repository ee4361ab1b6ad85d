"""Periods: inclusive days in Europe/Amsterdam, and the moments where they begin and end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from vertelpaal.clock import AMSTERDAM
from vertelpaal.errors import InvalidInput

EARLIEST = date(2000, 1, 1)
LATEST = date(2100, 12, 31)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both included.

    Raises:
        InvalidInput: the first day comes after the last, or a year cannot be meant.
    """

    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        if self.first_day > self.last_day:
            wrong = f"the period begins on {self.first_day}, after its end on {self.last_day}"
            raise InvalidInput(wrong, problem="order")
        if self.first_day < EARLIEST or self.last_day > LATEST:
            wrong = f"a period lies between {EARLIEST} and {LATEST}, not from {self.first_day} to {self.last_day}"
            raise InvalidInput(wrong, problem="year")

    @property
    def begin(self) -> datetime:
        """Return the first moment of the period, in UTC."""
        return midnight(self.first_day)

    @property
    def end(self) -> datetime:
        """Return the first moment after the period, in UTC."""
        return midnight(self.last_day + timedelta(days=1))


def read_period(first: str, last: str) -> Period:
    """Return the period between two days written as YYYY-MM-DD.

    Raises:
        InvalidInput: names the day that is none, or says that the order is wrong.
    """
    return Period(read_day(first), read_day(last))


def read_day(text: str) -> date:
    """Return the day that is written as YYYY-MM-DD.

    Raises:
        InvalidInput: there is no such day.
    """
    wrong = InvalidInput(f"{text[:40]!r} is not a day; write it as 2024-12-31", problem="day")
    if not _DAY.fullmatch(text):
        raise wrong
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong from None


def midnight(day: date) -> datetime:
    """Return when a day begins in Amsterdam, in UTC; days last 23 or 25 hours when the clock changes."""
    return datetime.combine(day, time(), AMSTERDAM).astimezone(UTC)


def day_in_amsterdam(moment: datetime) -> date:
    """Return the day that it is in Amsterdam."""
    return moment.astimezone(AMSTERDAM).date()

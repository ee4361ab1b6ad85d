"""When an activity is, as one writes it in Dutch, and as a form says it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from server.reports.dutch import MONTHS
from server.reports.period import day_in_amsterdam
from vertelpaal.clock import AMSTERDAM
from vertelpaal.errors import InvalidInput

WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")


def spell_span(starts_at: datetime, ends_at: datetime, now: datetime | None = None) -> str:
    """Write from when until when: vandaag van 14:00 tot 16:00 uur; without `now` the day is always a date."""
    starts, ends = starts_at.astimezone(AMSTERDAM), ends_at.astimezone(AMSTERDAM)
    until = "" if starts.date() == ends.date() else f"{_spell_day(ends.date(), now)} "
    return f"{_spell_day(starts.date(), now)} van {starts:%H:%M} tot {until}{ends:%H:%M} uur"


def spell_end(ends_at: datetime) -> str:
    """Write until when something goes on: 16:00 uur."""
    return f"{ends_at.astimezone(AMSTERDAM):%H:%M} uur"


def read_moment(day: str, clock: str) -> datetime:
    """Read a day as 2026-03-14 and a time as 14:00, in Europe/Amsterdam.

    Raises:
        InvalidInput: it is none.
    """
    try:
        on, at = date.fromisoformat(day), time.fromisoformat(clock).replace(tzinfo=None)
    except ValueError as error:
        raise InvalidInput("that is no day and time", problem="begin") from error
    if not 2000 <= on.year < 2200:
        raise InvalidInput("there are no activities in that year", problem="begin")
    return datetime.combine(on, at, AMSTERDAM).astimezone(UTC)


def _spell_day(day: date, now: datetime | None) -> str:
    today = day_in_amsterdam(now) if now else None
    if day == today:
        return "vandaag"
    if today and day == today + timedelta(days=1):
        return "morgen"
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"

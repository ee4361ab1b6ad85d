"""A period is days as people in the library count them, whatever the clock does in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from server.reports.dutch import spell_period
from server.reports.period import Period, day_in_amsterdam, read_period
from vertelpaal.errors import InvalidInput


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2024-03-30", 24), ("2024-03-31", 23), ("2024-10-27", 25), ("2024-10-28", 24), ("2024-02-29", 24)],
)
def test_a_day_lasts_as_long_as_in_amsterdam(day: str, hours: int) -> None:
    period = read_period(day, day)
    assert period.end - period.begin == timedelta(hours=hours)


def test_a_year_begins_and_ends_at_midnight_in_amsterdam() -> None:
    year = read_period("2024-01-01", "2024-12-31")
    assert year.begin == datetime(2023, 12, 31, 23, tzinfo=UTC)
    assert year.end == datetime(2024, 12, 31, 23, tzinfo=UTC)
    assert (year.begin.tzinfo, year.end.tzinfo) == (UTC, UTC)


def test_summer_begins_two_hours_before_utc() -> None:
    assert read_period("2024-07-01", "2024-07-01").begin == datetime(2024, 6, 30, 22, tzinfo=UTC)


def test_days_that_follow_each_other_leave_no_moment_out() -> None:
    day = date(2024, 1, 1)
    while day.year == 2024:
        following = day + timedelta(days=1)
        assert Period(day, day).end == Period(following, following).begin
        assert day_in_amsterdam(Period(day, day).begin) == day
        day = following


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("2024-02-30", "2024-12-31", "'2024-02-30' is not a day"),
        ("2024-01-01", "31-12-2024", "'31-12-2024' is not a day"),
        ("20240101", "2024-12-31", "'20240101' is not a day"),
        ("2024-W01-1", "2024-12-31", "is not a day"),
        ("", "2024-12-31", "'' is not a day"),
        ("٢٠٢٤-01-01", "2024-12-31", "is not a day"),
        ("2024-12-31", "2024-01-01", "begins on 2024-12-31, after its end on 2024-01-01"),
        ("0001-01-01", "2024-01-01", "between 2000-01-01 and 2100-12-31"),
        ("2024-01-01", "9999-12-31", "between 2000-01-01 and 2100-12-31"),
    ],
)
def test_what_is_no_period_says_why(first: str, last: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_period(first, last)


@pytest.mark.parametrize(
    ("first", "last", "dutch"),
    [
        ("2024-01-01", "2024-12-31", "1 januari t/m 31 december 2024"),
        ("2023-12-01", "2024-01-31", "1 december 2023 t/m 31 januari 2024"),
        ("2024-05-04", "2024-05-04", "4 mei 2024"),
    ],
)
def test_a_period_is_written_as_one_does_in_dutch(first: str, last: str, dutch: str) -> None:
    assert spell_period(read_period(first, last)) == dutch

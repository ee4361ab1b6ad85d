"""Belief in the clock: what goes by its age goes only while there is reason to believe the time of day.

The database remembers the newest moment that was believed. A server that runs looks every hour, so a clock that is days
beyond that moment, or before it, leapt or belongs to a machine that was off for long; only a person can tell which.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from server.tables import ClockRow
from vertelpaal.errors import DoubtedClock

LONGEST_LEAP = timedelta(days=7)
"""How long a server may be off, as over a long weekend, and be believed when it is back."""
STEP_BACK = timedelta(hours=1)
"""How far a clock may be set right backwards, or one machine's be behind another's."""
_THE_ROW = 1


def believe(session: Session, now: datetime) -> None:
    """Believe that it is `now` and remember it; a database that remembers nothing believes its first clock.

    Raises:
        DoubtedClock: it may well be another time; nothing is remembered of this one.
    """
    row = session.get(ClockRow, _THE_ROW, with_for_update=True)
    if row is None:
        session.add(ClockRow(id=_THE_ROW, believed_at=now))
        return
    _compare(row.believed_at, now)
    row.believed_at = max(row.believed_at, now)


def check_clock(session: Session, now: datetime) -> None:
    """Check that `now` would be believed, and remember nothing.

    Raises:
        DoubtedClock: it would not be.
    """
    row = session.get(ClockRow, _THE_ROW)
    if row is not None:
        _compare(row.believed_at, now)


def trust(session: Session, now: datetime) -> None:
    """Believe that it is `now`, whatever was believed before: a person looked at the clock, and says so."""
    session.merge(ClockRow(id=_THE_ROW, believed_at=now))


def _compare(believed: datetime, now: datetime) -> None:
    if -STEP_BACK <= now - believed <= LONGEST_LEAP:
        return
    raise DoubtedClock(
        f"the clock says {now:%Y-%m-%d %H:%M} UTC, and was last believed at {believed:%Y-%m-%d %H:%M} UTC; until a "
        "person has looked, nothing is removed for its age. If it is wrong, set it. If it is right, as when the server "
        "was off for weeks: vertelpaal privacy retention --clock-is-right"
    )

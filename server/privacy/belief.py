"""Belief in the clock: what goes by its age goes only while there is reason to believe the time of day.

The database remembers the newest moment that was believed. A server that runs looks every hour, so a clock that is days
beyond that moment, or before it, leapt or belongs to a machine that was off for long; only a person can tell which.

What decides how long something is kept is stamped with `stamp_now`: while the clock is doubted that is the last
believed moment. So it ends at most a week early once the clock is right by itself, and a person who says that the clock
is right stamps it anew (`trust`).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.tables import ClockRow, EnvelopeRow, StaffRow, TombstoneRow, VisitRow
from vertelpaal.errors import DoubtedClock

LONGEST_LEAP = timedelta(days=7)
"""How long a server may be off, as over a long weekend, and be believed when it is back."""
STEP_BACK = timedelta(hours=1)
"""How far a clock may be set right backwards, or one machine's be behind another's."""
EVERY = timedelta(hours=1)
"""How often the moment is remembered by what is asked more often."""
_THE_ROW = 1
_STAMPS = (
    (EnvelopeRow, EnvelopeRow.declared_at),
    (EnvelopeRow, EnvelopeRow.received_at),
    (VisitRow, VisitRow.withdrawn_at),
    (TombstoneRow, TombstoneRow.withdrawn_at),
    (StaffRow, StaffRow.disabled_at),
)
"""What is stamped with `stamp_now`, as the age of something counts from it."""


def believe(session: Session, now: datetime) -> None:
    """Believe that it is `now` and remember it; a database that remembers nothing believes its first clock.

    Raises:
        DoubtedClock: it may well be another time; nothing is remembered of this one.
    """
    row = _hold(session, now)
    _compare(row.believed_at, now)
    row.believed_at = max(row.believed_at, now)


def go_on_believing(session: Session, now: datetime) -> None:
    """Remember the moment once an hour, where no worker may be there to do so; a doubted clock changes nothing."""
    row = session.get(ClockRow, _THE_ROW)
    if row is not None and EVERY <= now - row.believed_at <= LONGEST_LEAP:
        believe(session, now)


def believed_now(session: Session, now: datetime) -> datetime:
    """Return `now`, or the last believed moment while that is doubted."""
    row = session.get(ClockRow, _THE_ROW)
    return now if row is None or _may_be(row.believed_at, now) else row.believed_at


def stamp_now(session: Session, now: datetime) -> datetime:
    """Return the believed moment to stamp with what has an end, in a transaction that writes it.

    While the clock is doubted the row is held, so that a person's word waits, and stamps anew what is stamped here.
    """
    if believed_now(session, now) == now:
        return now
    session.get(ClockRow, _THE_ROW, with_for_update={"read": True})
    return believed_now(session, now)


def check_clock(session: Session, now: datetime) -> None:
    """Check that `now` would be believed, and remember nothing.

    Raises:
        DoubtedClock: it would not be.
    """
    row = session.get(ClockRow, _THE_ROW)
    if row is not None:
        _compare(row.believed_at, now)


def trust(session: Session, now: datetime) -> None:
    """Believe that it is `now`, whatever was believed before: a person looked at the clock, and says so.

    What was stamped with the last believed moment while the clock was doubted counts from now on, and so does what has
    a moment that is yet to come, as a wrong clock was believed then.
    """
    row = _hold(session, now)
    for table, stamp in _STAMPS:
        in_doubt = stamp == row.believed_at
        if table is EnvelopeRow:
            in_doubt &= EnvelopeRow.clock_was_doubted
        session.execute(update(table).where(or_(in_doubt, stamp > now)).values({stamp: now}))
    session.execute(update(VisitRow).where(VisitRow.started_at > now + STEP_BACK).values(time_is_implausible=True))
    row.believed_at = now


def believe_as_of(session: Session, moment: datetime) -> None:
    """Let this be the last believed moment, whatever was believed before: the rows are those of a backup of then."""
    _hold(session, moment).believed_at = moment


def _hold(session: Session, first: datetime) -> ClockRow:
    """Return the row, held for this transaction; a database without one is given it, whoever else does so as well."""
    if session.get(ClockRow, _THE_ROW) is None:
        with suppress(IntegrityError), session.begin_nested():  # another process did it just now
            session.add(ClockRow(id=_THE_ROW, believed_at=first))
    return session.get_one(ClockRow, _THE_ROW, with_for_update=True)


def _may_be(believed: datetime, now: datetime) -> bool:
    return -STEP_BACK <= now - believed <= LONGEST_LEAP


def _compare(believed: datetime, now: datetime) -> None:
    if _may_be(believed, now):
        return
    raise DoubtedClock(
        f"the clock says {now:%Y-%m-%d %H:%M} UTC, and was last believed at {believed:%Y-%m-%d %H:%M} UTC; until a "
        "person has looked, nothing is removed for its age. If it is wrong, set it. If it is right, as when the server "
        "was off for weeks or an older backup came back: vertelpaal privacy retention --clock-is-right"
    )

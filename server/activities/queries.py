"""What goes on and what comes: for the page of staff, for a pole, and for who reads an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from server.tables import ActivityRow, BranchRow, KioskRow
from vertelpaal.assignment import Activity
from vertelpaal.errors import InvalidInput, NotFound

SOON = timedelta(hours=36)
"""How far a pole looks ahead, so that it knows tomorrow's activities when the network is away in the morning."""
AWAKE = timedelta(minutes=5)


@dataclass(frozen=True)
class Place:
    """Where an activity can be: `value` is what a form sends, `pole` None means every pole of the branch."""

    value: str
    branch: str
    pole: str | None


@dataclass(frozen=True)
class ShownActivity:
    """An activity with what its card shows; `place.pole` None means that those who take part type the code."""

    activity: ActivityRow
    place: Place
    planner: str


@dataclass(frozen=True)
class Programme:
    """Every activity that has not ended, the first to begin first."""

    going_on: tuple[ShownActivity, ...]
    coming: tuple[ShownActivity, ...]


def programme(session: Session, now: datetime) -> Programme:
    """Return what goes on and what comes, in every branch."""
    query = select(ActivityRow).where(ActivityRow.ends_at > now).order_by(ActivityRow.starts_at, ActivityRow.name)
    poles = pole_names(session, now)
    shown = [_shown(row, poles) for row in session.scalars(query.options(*_LOADED))]
    return Programme(
        going_on=tuple(one for one in shown if one.activity.starts_at <= now),
        coming=tuple(one for one in shown if one.activity.starts_at > now),
    )


def find_activity(session: Session, activity_id: UUID, now: datetime) -> ShownActivity:
    """Return one activity.

    Raises:
        NotFound: there is no such activity.
    """
    row = session.get(ActivityRow, activity_id, options=_LOADED)
    if row is None:
        raise NotFound("Deze activiteit is er niet meer.")
    return _shown(row, pole_names(session, now))


def told_to(session: Session, kiosk: KioskRow, now: datetime) -> tuple[Activity, ...]:
    """Return what a pole is told: what goes on or soon begins in its branch, but for what is set on other poles."""
    query = (
        select(ActivityRow)
        .where(
            ActivityRow.branch_id == kiosk.branch_id,
            or_(ActivityRow.kiosk_id.is_(None), ActivityRow.kiosk_id == kiosk.id),
            ActivityRow.ends_at > now,
            ActivityRow.starts_at <= now + SOON,
        )
        .order_by(ActivityRow.starts_at, ActivityRow.slug)
    )
    return tuple(
        Activity(
            slug=row.slug,
            name=row.name,
            code=row.code,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            on_pole=row.kiosk_id is not None,
        )
        for row in session.scalars(query)
    )


def activity_name(session: Session, slug: str | None) -> str | None:
    """Return the name of a visit's activity; one that is not there (any more) is called by its slug."""
    if slug is None:
        return None
    return session.scalar(select(ActivityRow.name).where(ActivityRow.slug == slug)) or slug


def places(session: Session, now: datetime) -> list[tuple[str, list[Place]]]:
    """Return by branch where an activity can be: all of its poles, then each of them."""
    names = pole_names(session, now)
    found = []
    for branch in session.scalars(select(BranchRow).order_by(BranchRow.name)):
        mine = select(KioskRow).where(KioskRow.branch_id == branch.id, KioskRow.revoked_at.is_(None))
        poles = [_place(kiosk.branch, kiosk, names) for kiosk in session.scalars(mine.order_by(*_BY_AGE))]
        found.append((branch.name, [_place(branch, None, names), *poles]))
    return found


def find_place(session: Session, value: str) -> tuple[BranchRow, KioskRow | None]:
    """Return the branch, and the pole if it is one, that a form's value says.

    Raises:
        InvalidInput: there is no such place, or not any more.
    """
    kiosk = session.get(KioskRow, UUID(value)) if _is_id(value) else None
    if kiosk is not None and kiosk.revoked_at is None:
        return kiosk.branch, kiosk
    branch = session.scalar(select(BranchRow).where(BranchRow.slug == value))
    if branch is None:
        raise InvalidInput("there is no such branch or pole", problem="place")
    return branch, None


def pole_names(session: Session, now: datetime) -> dict[UUID, str]:
    """Return what to call each pole: a number where a branch has several, and whether it is on to tell them apart."""
    used = select(KioskRow).where(KioskRow.revoked_at.is_(None)).order_by(KioskRow.branch_id, *_BY_AGE)
    names = {}
    for _, poles in groupby(session.scalars(used), key=lambda kiosk: kiosk.branch_id):
        together = list(poles)
        for number, kiosk in enumerate(together, start=1):
            is_on = kiosk.last_seen_at is not None and now - kiosk.last_seen_at < AWAKE
            names[kiosk.id] = f"paal {number} ({'staat aan' if is_on else 'staat uit'})" if together[1:] else "de paal"
    return names


_BY_AGE = (KioskRow.paired_at, KioskRow.id)
_LOADED = (joinedload(ActivityRow.branch), joinedload(ActivityRow.kiosk), joinedload(ActivityRow.planner))


def _shown(row: ActivityRow, poles: Mapping[UUID, str]) -> ShownActivity:
    return ShownActivity(row, _place(row.branch, row.kiosk, poles), row.planner.name)


def _place(branch: BranchRow, kiosk: KioskRow | None, poles: Mapping[UUID, str]) -> Place:
    if kiosk is None:
        return Place(branch.slug, branch.name, None)
    return Place(str(kiosk.id), branch.name, poles.get(kiosk.id, "een paal die is ontkoppeld"))


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True

"""Planning an activity, and ending one before its time."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, product
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.tables import ActivityRow, BranchRow, KioskRow
from vertelpaal.clock import AMSTERDAM
from vertelpaal.errors import Conflict, InvalidInput, NotFound
from vertelpaal.identifiers import new_id

LONGEST_NAME = 80
"""What still fits on one line of the pole's screen, and of the sheet for a group."""
FURTHEST = timedelta(days=366)
PUNCTUAL = timedelta(minutes=1)
"""A form that says "12:30" at 12:30:40 means now."""
CODES = tuple("".join(digits) for digits in product("123456789", repeat=3))
"""Without a zero, which is read as the letter O, or left out where it comes first."""

Choose = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Plan:
    """What staff want to begin: at one pole, or without one at every pole of the branch by its code."""

    name: str
    branch: BranchRow
    kiosk: KioskRow | None
    starts_at: datetime
    ends_at: datetime


def plan(session: Session, wanted: Plan, planner: UUID, now: datetime, choose: Choose = secrets.choice) -> ActivityRow:
    """Plan an activity, with a code that no other activity of the branch has meanwhile.

    Raises:
        InvalidInput: no name, or a time that makes no sense; `problem` says which.
        Conflict: another is set on that pole meanwhile (`busy`, with its name as `other`), or all `codes` are in use.
    """
    name = " ".join(wanted.name.split())
    _check(name, wanted, now)
    # whoever plans in the same branch at this moment waits here, so that no two get one code
    session.execute(select(BranchRow.id).where(BranchRow.id == wanted.branch.id).with_for_update())
    meanwhile = session.scalars(_meanwhile(wanted)).all()
    if wanted.kiosk is not None:
        for other in meanwhile:
            if other.kiosk_id == wanted.kiosk.id:
                raise Conflict("another activity is set on this pole then", problem="busy", other=other.name)
    taken = {other.code for other in meanwhile}
    free = [code for code in CODES if code not in taken]
    if not free:
        raise Conflict("every code is in use then", problem="codes")
    row = ActivityRow(
        id=new_id(),
        branch_id=wanted.branch.id,
        kiosk_id=wanted.kiosk.id if wanted.kiosk else None,
        slug=_free_slug(session, name, wanted),
        name=name,
        code=choose(free),
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        created_by=planner,
        created_at=now,
    )
    session.add(row)
    return row


def end_early(session: Session, activity_id: UUID, now: datetime) -> None:
    """End an activity that goes on; take one that has not begun away, as no visit belongs to it.

    Raises:
        NotFound: there is no such activity.
    """
    row = session.get(ActivityRow, activity_id)
    if row is None:
        raise NotFound("Deze activiteit is er niet meer.")
    if row.starts_at > now:
        session.delete(row)
    elif row.ends_at > now:
        row.ends_at = now


def _check(name: str, wanted: Plan, now: datetime) -> None:
    problem = None
    if not name:
        problem = "name"
    elif len(name) > LONGEST_NAME:
        problem = "long"
    elif wanted.ends_at <= wanted.starts_at:
        problem = "order"
    elif wanted.starts_at < now - PUNCTUAL:
        problem = "past"
    elif wanted.starts_at > now + FURTHEST:
        problem = "far"
    if problem is not None:
        raise InvalidInput("this activity cannot be planned so", problem=problem)


def _meanwhile(wanted: Plan) -> Select[ActivityRow]:
    return select(ActivityRow).where(
        ActivityRow.branch_id == wanted.branch.id,
        ActivityRow.starts_at < wanted.ends_at,
        ActivityRow.ends_at > wanted.starts_at,
    )


def _free_slug(session: Session, name: str, wanted: Plan) -> str:
    """Return a slug that tells people which activity it was: its name, branch and day."""
    day = wanted.starts_at.astimezone(AMSTERDAM).date()
    stem = f"{_hyphened(name)[:36].strip('-') or 'activiteit'}-{wanted.branch.slug[:12].strip('-')}-{day.isoformat()}"
    taken = set(session.scalars(select(ActivityRow.slug).where(ActivityRow.slug.startswith(stem, autoescape=True))))
    slugs = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(slug for slug in slugs if slug not in taken)


def _hyphened(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))

"""Branches: the library's buildings, in which poles stand."""

from __future__ import annotations

import re

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.tables import BranchRow, KioskRow
from vertelpaal.errors import Conflict, InvalidInput
from vertelpaal.identifiers import new_id

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_SLUG, _LONGEST_NAME = 64, 200


def add_branch(session: Session, slug: str, name: str) -> BranchRow:
    """Add a branch.

    Raises:
        InvalidInput: the slug is no slug, or the name is empty or too long.
        Conflict: a branch has this slug.
    """
    if not _SLUG.fullmatch(slug) or len(slug) > _LONGEST_SLUG:
        raise InvalidInput(f"a slug has small letters, digits and single hyphens, at most {_LONGEST_SLUG}: not {slug}")
    name = " ".join(name.split())
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidInput(f"a branch has a name of 1 to {_LONGEST_NAME} characters")
    if session.scalar(select(BranchRow.id).where(BranchRow.slug == slug)) is not None:
        raise Conflict(f"there is a branch {slug} already")
    branch = BranchRow(id=new_id(), slug=slug, name=name)
    session.add(branch)
    return branch


def branches_with_poles(session: Session) -> list[tuple[BranchRow, int]]:
    """Return every branch by its name, with the number of poles that are in use there."""
    in_use = func.count(KioskRow.id).filter(KioskRow.revoked_at.is_(None))
    query = select(BranchRow, in_use).outerjoin(KioskRow).group_by(BranchRow.id).order_by(BranchRow.name)
    return [(branch, poles) for branch, poles in session.execute(query)]

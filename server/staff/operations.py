"""Signing in and out: argon2id, wrong tries throttled per account, a new session with every sign-in."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from server.database import Database
from server.intake.pairing import token_hash
from server.privacy.belief import STEP_BACK, stamp_now
from server.staff.passwords import PasswordHash, Verify, hash_of_nobody, verify_password
from server.tables import StaffRow, StaffSessionRow
from vertelpaal.errors import InvalidInput, NotAllowed, NotFound, Throttled
from vertelpaal.identifiers import new_id

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
MOST_DOUBLINGS = 10
IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in; `session_token` is what the cookie holds."""

    staff_id: UUID
    name: str
    email: str
    session_token: str


def add_staff(session: Session, email: str, name: str, password: PasswordHash, now: datetime) -> StaffRow:
    """Add somebody who may sign in.

    Raises:
        InvalidInput: the address is taken or none.
    """
    address = email.strip().lower()
    if "@" not in address or len(address) > 254:
        raise InvalidInput("that is no e-mail address")
    if session.scalar(select(StaffRow).where(StaffRow.email == address)) is not None:
        raise InvalidInput(f"{address} has an account already")
    row = StaffRow(
        id=new_id(),
        email=address,
        name=name.strip(),
        password_hash=password.text,
        created_at=now,
        wrong_tries=0,
    )
    session.add(row)
    return row


def set_password(session: Session, email: str, password: PasswordHash) -> None:
    """Give an account another password and end its sessions.

    Raises:
        NotFound: there is no such account.
    """
    row = _find(session, email)
    if row is None:
        raise NotFound("there is no such account")
    row.password_hash = password.text
    row.wrong_tries, row.wait_until = 0, None
    session.execute(delete(StaffSessionRow).where(StaffSessionRow.staff_id == row.id))


def disable_staff(session: Session, email: str, now: datetime) -> None:
    """Close an account and end its sessions.

    Raises:
        NotFound: there is no such account.
    """
    row = _find(session, email)
    if row is None:
        raise NotFound("there is no such account")
    row.disabled_at = stamp_now(session, now)
    session.execute(delete(StaffSessionRow).where(StaffSessionRow.staff_id == row.id))


def sign_in(database: Database, email: str, password: str, now: datetime, verify: Verify = verify_password) -> SignedIn:
    """Begin a new session; nobody waits for the database while the password is verified.

    An address without an account takes as long as one with it: it is verified, and something is written.

    Raises:
        NotAllowed: wrong address or password; which of the two is not told.
        Throttled: too many wrong tries on this account; wait.
    """
    with database.reading() as session:
        row = _find(session, email)
        _check_wait(row, now)
    stored = (row.password_hash if row else "") or hash_of_nobody()
    right = verify(stored, password)
    with database.transaction() as session:
        row = _find(session, email, hold=True)
        _check_wait(row, now)  # of many tries at once, those after the last free one wait as well
        if row is None:
            _write_as_much(session)
        elif right and row.disabled_at is None and hmac.compare_digest(row.password_hash, stored):
            return _begin(session, row, now)
        else:
            _count_wrong(row, now)
    raise NotAllowed("wrong address or password")


def find_session(database: Database, session_token: str, now: datetime, *, used: bool = True) -> SignedIn | None:
    """Return who has this session, while it lasts; note that it was used, once a minute.

    A page that refreshes itself is not `used`: an unattended screen must not keep its session for ever.
    """
    with database.reading() as session:
        row = session.get(StaffSessionRow, token_hash(session_token))
        if row is None or row.staff.disabled_at is not None or not _lasts(row, now):
            return None
        found = SignedIn(row.staff_id, row.staff.name, row.staff.email, session_token)
    if used and now - row.last_seen_at > timedelta(minutes=1):
        with database.transaction() as session:
            seen = session.get(StaffSessionRow, token_hash(session_token))
            if seen is not None:
                seen.last_seen_at = now
    return found


def _lasts(row: StaffSessionRow, now: datetime) -> bool:
    """Return whether a session goes on; one that a clock ahead dated beyond now would do so for as long."""
    return -STEP_BACK <= now - row.last_seen_at <= IDLE and now - row.began_at <= LONGEST


def end_future_sessions(session: Session, now: datetime) -> None:
    """End what a clock ahead dated beyond now; it opens nothing, and its own end would come as late."""
    session.execute(delete(StaffSessionRow).where(StaffSessionRow.began_at > now + STEP_BACK))


def sign_out(database: Database, session_token: str) -> None:
    """End a session."""
    with database.transaction() as session:
        session.execute(delete(StaffSessionRow).where(StaffSessionRow.token_hash == token_hash(session_token)))


def _find(session: Session, email: str, *, hold: bool = False) -> StaffRow | None:
    query = select(StaffRow).where(StaffRow.email == email.strip().lower())
    return session.scalar(query.with_for_update() if hold else query)


def _check_wait(row: StaffRow | None, now: datetime) -> None:
    """Let nobody wait longer than can be: what a leap of the clock wrote ends with the leap."""
    if row is not None and row.wait_until is not None and now < row.wait_until <= now + LONGEST_WAIT:
        raise Throttled("too many wrong tries; wait a while")


def _write_as_much(session: Session) -> None:
    """Write what changes nothing, as a wrong try on an account writes its count."""
    somebody = select(StaffRow.id).order_by(StaffRow.id).limit(1).scalar_subquery()
    session.execute(update(StaffRow).where(StaffRow.id == somebody).values(wrong_tries=StaffRow.wrong_tries))


def _begin(session: Session, row: StaffRow, now: datetime) -> SignedIn:
    row.wrong_tries, row.wait_until = 0, None
    session.execute(delete(StaffSessionRow).where(StaffSessionRow.began_at < now - LONGEST))
    token = secrets.token_urlsafe(32)
    session.add(StaffSessionRow(token_hash=token_hash(token), staff_id=row.id, began_at=now, last_seen_at=now))
    return SignedIn(row.id, row.name, row.email, token)


def _count_wrong(row: StaffRow, now: datetime) -> None:
    row.wrong_tries += 1
    if row.wrong_tries >= FREE_TRIES:
        doublings = min(row.wrong_tries - FREE_TRIES, MOST_DOUBLINGS)
        row.wait_until = now + min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)

"""Pairing: a pole shows a code, staff type it, the pole gets a token (the device flow of RFC 8628)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, not_, select
from sqlalchemy.orm import Session

from server.privacy.belief import STEP_BACK
from server.tables import BranchRow, KioskRow, PairingRow
from vertelpaal.assignment import PairingOffer
from vertelpaal.errors import NotAllowed, NotFound, Throttled
from vertelpaal.identifiers import new_id

OFFER_LASTS = timedelta(minutes=30)
ASK_EVERY_SECONDS = 2
MAX_OPEN_OFFERS = 100
_CODE_DIGITS = 6


def token_hash(token: str) -> str:
    """Return what the server keeps of a token: its SHA-256, as a token has 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_open(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an offer is open; one that a clock ahead dated beyond now would be so for as long."""
    return and_(PairingRow.expires_at > now, PairingRow.expires_at <= now + OFFER_LASTS + STEP_BACK)


def offer_pairing(session: Session, now: datetime) -> PairingOffer:
    """Open an offer for a pole that nobody knows yet.

    Raises:
        Throttled: too many offers are open.
    """
    session.execute(delete(PairingRow).where(not_(is_open(now))))
    taken = set(session.scalars(select(PairingRow.user_code)))
    if len(taken) >= MAX_OPEN_OFFERS:
        raise Throttled("too many poles wait for pairing; try again later")
    code = next(code for code in iter(_new_user_code, None) if code not in taken)
    device_code = secrets.token_urlsafe(32)
    expires_at = now + OFFER_LASTS
    session.add(PairingRow(device_code_hash=token_hash(device_code), user_code=code, expires_at=expires_at))
    return PairingOffer(device_code=device_code, user_code=code, interval=ASK_EVERY_SECONDS, expires_at=expires_at)


def approve_pairing(session: Session, user_code: str, branch: BranchRow, now: datetime) -> None:
    """Say that the pole which shows this code stands in this branch.

    Raises:
        NotFound: no pole shows this code now.
    """
    offer = session.scalar(select(PairingRow).where(PairingRow.user_code == user_code.strip(), is_open(now)))
    if offer is None:
        raise NotFound("no pole shows this code now")
    offer.branch_id = branch.id


def claim_token(session: Session, device_code: str, now: datetime) -> tuple[UUID, str] | None:
    """Return the pole's id and token, once; None while staff have not typed the code.

    Raises:
        NotFound: there is no such offer, or not any more.
    """
    asked = PairingRow.device_code_hash == token_hash(device_code)
    offer = session.scalar(select(PairingRow).where(asked, is_open(now)))
    if offer is None:
        raise NotFound("this pairing has expired")
    if offer.branch_id is None:
        return None
    token = secrets.token_urlsafe(32)
    kiosk = KioskRow(id=new_id(), branch_id=offer.branch_id, token_hash=token_hash(token), paired_at=now)
    session.add(kiosk)
    session.delete(offer)
    return kiosk.id, token


def kiosk_of_token(session: Session, token: str) -> KioskRow:
    """Return the pole that shows this token.

    Raises:
        NotAllowed: no pole has it, or not any more.
    """
    kiosk = session.scalar(select(KioskRow).where(KioskRow.token_hash == token_hash(token)))
    if kiosk is None or kiosk.revoked_at is not None:
        raise NotAllowed("this token is unknown or revoked")
    return kiosk


def revoke_kiosk(session: Session, kiosk_id: UUID, now: datetime) -> None:
    """Take a pole's token away; what it sealed before can still be opened.

    Raises:
        NotFound: there is no such pole.
    """
    kiosk = session.get(KioskRow, kiosk_id)
    if kiosk is None:
        raise NotFound("there is no such pole")
    kiosk.revoked_at = now


def _new_user_code() -> str:
    return f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}d}"

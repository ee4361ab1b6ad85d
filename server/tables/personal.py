"""What a column holds of a person: why it is there and how long; the register of processing is made of these words.

A column is marked with `info=personal(aim, kept)`, or its table names it in `__impersonal__`; a test finds the one that
does neither. In Dutch they read as `server/privacy/dutch.py` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Column


class Aim(StrEnum):
    """Why the library holds something of a person."""

    MEASURE = "measure"
    """Satisfaction scores and counts."""
    LISTEN = "listen"
    """Staff see, hear and read what visitors say."""
    PROVE_CONSENT = "prove-consent"
    """Show that consent was asked, and how."""
    TAKE_BACK = "take-back"
    """Let a visitor take everything back, or have a copy of it."""
    DELIVER = "deliver"
    """Let each visit arrive once and whole."""
    STAFF = "staff"
    """Let staff sign in, and know who did what."""


class Kept(StrEnum):
    """How long it is kept; `server/privacy/retention.py` ends each."""

    RECORDING = "recording"
    TRANSCRIPT = "transcript"
    TEXT = "text"
    PROFILE = "profile"
    """Also the consents and the pictures: as long as the last thing that they are about."""
    CODE = "code"
    """With the profile, and also when the visit is withdrawn: a restore has to find it again."""
    TAPS = "taps"
    """For good: once profile, code and words are gone they belong to nobody."""
    TOMBSTONE = "tombstone"
    DELIVERY = "delivery"
    """For good, without content: a pole may ask for its receipt again."""
    STAFF = "staff"
    SESSION = "session"


@dataclass(frozen=True)
class Personal:
    """Why a column holds something of a person, and how long."""

    aim: Aim
    kept: Kept


def personal(aim: Aim, kept: Kept) -> dict[Any, Any]:
    """Return the `info` of a column that holds something of a person."""
    return {"personal": Personal(aim, kept)}


def told_of(column: Column[Any]) -> Personal | None:
    """Return what a column says of itself; None when it does not hold anything of a person, or does not say."""
    told = column.info.get("personal")
    return told if isinstance(told, Personal) else None

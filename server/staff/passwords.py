"""Passwords: argon2id, which takes its time on purpose, and so never while a transaction keeps others waiting."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vertelpaal.errors import InvalidInput

MIN_PASSWORD = 12
MAX_PASSWORD = 200

_hasher = PasswordHasher()  # argon2id, at the library's recommended cost
Verify = Callable[[str, str], bool]
"""Says whether a hash, given first, is that of a password."""


@dataclass(frozen=True)
class PasswordHash:
    """The hash of a password, made before the transaction begins that keeps it."""

    text: str

    @classmethod
    def of(cls, password: str) -> PasswordHash:
        """Hash a password.

        Raises:
            InvalidInput: it is too short to be safe, or absurdly long.
        """
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise InvalidInput(f"a password has at least {MIN_PASSWORD} characters")
        return cls(_hasher.hash(password))


@cache
def hash_of_nobody() -> str:
    """Return what is verified when there is no such account, so that this takes as long."""
    return _hasher.hash(secrets.token_urlsafe(16))


def verify_password(stored: str, password: str) -> bool:
    """Return whether a hash is that of a password, in a time that does not tell."""
    try:
        return len(password) <= MAX_PASSWORD and _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False

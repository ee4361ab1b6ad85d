"""Withdrawal codes: twelve characters with which a visitor takes everything back, without an account.

Eleven characters carry 55 random bits in Crockford's base 32 (no I, L, O or U); the twelfth is a check character, so
that a slip of the finger is told from a code that has not arrived yet. On screen: `K7QF-2M9X-4TBP`.

Three pictures follow from each code, for who does not read: at the desk, with the day and the branch, they point staff
to the visit. They are no secret and open nothing by themselves.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

from vertelpaal.errors import InvalidInput

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BITS = 55
PICTURES = (
    "apple",
    "ball",
    "banana",
    "bell",
    "bicycle",
    "bird",
    "boat",
    "book",
    "candle",
    "car",
    "cat",
    "cloud",
    "cup",
    "egg",
    "fish",
    "flower",
    "glasses",
    "hat",
    "heart",
    "house",
    "key",
    "kite",
    "leaf",
    "moon",
    "mushroom",
    "scissors",
    "shoe",
    "star",
    "sun",
    "train",
    "tree",
    "umbrella",
)
"""Everyday things that everybody has a word for; the pole draws and names each. Their order is part of the scheme."""
_LENGTH = 12
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})
_CHECK_MODULUS = 31
"""A prime below 32: any wrong character changes the remainder, but for 0 read as Z; so do nearly all swaps."""


def new_code(randbits: Callable[[int], int] = secrets.randbits) -> str:
    """Return a fresh code in its written form, three groups of four."""
    number = randbits(RANDOM_BITS)
    body = "".join(ALPHABET[(number >> shift) & 31] for shift in range(50, -1, -5))
    plain = body + _check_character(body)
    return "-".join(plain[start : start + 4] for start in range(0, _LENGTH, 4))


def read_code(typed: str) -> str:
    """Return the written form of what somebody typed: any case, with or without hyphens, O for 0 and I for 1.

    Raises:
        InvalidInput: it cannot be a code; the sentence does not repeat it.
    """
    plain = typed.upper().translate(_READ_AS)
    if len(plain) != _LENGTH or any(character not in ALPHABET for character in plain):
        raise InvalidInput("a withdrawal code has twelve letters and digits")
    if plain[-1] != _check_character(plain[:-1]):
        raise InvalidInput("this withdrawal code has a typing error in it")
    return "-".join(plain[start : start + 4] for start in range(0, _LENGTH, 4))


def pictures_of(code: str) -> tuple[str, str, str]:
    """Return the three different pictures that follow from a code."""
    number = int.from_bytes(hashlib.sha256(f"vertelpaal pictures {read_code(code)}".encode()).digest())
    left = list(PICTURES)
    drawn = []
    for _ in range(3):
        number, at = divmod(number, len(left))
        drawn.append(left.pop(at))
    return drawn[0], drawn[1], drawn[2]


def keyed_hash(code: str, key: bytes) -> str:
    """Return what the server keeps of a code: HMAC-SHA-256 under a key that lies outside the database."""
    return hmac.new(key, read_code(code).encode(), hashlib.sha256).hexdigest()


def _check_character(body: str) -> str:
    weighted = sum(weight * ALPHABET.index(character) for weight, character in enumerate(body, start=2))
    return ALPHABET[weighted % _CHECK_MODULUS]

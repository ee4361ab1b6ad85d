"""The library's pair of keys: poles seal to the public one, only the worker has the private one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pyrage import IdentityError, RecipientError, x25519

from vertelpaal.durable import write_durably
from vertelpaal.errors import SettingsError

HOW_TO_KEEP = """\
# The private key of this library's Vertelpaal (age X25519).
# Whoever has this file can see and hear what visitors told the library. Whoever loses it loses every
# answer that was sealed and not yet processed: nobody can open those without it, we cannot either.
# Keep one copy outside this machine, in a safe or a password manager of the library; not on a pole, not in e-mail.
"""


def new_key_file(folder: Path, name: str) -> Path:
    """Make a fresh private key in `folder`, readable for its owner only, and return the file.

    Raises:
        SettingsError: a key of that name is there already; a key is never overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{name}.key"
    if target.exists():
        raise SettingsError(f"{target} is there already, and a key is never overwritten; choose another name")
    identity = x25519.Identity.generate()
    previous = os.umask(0o077)
    try:
        text = f"{HOW_TO_KEEP}# public key: {identity.to_public()}\n{identity}\n"
        write_durably(target, lambda file: file.write(text.encode()))
    finally:
        os.umask(previous)
    return target


def read_private_keys(folder: Path) -> tuple[x25519.Identity, ...]:
    """Return every private key in `folder`, newest file name last; old ones still open old envelopes.

    Raises:
        SettingsError: there is none, or a file does not hold one.
    """
    files = sorted(folder.glob("*.key"))
    if not files:
        raise SettingsError(f"no private key in {folder}; make one with `vertelpaal keys new`")
    return tuple(_read_private_key(file) for file in files)


def current_public_key(folder: Path) -> str:
    """Return the public key of the newest private key in `folder`."""
    return str(read_private_keys(folder)[-1].to_public())


def read_public_key(text: str) -> x25519.Recipient:
    """Return the public key written as `age1…`.

    Raises:
        SettingsError: it is not one.
    """
    try:
        return x25519.Recipient.from_str(text)
    except RecipientError as error:
        raise SettingsError(f"not an age public key: {text[:12]}…") from error


def public_key_of(identities: Sequence[x25519.Identity]) -> str:
    """Return the public key of the last of these private keys."""
    return str(identities[-1].to_public())


def _read_private_key(file: Path) -> x25519.Identity:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    try:
        (line,) = lines
        return x25519.Identity.from_str(line)
    except (ValueError, IdentityError) as error:
        raise SettingsError(f"{file} does not hold exactly one age private key") from error

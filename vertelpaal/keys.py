"""The library's pair of keys: poles seal to the public one, only the worker has the private one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import overload

from pyrage import IdentityError, RecipientError, x25519

from vertelpaal.durable import make_folder, write_durably
from vertelpaal.errors import NotFound, SettingsError

PUBLIC_FILE = "public-key"
"""In the home folder: what poles seal to. The web side reads this one, and no private key."""
_MADE = "# made: "
HOW_TO_KEEP_BACKUP_KEY = """\
# The private key of this library's backups of Vertelpaal (age X25519).
# Whoever has it and a backup can see and hear what visitors told the library. Without it no backup can be restored.
# Keep it outside the server, in two places: a safe and a password manager of the library; not beside the backups.
"""

HOW_TO_KEEP = """\
# The private key of this library's Vertelpaal (age X25519).
# Whoever has this file can see and hear what visitors told the library. Whoever loses it loses every
# answer that was sealed and not yet processed: nobody can open those without it, we cannot either.
# Keep one copy outside this machine, in a safe or a password manager of the library; not on a pole, not in e-mail.
"""


@dataclass(frozen=True)
class KeyFile:
    """One private key of the library, as a file; `name` is what the commands call it."""

    name: str
    file: Path
    made_at: datetime
    identity: x25519.Identity

    @property
    def public_key(self) -> str:
        """Return the public half, written as `age1…`."""
        return str(self.identity.to_public())


class KeyRing(Sequence[x25519.Identity]):
    """The private keys that lie in a folder now, oldest first: a worker that runs on opens with a new one too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        read_private_keys(folder)  # a worker without a key does not begin

    @overload
    def __getitem__(self, index: int) -> x25519.Identity: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[x25519.Identity, ...]: ...
    def __getitem__(self, index: int | slice) -> x25519.Identity | tuple[x25519.Identity, ...]:
        return read_private_keys(self._folder)[index]

    def __iter__(self) -> Iterator[x25519.Identity]:
        return iter(read_private_keys(self._folder))

    def __len__(self) -> int:
        return len(read_private_keys(self._folder))


def new_key_file(folder: Path, name: str, made_at: datetime | None = None) -> Path:
    """Make a fresh private key in `folder`, readable for its owner only, and return the file.

    From now on poles that ask are told its public half.

    Raises:
        SettingsError: a key of that name is there already; a key is never overwritten.
    """
    make_folder(folder)
    target = folder / f"{name}.key"
    _write_private_key(target, HOW_TO_KEEP, made_at or datetime.now(UTC))
    current = current_public_key(folder)
    write_durably(folder.parent / PUBLIC_FILE, lambda file: file.write(f"{current}\n".encode()))
    return target


def new_backup_key(target: Path) -> str:
    """Make the private key of the backups, to be kept elsewhere, and return its public half.

    Raises:
        SettingsError: that file is there already.
    """
    return str(_write_private_key(target, HOW_TO_KEEP_BACKUP_KEY, datetime.now(UTC)).to_public())


def key_files(folder: Path) -> tuple[KeyFile, ...]:
    """Return every private key in `folder`, oldest first; the last is the one that poles seal to.

    Raises:
        SettingsError: there is none, or a file does not hold one.
    """
    files = sorted(folder.glob("*.key"))
    if not files:
        raise SettingsError(f"no private key in {folder}; make one with `vertelpaal keys new`")
    found = [KeyFile(file.stem, file, _made_at(file), read_key_file(file)) for file in files]
    return tuple(sorted(found, key=lambda key: (key.made_at, key.name)))


def find_key_file(folder: Path, name: str) -> KeyFile:
    """Return the private key of this name.

    Raises:
        NotFound: there is none.
    """
    for key in key_files(folder):
        if key.name == name:
            return key
    raise NotFound(f"there is no key {name} in {folder}")


def read_private_keys(folder: Path) -> tuple[x25519.Identity, ...]:
    """Return every private key in `folder`, the newest last; old ones still open old envelopes.

    Raises:
        SettingsError: there is none, or a file does not hold one.
    """
    return tuple(key.identity for key in key_files(folder))


def current_public_key(folder: Path) -> str:
    """Return the public key of the newest private key in `folder`."""
    return key_files(folder)[-1].public_key


def key_for_poles(home: Path) -> str:
    """Return the public key that poles are told, without reading a private one where that can be."""
    file = home / PUBLIC_FILE
    return file.read_text().strip() if file.exists() else current_public_key(home / "keys")


def read_public_key(text: str) -> x25519.Recipient:
    """Return the public key written as `age1…`.

    Raises:
        SettingsError: it is not one.
    """
    try:
        return x25519.Recipient.from_str(text)
    except RecipientError as error:
        raise SettingsError(f"not an age public key: {text[:12]}…") from error


def _write_private_key(target: Path, how_to_keep: str, made_at: datetime) -> x25519.Identity:
    if target.exists():
        raise SettingsError(f"{target} is there already, and a key is never overwritten; choose another name")
    identity = x25519.Identity.generate()
    made = made_at.isoformat(timespec="microseconds")
    previous = os.umask(0o077)
    try:
        text = f"{how_to_keep}{_MADE}{made}\n# public key: {identity.to_public()}\n{identity}\n"
        write_durably(target, lambda file: file.write(text.encode()))
    finally:
        os.umask(previous)
    return identity


def _made_at(file: Path) -> datetime:
    """Return when a key was made: as it says, or by a name that is a date, or by its file."""
    said = [line.removeprefix(_MADE) for line in file.read_text().splitlines() if line.startswith(_MADE)]
    for text in (*said, file.stem):
        try:
            made = datetime.fromisoformat(text)
        except ValueError:
            continue
        return made if made.tzinfo else made.replace(tzinfo=UTC)
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def read_key_file(file: Path) -> x25519.Identity:
    """Return the private key in a file.

    Raises:
        SettingsError: it does not hold exactly one.
    """
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    try:
        (line,) = lines
        return x25519.Identity.from_str(line)
    except (ValueError, IdentityError) as error:
        raise SettingsError(f"{file} does not hold exactly one age private key") from error

"""The file of a backup: a tar stream of parts sealed with age, with what it is in front and every hash at its end."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyrage
from pyrage import x25519

from vertelpaal.errors import InvalidBackup, InvalidInput
from vertelpaal.words import Sha256, Time, Word

FORMAT = 1
ABOUT = "about.json"
MANIFEST = "manifest.json"
_CHUNK = 2**20
_NAME = re.compile(
    r"database/[a-z_]{1,60}/\d{6}\.jsonl|(sealed|media|quarantine|files)/[0-9A-Za-z][\w.-]{0,120}|keys/[\w.-]{1,80}\.key"
    r"|settings\.env|about\.json|manifest\.json",
    re.ASCII,
)


class About(Word):
    """What a backup is: the first of its parts."""

    format: int = FORMAT
    software: str
    revision: str
    """The migration that its database had."""
    made_at: Time
    """When it was made; the last believed moment where the clock was doubted. A restore believes it."""
    withdrawal_check: Sha256
    """Tells whether a withdrawal key is the one that the codes in it were kept with."""


class Kept(Word):
    """One part as it was written."""

    name: str
    size: int
    sha256: Sha256


class Manifest(Word):
    """Every part with its hash: the last of them. `missing` were named by the database and not on the disk."""

    parts: tuple[Kept, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A part to write: exactly `size` bytes in chunks; `written` is the time of its file, in seconds since 1970."""

    name: str
    size: int
    chunks: Iterable[bytes]
    written: float = 0.0


def part_of(name: str, data: bytes) -> Part:
    """Return a part that is in memory."""
    return Part(name, len(data), (data,))


def write_archive(
    about: About, parts: Iterable[Part], missing: list[str], recipients: list[x25519.Recipient], into: IO[bytes]
) -> Manifest:
    """Write a sealed backup, a chunk at a time; `missing` is read when every part has been written."""
    kept: list[Kept] = []
    stream = _Stream(_tar(about, parts, missing, kept))
    try:
        pyrage.encrypt_io(io.BufferedReader(stream, _CHUNK), into, recipients)
    except Exception as error:
        raise stream.error or error from None
    if stream.error is not None:
        raise stream.error
    return Manifest(parts=tuple(kept), missing=tuple(missing))


def read_archive(file: Path, identity: x25519.Identity, folder: Path) -> tuple[About, Manifest]:
    """Unpack a backup into an empty folder, and check every part of it.

    Raises:
        InvalidBackup: it is not one, is cut off or altered, opens with another key, or newer software made it.
            What was unpacked stays in `folder`, which the caller clears.
    """
    reading, writing = os.pipe()
    opener = _Opener(file, identity, writing)
    opener.start()
    try:
        with os.fdopen(reading, "rb") as plain:
            about, found = _unpack(plain, folder)
            while plain.read(_CHUNK):
                pass  # age says at its very end whether anything was cut off
    except tarfile.TarError as error:
        raise opener.trouble() or InvalidBackup(f"{file.name} is no backup of Vertelpaal") from error
    except InvalidBackup as error:
        raise opener.trouble() or error from None
    if (trouble := opener.trouble()) is not None:
        raise trouble
    return about, _checked(folder, found)


def _tar(about: About, parts: Iterable[Part], missing: list[str], kept: list[Kept]) -> Iterator[bytes]:
    """Yield a tar file; note each part in `kept`."""
    yield from _entry(part_of(ABOUT, about.to_json().encode()), kept)
    for part in parts:
        yield from _entry(part, kept)
    manifest = Manifest(parts=tuple(kept), missing=tuple(missing)).to_json().encode()
    yield from _entry(part_of(MANIFEST, manifest), [])
    yield bytes(2 * tarfile.BLOCKSIZE)


def _entry(part: Part, kept: list[Kept]) -> Iterator[bytes]:
    entry = tarfile.TarInfo(part.name)
    entry.size, entry.mtime, entry.mode = part.size, part.written, 0o600
    yield entry.tobuf(tarfile.PAX_FORMAT)
    digest, size = hashlib.sha256(), 0
    for chunk in part.chunks:
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    if size != part.size:
        raise OSError(f"{part.name} changed while it was read")
    yield bytes(-size % tarfile.BLOCKSIZE)
    kept.append(Kept(name=part.name, size=size, sha256=digest.hexdigest()))


class _Stream(io.RawIOBase):
    """Chunks as a file to read from; keeps what went wrong, as the sealing library would rename it."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = memoryview(b"")
        self.error: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            while not self._left:
                self._left = memoryview(next(self._chunks))
        except StopIteration:
            return 0
        except Exception as error:
            self.error = error
            raise
        room = memoryview(buffer)
        size = min(len(room), len(self._left))
        room[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


class _Opener(threading.Thread):
    """Opens the sealed file into a pipe."""

    def __init__(self, file: Path, identity: x25519.Identity, pipe: int) -> None:
        super().__init__(name="opener", daemon=True)
        self._file = file
        self._identity = identity
        self._pipe = pipe
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            with open(self._file, "rb") as sealed, os.fdopen(self._pipe, "wb") as plain:
                pyrage.decrypt_io(sealed, plain, [self._identity])
        except Exception as error:
            self._error = error

    def trouble(self) -> Exception | None:
        """Return what went wrong, in words of ours."""
        self.join()
        error = self._error
        if error is None or isinstance(error, BrokenPipeError) or "Broken pipe" in str(error):
            return None  # the other side read enough to know that it is wrong
        if isinstance(error, OSError) and error.errno is not None:
            return error
        if "No matching keys" in str(error):
            return InvalidBackup(f"{self._file.name} was sealed to another key than this one")
        return InvalidBackup(f"{self._file.name} is no whole backup: it was cut off, altered, or is something else")


def _unpack(plain: IO[bytes], folder: Path) -> tuple[About, list[str]]:
    """Write every part into the folder, and return what the backup is and the names it has."""
    names: list[str] = []
    about: About | None = None
    with tarfile.open(fileobj=plain, mode="r|") as tar:
        for entry in tar:
            content = tar.extractfile(entry) if entry.isreg() and _NAME.fullmatch(entry.name) else None
            if content is None or ".." in entry.name:
                raise InvalidBackup(f"a part that no backup has: {entry.name[:80]!r}")
            target = folder / entry.name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(target, "xb") as file:
                while chunk := content.read(_CHUNK):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.utime(target, (entry.mtime, entry.mtime))
            names.append(entry.name)
            about = about or _about(target)
    if about is None:
        raise InvalidBackup("an empty backup")
    return about, names


def _about(file: Path) -> About:
    if file.name != ABOUT:
        raise InvalidBackup("it does not begin as a backup of Vertelpaal does")
    text = file.read_bytes()
    try:
        made_with = json.loads(text)["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidBackup("it does not say what it is") from error
    if not isinstance(made_with, int) or made_with > FORMAT:
        raise InvalidBackup("newer software made it; restore it with that")
    try:
        return About.from_json(text)
    except InvalidInput as error:
        raise InvalidBackup(error.message) from error


def _checked(folder: Path, names: list[str]) -> Manifest:
    """Compare what was unpacked with the manifest."""
    if not names or names[-1] != MANIFEST:
        raise InvalidBackup("it has no manifest at its end")
    try:
        manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
    except InvalidInput as error:
        raise InvalidBackup(error.message) from error
    if [part.name for part in manifest.parts] != names[:-1]:
        raise InvalidBackup("its parts are not those of its manifest")
    for part in manifest.parts:
        with open(folder / part.name, "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != part.sha256:
                raise InvalidBackup(f"wrong hash: {part.name}")
    return manifest

"""Sealed envelopes on the pole's disk until their receipt comes."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast
from uuid import UUID

from pyrage import x25519

from vertelpaal import envelope
from vertelpaal.durable import make_folder, remove_durably, remove_halves, reserve, write_durably
from vertelpaal.errors import Conflict
from vertelpaal.visit import Receipt, Visit

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

log = logging.getLogger(__name__)

_SEQUENCE_FILE = "sequence"
_SEQUENCE_DIGITS = 10
_LAST_SEQUENCE = 2**31 - 1
"""The last number that a visit can have."""
_RESERVED_FILE = ".reserved"
_NAME = re.compile(r"\d{10}-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.age")


def visit_of(file: Path) -> UUID | None:
    """Return whose envelope a file is, by its name; None for one that no pole named so."""
    named = _NAME.fullmatch(file.name)
    return UUID(named[1]) if named else None


@dataclass
class SealedVisit:
    """An envelope that waits to be sent; its hash is taken once, at sealing where that was in this run."""

    visit_id: UUID
    file: Path
    known_sha256: str | None = None

    @property
    def length(self) -> int:
        """Return the number of sealed bytes."""
        return self.file.stat().st_size

    def sha256(self) -> str:
        """Return the SHA-256 of the sealed bytes."""
        if self.known_sha256 is None:
            with open(self.file, "rb") as sealed:
                self.known_sha256 = hashlib.file_digest(sealed, "sha256").hexdigest()
        return self.known_sha256


class _Hashed(io.RawIOBase):
    """A file that is written, and the hash of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        self.sha256.update(data)
        return self._file.write(data)


class Outbox:
    """A folder of envelopes, named by sequence and visit; unsent ones never expire.

    Room for the next envelope, and its number, can be taken before somebody begins to tell something.
    """

    def __init__(self, folder: Path, take_room: Callable[[Path, int], None] = reserve) -> None:
        self._folder = folder
        self._take_room = take_room
        self._lock = threading.Lock()
        self._number: int | None = None
        self._discarded: set[Path] = set()
        """Envelopes whose sealing failed and that could not be removed yet: nobody was told that they are saved."""
        make_folder(folder)
        remove_halves(folder)
        self._known: dict[Path, SealedVisit] = {}

    @property
    def folder(self) -> Path:
        """Return where the envelopes lie."""
        return self._folder

    def reserve(self, size: int) -> None:
        """Take room for an envelope of so many bytes, and its number, so that nothing else can fill it.

        Raises:
            StorageFull: there is no room; what was reserved before still is.
        """
        with self._lock:
            self._take_room(self._folder / _RESERVED_FILE, size)
            self._number = self._number or self._new_number()

    def next_sequence(self) -> int:
        """Return a number higher than any before, also after a power cut; than any that waits, on a spoiled disk."""
        with self._lock:
            number, self._number = self._number or self._new_number(), None
        return number

    def put(self, visit: Visit, media: Mapping[UUID, bytes], recipients: Sequence[x25519.Recipient]) -> SealedVisit:
        """Seal a visit onto the disk; when this returns, a power cut does not take it away.

        Raises:
            StorageFull: there is no room; nothing of the visit is left.
        """
        sealed = SealedVisit(visit.id, self._folder / f"{visit.sequence:010d}-{visit.id}.age")

        def seal(part: IO[bytes]) -> None:
            hashed = _Hashed(part)
            envelope.seal(visit, media, recipients, cast(IO[bytes], hashed))
            sealed.known_sha256 = hashed.sha256.hexdigest()

        try:
            write_durably(sealed.file, seal, self._claim(sealed.file))
        except BaseException:
            self._discarded.add(sealed.file)
            self._discard()
            raise
        self._known[sealed.file] = sealed
        return sealed

    def waiting(self) -> list[SealedVisit]:
        """Return the envelopes that wait, oldest first; what else lies among them is left alone."""
        self._discard()
        files = sorted(set(self._folder.glob("*.age")) - self._discarded)
        named = [(file, visit_of(file)) for file in files]
        return [self._known.setdefault(file, SealedVisit(visit_id, file)) for file, visit_id in named if visit_id]

    def confirm(self, sealed: SealedVisit, receipt: Receipt) -> None:
        """Remove an envelope for which the server gave its word.

        Raises:
            Conflict: the receipt is for another visit or other bytes; the envelope stays.
        """
        if receipt.visit_id != sealed.visit_id or receipt.sha256 != sealed.sha256():
            raise Conflict("this receipt is for another envelope")
        remove_durably(sealed.file)
        self._known.pop(sealed.file, None)

    def _new_number(self) -> int:
        number = self._last_number() + 1
        write_durably(self._folder / _SEQUENCE_FILE, lambda part: part.write(str(number).encode()))
        return number

    def _last_number(self) -> int:
        """Return the highest number that was given; where the disk lost it, the highest of what waits."""
        try:
            told = (self._folder / _SEQUENCE_FILE).read_bytes()
        except FileNotFoundError:
            told = b""
        except OSError as error:
            log.error("the last sequence number cannot be read (%s)", error.strerror)
            told = b""
        if told.isdigit() and len(told) <= _SEQUENCE_DIGITS and int(told) < _LAST_SEQUENCE:
            return int(told)
        waiting = [int(path.name[:_SEQUENCE_DIGITS]) for path in self._folder.glob("*.age") if visit_of(path)]
        if told or waiting:
            log.error("the last sequence number is lost; numbers go on from what waits here")
        return max(waiting, default=0)

    def _claim(self, file: Path) -> Path | None:
        """Return the reserved room, now this envelope's; None when nothing was reserved."""
        claimed = file.with_name(f".{file.name}.part")
        with self._lock:  # room that is being taken would grow what is written into it
            try:
                os.replace(self._folder / _RESERVED_FILE, claimed)
            except FileNotFoundError:
                return None
        return claimed

    def _discard(self) -> None:
        for file in list(self._discarded):
            with suppress(OSError):  # the disk may be well again the next time
                remove_durably(file)
                self._discarded.discard(file)

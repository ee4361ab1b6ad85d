"""Sealed envelopes on the pole's disk until their receipt comes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pyrage import x25519

from vertelpaal import envelope
from vertelpaal.durable import remove_durably, write_durably
from vertelpaal.errors import Conflict
from vertelpaal.visit import Receipt, Visit

_SEQUENCE_FILE = "sequence"


@dataclass(frozen=True)
class SealedVisit:
    """An envelope that waits to be sent."""

    visit_id: UUID
    file: Path

    @property
    def length(self) -> int:
        """Return the number of sealed bytes."""
        return self.file.stat().st_size

    def sha256(self) -> str:
        """Return the SHA-256 of the sealed bytes."""
        with open(self.file, "rb") as sealed:
            return hashlib.file_digest(sealed, "sha256").hexdigest()


class Outbox:
    """A folder of envelopes, named by sequence and visit; unsent ones never expire."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for half in folder.glob(".*.part"):
            half.unlink()

    @property
    def folder(self) -> Path:
        """Return where the envelopes lie."""
        return self._folder

    def next_sequence(self) -> int:
        """Return a number higher than any before, also after a power cut."""
        file = self._folder / _SEQUENCE_FILE
        sequence = int(file.read_text()) + 1 if file.exists() else 1
        write_durably(file, lambda part: part.write(str(sequence).encode()))
        return sequence

    def put(self, visit: Visit, media: Mapping[UUID, bytes], recipients: Sequence[x25519.Recipient]) -> SealedVisit:
        """Seal a visit onto the disk; when this returns, a power cut does not take it away.

        Raises:
            StorageFull: there is no room; nothing of the visit is left.
        """
        file = self._folder / f"{visit.sequence:010d}-{visit.id}.age"
        write_durably(file, lambda part: envelope.seal(visit, media, recipients, part))
        return SealedVisit(visit.id, file)

    def waiting(self) -> list[SealedVisit]:
        """Return the envelopes that wait, oldest first."""
        return [SealedVisit(UUID(file.stem.split("-", 1)[1]), file) for file in sorted(self._folder.glob("*.age"))]

    def confirm(self, sealed: SealedVisit, receipt: Receipt) -> None:
        """Remove an envelope for which the server gave its word.

        Raises:
            Conflict: the receipt is for another visit or other bytes; the envelope stays.
        """
        if receipt.visit_id != sealed.visit_id or receipt.sha256 != sealed.sha256():
            raise Conflict("this receipt is for another envelope")
        remove_durably(sealed.file)

"""Envelopes in: resumable uploads, and receipts that are true when they are given.

Bytes that have arrived so far lie in `<visit>.part`, whose length is the offset. The last piece is synced, checked
and renamed to `<visit>.age`, then the row is committed as received, and only then is there a receipt.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from sqlalchemy.orm import Session

from server.database import Database
from server.live import announce
from server.tables import EnvelopeRow, EnvelopeState
from vertelpaal.clock import Clock
from vertelpaal.durable import OUT_OF_ROOM, sync_folder
from vertelpaal.envelope import MAX_SEALED_BYTES
from vertelpaal.errors import DifferentBytes, InvalidInput, NotFound, StorageFull, Throttled, TooLarge, WrongOffset
from vertelpaal.visit import Receipt

KEEP_FREE_BYTES = 200 * 2**20
"""Room that envelopes leave for the database and for work."""

LOCKS = 1024
"""Uploads share this many lock files, so that no lock file is ever removed."""


@dataclass(frozen=True)
class Progress:
    """How far an upload is; `receipt` is there when it is complete and safe."""

    offset: int
    length: int
    receipt: Receipt | None = None


class Intake:
    """Takes envelopes into a folder and the database; every method may be called again after a crash."""

    def __init__(self, database: Database, folder: Path, clock: Clock, keep_free: int = KEEP_FREE_BYTES) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._keep_free = keep_free
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def declare(self, visit_id: UUID, kiosk_id: UUID, length: int, sha256: str) -> Progress:
        """Open an upload, or find it where it is.

        Raises:
            TooLarge: no envelope is that large.
            StorageFull: there is no room for it now.
            DifferentBytes: the visit came before with other bytes, which staff are shown.
            NotFound: the visit is another pole's.
        """
        if not 0 < length <= MAX_SEALED_BYTES:
            raise TooLarge(f"an envelope has between 1 and {MAX_SEALED_BYTES} bytes")
        with self._database.transaction() as session:
            row = session.get(EnvelopeRow, visit_id)
            if row is None:
                self._check_room(length)
                session.add(self._new_row(visit_id, kiosk_id, length, sha256))
                return Progress(0, length)
            if (row.length, row.sha256) == (length, sha256):
                row.kiosk_id = kiosk_id  # the same pole, paired anew: who has these very bytes may deliver them
                return self._progress(row)
            if row.kiosk_id != kiosk_id:
                raise NotFound("there is no such envelope")
            row.other_sha256 = sha256
            announce(session, "different-bytes", visit_id, self._clock.now())
        raise DifferentBytes("this visit arrived before with other bytes")

    def progress(self, visit_id: UUID, kiosk_id: UUID) -> Progress:
        """Return how far an upload is.

        Raises:
            NotFound: it was never declared, or by another pole.
        """
        with self._database.reading() as session:
            return self._progress(self._find(session, visit_id, kiosk_id))

    def append(self, visit_id: UUID, kiosk_id: UUID, offset: int, pieces: Iterable[bytes]) -> Progress:
        """Add bytes at the offset; what arrived before a cut stays, and the upload goes on from there.

        Raises:
            WrongOffset: the upload is elsewhere (at 0 when all arrived and the hash did not match).
            InvalidInput: more bytes came than were declared.
            StorageFull: there is no room now.
            NotFound: it was never declared, or by another pole.
        Throttled: another upload holds this place now.
        """
        with self._database.reading() as session:
            row = self._find(session, visit_id, kiosk_id)
        before = self._progress(row)
        if before.receipt:
            return before
        with self._locked(visit_id) as part:
            at = part.seek(0, os.SEEK_END)
            if self._final(visit_id).exists():
                at = row.length
            if offset != at:
                raise WrongOffset(f"this upload is at {at}", offset=at)
            at = self._write(part, pieces, at, row.length)
            if at < row.length:
                return Progress(at, row.length)
            self._complete(part, row)
        return self._receive(row)

    def _complete(self, part: IO[bytes], row: EnvelopeRow) -> None:
        """Make the bytes durable under their final name, if they are the declared ones."""
        final = self._final(row.visit_id)
        if final.exists():
            return
        os.fsync(part.fileno())
        part.seek(0)
        if hashlib.file_digest(part, "sha256").hexdigest() != row.sha256:  # type: ignore[arg-type]  # a file will do
            part.truncate(0)
            raise WrongOffset("all bytes came, but not the declared ones; begin again", offset=0)
        self._part(row.visit_id).rename(final)
        sync_folder(self._folder)

    def _receive(self, row: EnvelopeRow) -> Progress:
        with self._database.transaction() as session:
            stored = session.get_one(EnvelopeRow, row.visit_id)
            if stored.state == EnvelopeState.UPLOADING:
                stored.state = EnvelopeState.RECEIVED
                stored.received_at = self._clock.now()
                announce(session, "envelope", row.visit_id, self._clock.now())
        return self._progress(stored)

    def _write(self, part: IO[bytes], pieces: Iterable[bytes], at: int, length: int) -> int:
        try:
            for piece in pieces:
                if at + len(piece) > length:
                    raise InvalidInput(f"more than the {length} bytes that were declared")
                part.write(piece)
                at += len(piece)
            part.flush()
        except OSError as error:
            if error.errno in OUT_OF_ROOM:
                raise StorageFull("no room for this envelope now") from error
            raise
        return at

    def _progress(self, row: EnvelopeRow) -> Progress:
        if row.state != EnvelopeState.UPLOADING:
            assert row.received_at is not None
            receipt = Receipt(visit_id=row.visit_id, sha256=row.sha256, received_at=row.received_at)
            return Progress(row.length, row.length, receipt)
        if self._final(row.visit_id).exists():
            return Progress(row.length, row.length)
        part = self._part(row.visit_id)
        return Progress(part.stat().st_size if part.exists() else 0, row.length)

    def _find(self, session: Session, visit_id: UUID, kiosk_id: UUID) -> EnvelopeRow:
        row = session.get(EnvelopeRow, visit_id)
        if row is None or row.kiosk_id != kiosk_id:
            raise NotFound("there is no such envelope")
        return row

    def _new_row(self, visit_id: UUID, kiosk_id: UUID, length: int, sha256: str) -> EnvelopeRow:
        return EnvelopeRow(
            visit_id=visit_id,
            kiosk_id=kiosk_id,
            sha256=sha256,
            length=length,
            state=EnvelopeState.UPLOADING,
            declared_at=self._clock.now(),
            attempts=0,
        )

    def _check_room(self, length: int) -> None:
        if shutil.disk_usage(self._folder).free - length < self._keep_free:
            raise StorageFull("no room for this envelope now")

    @contextmanager
    def _locked(self, visit_id: UUID) -> Iterator[IO[bytes]]:
        """Open the part for one writer at a time, in any process."""
        with open(self._folder / f".lock-{visit_id.int % LOCKS}", "wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Throttled("an upload is under way here; try again in a while") from error
            if self._final(visit_id).exists():
                with open(self._final(visit_id), "rb") as final:
                    yield final
            else:
                with open(self._part(visit_id), "a+b", buffering=0) as part:
                    yield part

    def _part(self, visit_id: UUID) -> Path:
        return self._folder / f"{visit_id}.part"

    def _final(self, visit_id: UUID) -> Path:
        return self._folder / f"{visit_id}.age"

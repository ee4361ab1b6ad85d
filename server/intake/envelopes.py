"""Envelopes in: resumable uploads, and receipts that are true when they are given.

Bytes that have arrived so far lie in `<visit>.part`, whose length is the offset. The last piece is synced, checked
and renamed to `<visit>.age`, then the row is committed as received, and only then is there a receipt.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.database import Database
from server.intake.hashing import HashAside
from server.intake.quota import Quota
from server.live import announce
from server.privacy.belief import stamp_now
from server.tables import EnvelopeRow, EnvelopeState
from vertelpaal.clock import Clock
from vertelpaal.durable import make_folder, out_of_room, remove_durably, sync_folder
from vertelpaal.envelope import MAX_SEALED_BYTES
from vertelpaal.errors import DifferentBytes, InvalidInput, NotFound, StorageFull, Throttled, TooLarge, WrongOffset
from vertelpaal.visit import Receipt

KEEP_FREE_BYTES = 200 * 2**20
"""Room that envelopes leave for the database and for work."""

IS_ARRIVING = EnvelopeRow.state == EnvelopeState.UPLOADING

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

    def __init__(
        self,
        database: Database,
        folder: Path,
        clock: Clock,
        keep_free: int = KEEP_FREE_BYTES,
        quota: Quota = Quota(),  # noqa: B008  # frozen
    ) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._keep_free = keep_free
        self._quota = quota
        self._spoiled: set[UUID] = set()
        """Uploads whose sync failed: the system may call their bytes safe from then on, and they are not."""
        make_folder(folder)

    def declare(self, visit_id: UUID, kiosk_id: UUID, length: int, sha256: str) -> Progress:
        """Open an upload, or find it where it is.

        Raises:
            TooLarge: no envelope is that large.
            StorageFull: there is no room for it now.
            DifferentBytes: the visit came before with other bytes, which staff are shown.
            NotFound: the visit is another pole's.
            Throttled: this pole has brought as much as it may for now, or too much of it is not opened yet.
        """
        if not 0 < length <= MAX_SEALED_BYTES:
            raise TooLarge(f"an envelope has between 1 and {MAX_SEALED_BYTES} bytes")
        try:
            return self._declare(visit_id, kiosk_id, length, sha256)
        except IntegrityError:  # another request declared it in the same moment
            return self._declare(visit_id, kiosk_id, length, sha256)

    def _declare(self, visit_id: UUID, kiosk_id: UUID, length: int, sha256: str) -> Progress:
        with self._database.transaction() as session:
            row = session.get(EnvelopeRow, visit_id)
            if row is None:
                self._check_room(length)
                disk_bytes = shutil.disk_usage(self._folder).total
                said = self._clock.now()
                now = stamp_now(session, said)
                self._quota.check(session, kiosk_id, length, now, disk_bytes)
                row = _new_row(visit_id, kiosk_id, length, sha256, now)
                row.clock_was_doubted = now != said
                session.add(row)
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
        with out_of_room("this envelope"), self._locked(visit_id) as part, HashAside() as aside:
            with self._database.reading() as session:
                self._find(session, visit_id, kiosk_id)  # it may have been forgotten just now
            if visit_id in self._spoiled:
                part.truncate(0)
                self._spoiled.discard(visit_id)
            at = part.seek(0, os.SEEK_END)
            if self._final(visit_id).exists():
                at = row.length
            if offset != at:
                raise WrongOffset(f"this upload is at {at}", offset=at)
            in_one_go = at == 0
            at = self._write(part, aside.passing(pieces) if in_one_go else pieces, at, row.length)
            if at < row.length:
                return Progress(at, row.length)
            self._complete(part, row, aside.hexdigest if in_one_go else lambda: _hash_of(part))
        return self._receive(row)

    def _complete(self, part: IO[bytes], row: EnvelopeRow, arrived: Callable[[], str]) -> None:
        """Make the bytes durable under their final name, if their SHA-256 as `arrived` is the declared one."""
        final = self._final(row.visit_id)
        if final.exists():
            if _hash_of(part) != row.sha256:
                remove_durably(final)
                raise WrongOffset("other bytes lay here than the declared ones; begin again", offset=0)
            final.rename(self._part(row.visit_id))  # a name whose sync failed is kept only once it is given anew
        else:
            try:
                os.fsync(part.fileno())
            except OSError:
                self._spoiled.add(row.visit_id)
                with suppress(OSError):  # now, if it goes: the next run of the server would take them for safe
                    part.truncate(0)
                raise
            if arrived() != row.sha256:
                part.truncate(0)
                raise WrongOffset("all bytes came, but not the declared ones; begin again", offset=0)
        self._part(row.visit_id).rename(final)
        sync_folder(self._folder)

    def forget_abandoned(self, before: datetime) -> int:
        """Forget uploads that nobody went on with since `before`; return how many. A pole may declare them anew."""
        begun = select(EnvelopeRow.visit_id).where(IS_ARRIVING, EnvelopeRow.declared_at < before)
        with self._database.reading() as session:
            visits = session.scalars(begun).all()
        return sum(self._forget(visit_id, before) for visit_id in visits)

    def receive_whole(self) -> int:
        """Receive what is whole and was stopped just before its receipt, also if its pole never asks again."""
        arriving = select(EnvelopeRow.visit_id).where(IS_ARRIVING)
        with self._database.reading() as session:
            visits = session.scalars(arriving).all()
        return sum(self._receive_if_whole(visit_id) for visit_id in visits if self._final(visit_id).exists())

    def _receive_if_whole(self, visit_id: UUID) -> bool:
        with suppress(Throttled, WrongOffset), self._locked(visit_id) as part:
            with self._database.reading() as session:
                row = session.get(EnvelopeRow, visit_id)
            if row is None or row.state != EnvelopeState.UPLOADING:
                return False  # another worker was first
            self._complete(part, row, lambda: _hash_of(part))
            return self._receive(row).receipt is not None
        return False

    def _forget(self, visit_id: UUID, before: datetime) -> bool:
        """Forget one upload, unless it goes on now or all of it is here."""
        with suppress(Throttled), self._locked(visit_id) as part:
            written = os.fstat(part.fileno())
            is_lately = (
                before.timestamp() <= written.st_mtime <= self._clock.now().timestamp()
            )  # or a wrong clock wrote it
            if self._final(visit_id).exists() or (written.st_size and is_lately):
                return False
            remove_durably(self._part(visit_id))  # first: without its row nobody would know whose it is
            forget = delete(EnvelopeRow).where(
                EnvelopeRow.visit_id == visit_id, IS_ARRIVING, EnvelopeRow.declared_at < before
            )
            with self._database.transaction() as session:  # another worker may have been first
                return session.scalar(forget.returning(EnvelopeRow.visit_id)) is not None
        return False

    def _receive(self, row: EnvelopeRow) -> Progress:
        with self._database.transaction() as session:
            stored = self._find(session, row.visit_id, row.kiosk_id)
            if stored.state == EnvelopeState.UPLOADING:
                stored.state = EnvelopeState.RECEIVED
                now = self._clock.now()
                stored.received_at = stamp_now(session, now)
                stored.clock_was_doubted = stored.received_at != now
                announce(session, "envelope", row.visit_id, now)
        return self._progress(stored)

    def _write(self, part: IO[bytes], pieces: Iterable[bytes], at: int, length: int) -> int:
        for piece in pieces:
            if at + len(piece) > length:
                raise InvalidInput(f"more than the {length} bytes that were declared")
            at += _write_all(part, piece)
        return at

    def _progress(self, row: EnvelopeRow) -> Progress:
        if row.state != EnvelopeState.UPLOADING:
            assert row.received_at is not None
            receipt = Receipt(visit_id=row.visit_id, sha256=row.sha256, received_at=row.received_at)
            return Progress(row.length, row.length, receipt)
        if self._final(row.visit_id).exists():
            return Progress(row.length, row.length)
        try:
            return Progress(self._part(row.visit_id).stat().st_size, row.length)
        except FileNotFoundError:  # nothing came yet, or it was completed just now
            return Progress(row.length if self._final(row.visit_id).exists() else 0, row.length)

    def _find(self, session: Session, visit_id: UUID, kiosk_id: UUID) -> EnvelopeRow:
        row = session.get(EnvelopeRow, visit_id)
        if row is None or row.kiosk_id != kiosk_id:
            raise NotFound("there is no such envelope")
        return row

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


def _new_row(visit_id: UUID, kiosk_id: UUID, length: int, sha256: str, now: datetime) -> EnvelopeRow:
    return EnvelopeRow(
        visit_id=visit_id,
        kiosk_id=kiosk_id,
        sha256=sha256,
        length=length,
        state=EnvelopeState.UPLOADING,
        declared_at=now,
        attempts=0,
    )


def _hash_of(part: IO[bytes]) -> str:
    """Return the SHA-256 of what came in several goes, read back."""
    part.seek(0)
    return hashlib.file_digest(part, "sha256").hexdigest()  # type: ignore[arg-type]  # a file will do


def _write_all(part: IO[bytes], piece: bytes) -> int:
    """Write a piece to an unbuffered file, which may take it in parts; return its length."""
    rest = memoryview(piece)
    while rest:
        rest = rest[part.write(rest) :]
    return len(piece)

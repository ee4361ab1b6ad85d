"""The journal of withdrawals: a file beside the database, so that a restore cannot bring back what was erased since.

One line for each tombstone, `<keyed hash> <when> <visit id or ->`, synced before the withdrawal is committed. It
holds no code and nothing that was said; a copy of it belongs on another machine, as the backups do. A line ends with
its tombstone, when all that the code could take back is over in whatever backup.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import Database
from server.tables import TombstoneRow
from vertelpaal.durable import sync_folder, write_durably
from vertelpaal.errors import UnfitMachine

_LINE = re.compile(r"([0-9a-f]{64}) (\S+) ([0-9a-f-]{36}|-)")


class Tombstone(NamedTuple):
    """A code that was withdrawn, as keyed hash."""

    code_hash: str
    withdrawn_at: datetime
    visit_id: UUID | None


def keep_journal(database: Database, file: Path) -> None:
    """Write every tombstone of this database into the journal before it is committed."""

    def note(session: Session, *_: Any) -> None:
        for row in session.new:
            if isinstance(row, TombstoneRow):
                write_lines(file, [Tombstone(row.withdrawal_hash, row.withdrawn_at, row.visit_id)])

    database.before_flush(note)


def check_writable(file: Path) -> None:
    """Check that lines can be added to the journal, where there is one.

    Raises:
        UnfitMachine: they cannot, as it was put back by another account.
    """
    if not file.exists():
        return
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_APPEND))
    except OSError as error:
        says = f"the journal of withdrawals, {file}, cannot be written here: {error.strerror}"
        raise UnfitMachine(
            f"{says}; let `systemd-tmpfiles --create vertelpaal.conf` set it right, and restore"
        ) from error


def write_lines(file: Path, tombstones: Iterable[Tombstone]) -> None:
    """Add lines to the journal; they are on the disk when this returns."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new = not file.exists()
    with _held(file) as journal:
        # each begins a line of its own also after one that a power cut halved
        journal.write("".join(f"\n{_line(one)}\n" for one in tombstones).encode())
        os.fsync(journal.fileno())
    if is_new:
        sync_folder(file.parent)


def read_journal(file: Path) -> list[Tombstone]:
    """Return what the journal holds, oldest first; a line that a power cut halved was never committed."""
    if not file.exists():
        return []
    found = (_LINE.fullmatch(line) for line in file.read_text().splitlines())
    return [
        Tombstone(line[1], datetime.fromisoformat(line[2]), None if line[3] == "-" else UUID(line[3]))
        for line in found
        if line
    ]


@dataclass(frozen=True)
class Journal:
    """The journal with its end: `kept` is how long a tombstone is."""

    file: Path
    kept: timedelta

    def end_lines(self, session: Session, now: datetime) -> int:
        """End the lines whose tombstone is over and gone, and return how many; halved ones go with them."""
        if not self.file.exists():
            return 0
        there = set(session.scalars(select(TombstoneRow.withdrawal_hash)))
        with _held(self.file) as journal:
            for half in self.file.parent.glob(f".{self.file.name}.*.part"):
                half.unlink()  # of a run that was killed
            lines = read_journal(self.file)
            kept = [one for one in lines if one.code_hash in there or now - one.withdrawn_at <= self.kept]
            if len(kept) < len(lines):
                mode = stat.S_IMODE(os.fstat(journal.fileno()).st_mode)
                write_durably(self.file, lambda new: _write_anew(new, kept, mode))
        return len(lines) - len(kept)


def _write_anew(file: IO[bytes], tombstones: Iterable[Tombstone], mode: int) -> None:
    os.fchmod(file.fileno(), mode)
    file.write("".join(f"{_line(one)}\n" for one in tombstones).encode())


def _line(one: Tombstone) -> str:
    return f"{one.code_hash} {one.withdrawn_at.isoformat()} {one.visit_id or '-'}"


@contextmanager
def _held(file: Path) -> Iterator[IO[bytes]]:
    """Open the journal for one writer at a time, in any process; who waits while it is written anew opens that one."""
    while True:
        with open(file, "ab", buffering=0, opener=lambda path, flags: os.open(path, flags, 0o600)) as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(journal.fileno()), os.stat(file)):
                yield journal
                return

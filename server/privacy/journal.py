"""The journal of withdrawals: a file beside the database, so that a restore cannot bring back what was erased since.

One line for each tombstone, `<keyed hash> <when> <visit id or ->`, synced before the withdrawal is committed. It
holds no code and nothing that was said; a copy of it belongs on another machine, as the backups do.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from server.database import Database
from server.tables import TombstoneRow
from vertelpaal.durable import sync_folder

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
                write_line(file, Tombstone(row.withdrawal_hash, row.withdrawn_at, row.visit_id))

    database.before_flush(note)


def write_line(file: Path, tombstone: Tombstone) -> None:
    """Add a line to the journal; it is on the disk when this returns."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new = not file.exists()
    line = f"{tombstone.code_hash} {tombstone.withdrawn_at.isoformat()} {tombstone.visit_id or '-'}"
    with open(file, "ab", buffering=0, opener=lambda path, flags: os.open(path, flags, 0o600)) as journal:
        journal.write(f"\n{line}\n".encode())  # begins a line of its own also after one that a power cut halved
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

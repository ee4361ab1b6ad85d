"""Restoring a backup: everything is verified before anything is touched, and what was withdrawn since stays gone."""

from __future__ import annotations

import hmac
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pyrage import x25519
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from server.backup.archive import About, Manifest, read_archive
from server.backup.backup import withdrawal_check
from server.backup.places import Places
from server.backup.rows import drop_everything, has_table, is_empty, load
from server.migrations import is_known, migrate_on
from server.privacy.belief import believe_as_of
from server.privacy.journal import Tombstone, check_writable, read_journal, write_lines
from server.privacy.withdrawal import erase_again
from server.tables import EnvelopeRow, EnvelopeState, RecordingRow, RecordingState, TombstoneRow, VisitRow
from vertelpaal.durable import sync_folder, write_durably
from vertelpaal.errors import Conflict, InvalidBackup

Settle = Callable[[Session, Sequence[Tombstone]], None]
"""What is done to the restored rows before anybody sees them; told of every withdrawal that is known here."""


@dataclass(frozen=True)
class Restored:
    """What a restore brought back; `erased` counts withdrawals that were done again."""

    made_at: datetime
    software: str
    visits: int
    files: int
    erased: int
    missing: Sequence[str]


def restore(
    file: Path,
    identity: x25519.Identity,
    engine: Engine,
    places: Places,
    withdrawal_key: bytes,
    *,
    replace: bool = False,
    settle: Sequence[Settle] | None = None,
) -> Restored:
    """Bring back a backup, into an empty home, or in place of everything that is there with `replace`.

    A restore that is stopped before it touches anything leaves all as it was. One that is stopped later leaves a mark:
    server and worker do not start until it has been done again.

    Raises:
        InvalidBackup: the file is not whole, not ours, of newer software, or opens with another key.
        Conflict: the home is not empty, another restore runs, or the withdrawal key is another one.
        UnfitMachine: the journal of withdrawals was put back in such a way that it cannot be written.
    """
    with places.held():
        check_writable(places.journal)
        shutil.rmtree(places.staging, ignore_errors=True)
        _check_room_for_it(engine, places, replace=replace or places.begun.exists())
        places.staging.mkdir(parents=True, mode=0o700)
        try:
            about, manifest = read_archive(file, identity, places.staging)
            _check_fits(about, withdrawal_key)
            done = _bring_back(about, manifest, engine, places, settle or (withdrawn_stays_gone,))
        finally:
            shutil.rmtree(places.staging, ignore_errors=True)
        places.mark_ended()
    return done


def withdrawn_stays_gone(session: Session, tombstones: Sequence[Tombstone]) -> None:
    """Erase again what was withdrawn since, and let its tombstone meet envelopes that still wait."""
    for code_hash, withdrawn_at, visit_id in tombstones:
        if session.get(TombstoneRow, code_hash) is None:
            session.add(TombstoneRow(withdrawal_hash=code_hash, withdrawn_at=withdrawn_at, visit_id=visit_id))
            session.flush()
        erase_again(session, code_hash, withdrawn_at)


def _check_room_for_it(engine: Engine, places: Places, *, replace: bool) -> None:
    with engine.connect() as connection:
        is_free = is_empty(connection)
    if not replace and not (is_free and not any(_files_in(folder) for folder in places.kept.values())):
        raise Conflict("this home is not empty; --replace-everything puts the backup in place of all that is here")


def _check_fits(about: About, withdrawal_key: bytes) -> None:
    if not is_known(about.revision):
        raise InvalidBackup(f"newer software ({about.software}) made it; restore it with that")
    if not hmac.compare_digest(about.withdrawal_check, withdrawal_check(withdrawal_key)):
        raise Conflict("VERTELPAAL_WITHDRAWAL_KEY is another one than this backup's: no withdrawal code would work")


def _bring_back(about: About, manifest: Manifest, engine: Engine, places: Places, settle: Sequence[Settle]) -> Restored:
    """Put rows and files in place: the rows in one transaction, which ends when every file is where it belongs."""
    staging = places.staging
    with engine.begin() as connection:
        tombstones = _known_tombstones(connection, places.journal)
        drop_everything(connection)
        migrate_on(connection, about.revision)
        load(connection, staging / "database")
        migrate_on(connection)
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            believe_as_of(session, about.made_at)
            before = _withdrawn(session)
            for make_good in settle:
                make_good(session, tombstones)
            session.commit()
            _note_withdrawals(session, places.journal)
            erased = _withdrawn(session) - before
            visits = session.scalar(select(func.count()).select_from(VisitRow)) or 0
            _drop_files_without_owner(session, staging)
        places.mark_begun()
        files = sum(_move_in(staging / name, folder) for name, folder in places.kept.items())
        _keep_settings(staging, places)
    return Restored(about.made_at, about.software, visits, files, erased, manifest.missing)


def _known_tombstones(connection: Connection, journal: Path) -> list[Tombstone]:
    """Return every withdrawal that the present database or the journal knows."""
    known = {one.code_hash: one for one in read_journal(journal)}
    if has_table(connection, "tombstones"):
        known |= {one.code_hash: one for one in _tombstones(connection)}
    return list(known.values())


def _note_withdrawals(session: Session, journal: Path) -> None:
    """Let the journal know every withdrawal that the restored rows know: the next restore may be of an older backup."""
    noted = {one.code_hash for one in read_journal(journal)}
    if new := [one for one in _tombstones(session) if one.code_hash not in noted]:
        write_lines(journal, new)


def _tombstones(rows: Connection | Session) -> list[Tombstone]:
    columns = (TombstoneRow.withdrawal_hash, TombstoneRow.withdrawn_at, TombstoneRow.visit_id)
    return [Tombstone(*row) for row in rows.execute(select(*columns))]


def _withdrawn(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(VisitRow).where(VisitRow.withdrawn_at.is_not(None))) or 0


def _drop_files_without_owner(session: Session, staging: Path) -> None:
    """Remove media and quarantined recordings whose recording is erased, before they come into view.

    Also sealed bytes of envelopes that were opened while the backup was made: their visit is in its rows.
    """
    named = session.execute(select(RecordingRow.media_file, RecordingRow.poster_file)).all()
    live = {name for row in named for name in row if name}
    erased = session.scalars(select(RecordingRow.id).where(RecordingRow.state == RecordingState.ERASED))
    gone = {str(one) for one in erased}
    for file in _files_in(staging / "media"):
        if file.name not in live:
            file.unlink()
    received = select(EnvelopeRow.visit_id).where(EnvelopeRow.state == EnvelopeState.RECEIVED)
    waiting = {f"{visit_id}.age" for visit_id in session.scalars(received)}
    for file in _files_in(staging / "sealed"):
        if file.name not in waiting:
            file.unlink()
    for file in _files_in(staging / "quarantine"):
        if file.name.partition(".")[0] in gone:
            file.unlink()


def _move_in(source: Path, folder: Path) -> int:
    """Let a folder hold the restored files and no others; return how many."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in _files_in(folder):
        old.unlink()
    files = _files_in(source)
    for file in files:
        os.replace(file, folder / file.name)
    sync_folder(folder)
    return len(files)


def _keep_settings(staging: Path, places: Places) -> None:
    """Lay the settings of the backup beside the present ones, and bring back private keys that are not here."""
    settings = (staging / "settings.env").read_bytes()
    write_durably(places.home / "settings.from-backup.env", lambda file: file.write(settings))
    for key in _files_in(staging / "keys"):
        places.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (places.keys / key.name).exists():
            os.replace(key, places.keys / key.name)
            sync_folder(places.keys)


def _files_in(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.glob("*")) if file.is_file() and not file.name.startswith(".")]

"""Taking a backup of a library that runs on: one moment of the database, and the files that it names."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

from pydantic import SecretStr
from pyrage import x25519
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.backup.archive import About, Manifest, Part, part_of, write_archive
from server.backup.places import Places
from server.backup.rows import dump
from server.config import ServerSettings
from server.database import Database
from server.migrations import current_revision
from server.privacy.belief import believed_now
from server.tables import EnvelopeRow, EnvelopeState, FileRow, RecordingRow
from vertelpaal import __version__
from vertelpaal.clock import Clock
from vertelpaal.durable import write_durably
from vertelpaal.errors import Conflict, InvalidInput, SettingsError

AT_ONCE = 64
"""How many envelopes that wait are held open at once; the others are written one by one, ahead of the rows."""
NAME = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{4})?\.age", re.ASCII)
"""How a backup is called that goes by its age: by its day, and the minute, as the nightly one of `deploy/` is."""
_CHUNK = 2**20
_TRIES = 20
_ADDRESSES = ("database_url", "work_database_url")
"""Settings that belong to one machine and may hold a password."""


@dataclass(frozen=True)
class BackedUp:
    """What is in a backup; `missing` are files that the database names and that are not on the disk."""

    bytes: int
    parts: int
    missing: Sequence[str]


def back_up(
    database: Database,
    places: Places,
    recipient: x25519.Recipient,
    withdrawal_key: bytes,
    clock: Clock,
    target: Path,
    *,
    with_secrets: bool = False,
    at_once: int = AT_ONCE,
) -> BackedUp:
    """Write a sealed backup to `target`, whole or not at all, while everything runs on.

    Raises:
        Conflict: `target` is there already, or envelopes come and go faster than they can be written.
        StorageFull: there is no room; nothing is left behind.
    """
    if target.exists():
        raise Conflict(f"{target} is there already; a backup is never overwritten")
    for half in target.parent.glob(f".{target.name}.*.part"):
        half.unlink()  # of a backup that was killed
    missing: list[str] = []
    with database.reading() as session:
        about = About(
            software=__version__,
            revision=current_revision(session.connection()) or "",
            made_at=believed_now(session, clock.now()),
            withdrawal_check=withdrawal_check(withdrawal_key),
        )
    written: list[Manifest] = []

    def write(file: IO[bytes]) -> None:
        parts = _parts(database, places, missing, at_once, with_secrets=with_secrets)
        written.append(write_archive(about, parts, missing, [recipient], file))

    previous = os.umask(0o077)
    try:
        write_durably(target, write)
    finally:
        os.umask(previous)
    with database.reading() as session:
        named = {_sealed(visit_id) for visit_id in _waiting(session)} | {name for name, _ in _files(session, places)}
    lost = named & set(missing)  # the others were withdrawn meanwhile
    return BackedUp(target.stat().st_size, len(written[0].parts), sorted(lost))


def check_name(made: Path) -> None:
    """Check that a backup carries a name by which `remove_older_backups` will know it, once it is old.

    Raises:
        InvalidInput: it does not.
    """
    if not NAME.fullmatch(made.name):
        raise InvalidInput(f"--remove-older knows backups by their day, as 2026-03-14.age, and not {made.name}")


def remove_older_backups(made: Path, kept: timedelta, now: datetime) -> list[str]:
    """Remove the backups beside one that was just made that are kept long enough; return their names.

    Whatever is called otherwise, or is no plain file, somebody else put there, and it stays. A backup that a wrong
    clock dated after now counts from now.
    """
    removed: list[str] = []
    for file in sorted(made.parent.iterdir()):
        if not NAME.fullmatch(file.name) or file.is_symlink() or not file.is_file():
            continue
        age = now - datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if age < timedelta():
            os.utime(file, (now.timestamp(), now.timestamp()))
        elif file != made and age > kept:
            file.unlink()
            removed.append(file.name)
    return removed


def withdrawal_check(key: bytes) -> str:
    """Return what tells one withdrawal key from another, and tells nothing of it."""
    return hmac.new(key, b"vertelpaal backup", "sha256").hexdigest()


def _parts(
    database: Database, places: Places, missing: list[str], at_once: int, *, with_secrets: bool
) -> Iterator[Part]:
    """Yield everything; note in `missing` what the database names and the disk has not.

    Envelopes that wait go first, one by one, until at most `at_once` are left. Those are held open while a moment of
    the database is taken: whoever opens and removes one from then on takes nothing out of the backup.
    """
    done: set[UUID] = set()
    for _ in range(_TRIES):
        with ExitStack() as held:
            session = held.enter_context(database.reading())
            left = [visit_id for visit_id in _waiting(session) if visit_id not in done]
            if len(left) <= at_once:
                sealed = {visit_id: _hold(places, visit_id, held) for visit_id in left}
                gone = [visit_id for visit_id, file in sealed.items() if file is None]
                if all(_still_waits(database, visit_id) for visit_id in gone):
                    missing += map(_sealed, gone)
                    yield from _moment(session, sealed, places, missing, with_secrets=with_secrets)
                    return
                continue  # it was opened just now: the next moment has its visit
        for visit_id in left:
            with ExitStack() as held:
                if (file := _hold(places, visit_id, held)) is not None:
                    yield _part(_sealed(visit_id), file)
                elif _still_waits(database, visit_id):
                    missing.append(_sealed(visit_id))
                done.add(visit_id)
    raise Conflict("envelopes come and go faster than a backup can write them; try again in a while")


def _waiting(session: Session) -> Sequence[UUID]:
    """Return the visits whose envelopes wait, oldest first."""
    waiting = select(EnvelopeRow.visit_id).where(EnvelopeRow.state == EnvelopeState.RECEIVED)
    return session.scalars(waiting.order_by(EnvelopeRow.received_at)).all()


def _hold(places: Places, visit_id: UUID, stack: ExitStack) -> IO[bytes] | None:
    """Hold sealed bytes open, so that they stay readable whatever happens to their name; None when they are gone."""
    try:
        return stack.enter_context(open(places.sealed / f"{visit_id}.age", "rb"))
    except FileNotFoundError:
        return None


def _still_waits(database: Database, visit_id: UUID) -> bool:
    """Return whether an envelope waits now: sealed bytes are removed when its row is done, so then they are lost."""
    with database.reading() as session:
        row = session.get(EnvelopeRow, visit_id)
        return row is not None and row.state == EnvelopeState.RECEIVED


def _sealed(visit_id: UUID) -> str:
    """Return the name that sealed bytes have in a backup."""
    return f"sealed/{visit_id}.age"


def _moment(
    session: Session, sealed: Mapping[UUID, IO[bytes] | None], places: Places, missing: list[str], *, with_secrets: bool
) -> Iterator[Part]:
    """Yield the rows of one moment, the envelopes held open with it, and the files that the rows name."""
    for table, number, lines in dump(session):
        yield part_of(f"database/{table}/{number:06}.jsonl", lines)
    for visit_id, held in sealed.items():
        if held is not None:
            yield _part(_sealed(visit_id), held)
    for name, path in _files(session, places):
        try:
            with open(path, "rb") as file:
                yield _part(name, file)
        except FileNotFoundError:
            missing.append(name)
    yield part_of("settings.env", settings_to_keep(places.settings_file, with_secrets=with_secrets))
    if with_secrets:
        for key in sorted(places.keys.glob("*.key")):
            yield part_of(f"keys/{key.name}", key.read_bytes())


def _files(session: Session, places: Places) -> Iterator[tuple[str, Path]]:
    """Yield each file that the rows name, and what lies in quarantine."""
    for media, poster in session.execute(select(RecordingRow.media_file, RecordingRow.poster_file)):
        for name in (media, poster):
            if name is not None:
                yield f"media/{name}", places.media / name
    for sha256 in session.scalars(select(FileRow.sha256)):
        yield f"files/{sha256}", places.files / sha256
    for path in sorted(places.quarantine.glob("[!.]*")):
        yield f"quarantine/{path.name}", path


def _part(name: str, file: IO[bytes]) -> Part:
    status = os.fstat(file.fileno())
    return Part(name, status.st_size, iter(lambda: file.read(_CHUNK), b""), status.st_mtime)


def settings_to_keep(file: Path, *, with_secrets: bool) -> bytes:
    """Return the lines of the settings that a backup keeps: known ones, without secrets unless they are asked for."""
    lines = file.read_text().splitlines() if file.exists() else []
    if with_secrets:
        return "".join(f"{line}\n" for line in lines).encode()
    open_fields = {
        name
        for name, told in ServerSettings.model_fields.items()
        if told.annotation is not SecretStr and "Secret" not in str(told.annotation) and name not in _ADDRESSES
    }
    named = {f"VERTELPAAL_{name.upper()}" for name in open_fields}
    kept = [line for line in lines if (found := re.match(r"\s*(\w+)\s*=", line)) and found[1].upper() in named]
    return "".join(f"{line}\n" for line in kept).encode()


def check_recipient(text: str | None) -> str:
    """Return the public key that backups are sealed to.

    Raises:
        SettingsError: none was given.
    """
    if not text:
        raise SettingsError(
            "say to which key: --to age1…, or VERTELPAAL_BACKUP_KEY; `vertelpaal keys for-backup FILE` makes a pair"
        )
    return text

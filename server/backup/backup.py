"""Taking a backup of a library that runs on: one moment of the database, and the files that it names."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

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
from server.tables import EnvelopeRow, EnvelopeState, FileRow, RecordingRow
from vertelpaal import __version__
from vertelpaal.clock import Clock
from vertelpaal.durable import write_durably
from vertelpaal.errors import Conflict, SettingsError

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


@dataclass
class _Moment:
    """One moment of the database, with the sealed envelopes that wait in it held open."""

    session: Session
    sealed: dict[str, IO[bytes]] = field(default_factory=dict)


def back_up(
    database: Database,
    places: Places,
    recipient: x25519.Recipient,
    withdrawal_key: bytes,
    clock: Clock,
    target: Path,
    *,
    with_secrets: bool = False,
) -> BackedUp:
    """Write a sealed backup to `target`, whole or not at all, while everything runs on.

    Raises:
        Conflict: `target` is there already, or envelopes are opened faster than they can be held.
        StorageFull: there is no room; nothing is left behind.
    """
    if target.exists():
        raise Conflict(f"{target} is there already; a backup is never overwritten")
    for half in target.parent.glob(f".{target.name}.*.part"):
        half.unlink()  # of a backup that was killed
    missing: list[str] = []
    with ExitStack() as stack:
        moment = _hold_moment(database, places, stack)
        about = About(
            software=__version__,
            revision=current_revision(moment.session.connection()) or "",
            made_at=clock.now(),
            withdrawal_check=withdrawal_check(withdrawal_key),
        )
        written: list[Manifest] = []

        def write(file: IO[bytes]) -> None:
            parts = _parts(moment, places, missing, with_secrets=with_secrets)
            written.append(write_archive(about, parts, missing, [recipient], file))

        previous = os.umask(0o077)
        try:
            write_durably(target, write)
        finally:
            os.umask(previous)
    with database.reading() as session:
        lost = {name for name, _ in _files(session, places)} & set(missing)  # the others were withdrawn meanwhile
    return BackedUp(target.stat().st_size, len(written[0].parts), sorted(lost))


def withdrawal_check(key: bytes) -> str:
    """Return what tells one withdrawal key from another, and tells nothing of it."""
    return hmac.new(key, b"vertelpaal backup", "sha256").hexdigest()


def _hold_moment(database: Database, places: Places, stack: ExitStack) -> _Moment:
    """Return a moment of the database whose waiting envelopes are all held open.

    A worker may open and remove one between the moment and our holding it; its visit would be lost to the backup, so
    a new moment is taken. Once held, the bytes stay readable whatever happens to the name.
    """
    waiting = select(EnvelopeRow.visit_id).where(EnvelopeRow.state == EnvelopeState.RECEIVED)
    for _ in range(_TRIES):
        with ExitStack() as attempt:
            session = attempt.enter_context(database.reading())
            moment = _Moment(session)
            try:
                for visit_id in session.scalars(waiting.order_by(EnvelopeRow.received_at)):
                    name = f"{visit_id}.age"
                    moment.sealed[name] = attempt.enter_context(open(places.sealed / name, "rb"))
            except FileNotFoundError:
                continue
            stack.push(attempt.pop_all())
            return moment
    raise Conflict("envelopes are opened faster than a backup can hold them; try again in a while")


def _parts(moment: _Moment, places: Places, missing: list[str], *, with_secrets: bool) -> Iterator[Part]:
    """Yield everything, sealed envelopes first; note in `missing` what the database names and the disk has not."""
    for name, file in moment.sealed.items():
        yield _part(f"sealed/{name}", file)
    for table, number, lines in dump(moment.session):
        yield part_of(f"database/{table}/{number:06}.jsonl", lines)
    for name, path in _files(moment.session, places):
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

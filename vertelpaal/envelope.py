"""Envelope: one visit, sealed on the pole to the library's public key. The format is in docs/envelope.md."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import shutil
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

import pyrage
from pyrage import x25519

from vertelpaal.errors import InvalidEnvelope, InvalidInput
from vertelpaal.visit import Recording, Visit

VERSION = 1
NEWER = "newer version"
"""How the reason begins when an envelope must wait for an upgrade of the server."""
VISIT_FILE = "visit.json"
MAX_SEALED_BYTES = 256 * 2**20
MAX_VISIT_BYTES = 256 * 2**10
MAX_MEDIA_BYTES = 128 * 2**20
MAX_PARTS = 33
MAX_DIRECTORY_BYTES = 16 * 2**10
"""Of the ZIP's list of parts, which zipfile reads as a whole before anybody can count them."""
_CHUNK = 2**20
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE, _LOCATOR_SIGNATURE = b"PK\x05\x06", b"PK\x06\x07"
_LOCATOR_BYTES = 20
_ZIP_TROUBLE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, struct.error, OSError)
"""What zipfile raises for rubbish, and for features that it does not know or that want a password."""


@dataclass(frozen=True)
class OpenedEnvelope:
    """A visit out of its envelope, with the file of each recording."""

    visit: Visit
    media: Mapping[UUID, Path]


def seal(
    visit: Visit,
    media: Mapping[UUID, bytes | bytearray | memoryview],
    recipients: Sequence[x25519.Recipient],
    into: IO[bytes],
) -> None:
    """Write the sealed envelope of a visit to `into`; nothing unsealed touches a disk.

    `media` has the bytes of each recording by its id.

    Raises:
        InvalidEnvelope: the media are not the recordings of the visit.
    """
    if media.keys() != {recording.id for recording in visit.recordings}:
        raise InvalidEnvelope("the media are not the recordings of the visit")
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as parts:
        parts.writestr(_part(VISIT_FILE), visit.to_json())
        for recording in visit.recordings:
            with parts.open(_part(recording.file_name), "w") as part:
                part.write(memoryview(media[recording.id]))
    plain.seek(0)
    pyrage.encrypt_io(plain, into, list(recipients))


def open_envelope(sealed: Path, identities: Sequence[x25519.Identity], folder: Path) -> OpenedEnvelope:
    """Open a sealed envelope, check every part, and put the recordings into `folder`, named by their ids.

    Raises:
        InvalidEnvelope: names what is wrong. Parts written so far stay in `folder`, which the caller clears.
    """
    if sealed.stat().st_size > MAX_SEALED_BYTES:
        raise InvalidEnvelope(f"larger than {MAX_SEALED_BYTES} bytes")
    plain = folder / "envelope.zip"
    _decrypt(sealed, identities, plain)
    try:
        _check_directory(plain)
        with zipfile.ZipFile(plain) as parts:
            return _read_parts(parts, folder)
    except _ZIP_TROUBLE as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise  # the disk, not the envelope: what a ZIP can cause is a seek to before its beginning
        raise InvalidEnvelope(f"not a readable ZIP: {error}") from error
    finally:
        plain.unlink()


def _part(name: str) -> zipfile.ZipInfo:
    """Return the entry of a part, without the time and system that ZIP would add."""
    return zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))


def _decrypt(sealed: Path, identities: Sequence[x25519.Identity], plain: Path) -> None:
    with open(sealed, "rb") as reader, open(plain, "wb") as writer:
        try:
            pyrage.decrypt_io(reader, writer, list(identities))
        except (pyrage.DecryptError, OSError) as error:
            plain.unlink()
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk, not the envelope: age's own troubles have no number
            raise InvalidEnvelope(f"does not open with this library's keys: {error}") from error


def _check_directory(plain: Path) -> None:
    """Refuse a list of parts that would fill the memory; who writes ours uses neither ZIP64 nor a comment.

    Source: APPNOTE.TXT 4.3.15 and 4.3.16.
    """
    with open(plain, "rb") as file:
        file.seek(max(0, file.seek(0, io.SEEK_END) - _LOCATOR_BYTES - _END.size))
        locator, end = (tail := file.read())[: -_END.size], tail[-_END.size :]
    signature, *_, directory_bytes, _, comment_bytes = _END.unpack(end.rjust(_END.size))
    if signature != _END_SIGNATURE or comment_bytes:
        raise InvalidEnvelope("not a readable ZIP: it does not end as an envelope does")
    if locator.startswith(_LOCATOR_SIGNATURE):
        raise InvalidEnvelope("ZIP64, which no envelope is")
    if directory_bytes > MAX_DIRECTORY_BYTES:
        raise InvalidEnvelope(f"a list of parts larger than {MAX_DIRECTORY_BYTES} bytes")


def _read_parts(parts: zipfile.ZipFile, folder: Path) -> OpenedEnvelope:
    entries = parts.infolist()
    _check_entries(entries)
    visit = _read_visit(parts)
    expected = {recording.file_name: recording for recording in visit.recordings}
    names = {entry.filename for entry in entries} - {VISIT_FILE}
    if missing := sorted(expected.keys() - names):
        raise InvalidEnvelope(f"missing file: {missing[0]}")
    if extra := sorted(names - expected.keys()):
        raise InvalidEnvelope(f"extra file: {extra[0][:80]!r}")
    media = {recording.id: _extract(parts, recording, folder) for recording in visit.recordings}
    return OpenedEnvelope(visit, media)


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_PARTS:
        raise InvalidEnvelope(f"more than {MAX_PARTS} parts")
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise InvalidEnvelope("two parts share a name")
    for entry in entries:
        if ".." in Path(entry.filename).parts or entry.filename.startswith(("/", "\\")):
            raise InvalidEnvelope(f"a path that leaves the envelope: {entry.filename[:80]!r}")
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise InvalidEnvelope(f"a part that is compressed, which no envelope's is: {entry.filename[:80]!r}")


def _read_visit(parts: zipfile.ZipFile) -> Visit:
    try:
        entry = parts.getinfo(VISIT_FILE)
    except KeyError as error:
        raise InvalidEnvelope(f"missing file: {VISIT_FILE}") from error
    if entry.file_size > MAX_VISIT_BYTES:
        raise InvalidEnvelope(f"{VISIT_FILE} is larger than {MAX_VISIT_BYTES} bytes")
    text = parts.read(entry)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidEnvelope(f"{VISIT_FILE} is not JSON") from error
    version = document.get("envelope_version") if isinstance(document, dict) else None
    if type(version) is int and version > VERSION:
        raise InvalidEnvelope(f"{NEWER}: envelope {str(version)[:20]}, and this server reads up to {VERSION}")
    if version != VERSION:
        raise InvalidEnvelope(f"unknown envelope version: {str(version)[:20]}; this server reads version {VERSION}")
    try:
        return Visit.from_json(text)
    except InvalidInput as error:
        raise InvalidEnvelope(f"{VISIT_FILE}: {error}") from error


def _extract(parts: zipfile.ZipFile, recording: Recording, folder: Path) -> Path:
    entry = parts.getinfo(recording.file_name)
    if entry.file_size > MAX_MEDIA_BYTES:
        raise InvalidEnvelope(f"{recording.file_name} is larger than {MAX_MEDIA_BYTES} bytes")
    if entry.file_size != recording.bytes:
        raise InvalidEnvelope(f"{recording.file_name} has {entry.file_size} bytes, not {recording.bytes}")
    target = folder / f"{recording.id}.webm"
    with parts.open(entry) as part, open(target, "wb") as file:
        shutil.copyfileobj(part, file, _CHUNK)
    with open(target, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != recording.sha256:
            raise InvalidEnvelope(f"wrong hash: {recording.file_name}")
    return target

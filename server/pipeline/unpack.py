"""Opening a received envelope: everything of it checked, kept in one transaction, and the sealed bytes removed.

May be stopped anywhere and begun again: files are named by recording and written over, and only the transaction makes
them count.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from pyrage import x25519
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import Database
from server.intake.publications import find_publication
from server.live import announce
from server.pipeline.attempts import Attempts
from server.pipeline.media import RemuxedMedia, inspect_and_remux
from server.pipeline.settling import Folders, discard_sealed, settling
from server.pipeline.visit_rows import Inspected, check_against_publication, keep_visit
from server.privacy.withdrawal import hold_code, meets_tombstone, remove_recording_files
from server.tables import BYTES_ARE_GONE, EnvelopeRow, EnvelopeState, KioskRow, RecordingRow, VisitRow
from vertelpaal.clock import Clock
from vertelpaal.durable import copy_durably, make_folder, remove_durably, sync_file, sync_folder
from vertelpaal.envelope import OpenedEnvelope, open_envelope
from vertelpaal.errors import InvalidEnvelope, InvalidInput, InvalidMedia, NotFound
from vertelpaal.visit import Recording, Visit, Way
from vertelpaal.withdrawal import keyed_hash

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""How often an envelope may stop its worker before it is put aside."""
IMPLAUSIBLE = timedelta(days=400)
LONGEST_VISIT = timedelta(hours=6)
"""Longer than anybody stands before a pole."""

Remux = Callable[[Path, Path, str, float], RemuxedMedia]


class Unpacker:
    """Opens received envelopes; the only part of the server that holds private keys."""

    def __init__(
        self,
        database: Database,
        folders: Folders,
        identities: Sequence[x25519.Identity],
        withdrawal_key: bytes,
        clock: Clock,
        remux: Remux = inspect_and_remux,
    ) -> None:
        self._database = database
        self._folders = folders
        self._identities = identities
        self._withdrawal_key = withdrawal_key
        self._clock = clock
        self._remux = remux
        self.attempts = Attempts(database, EnvelopeRow)
        for folder in (folders.work, folders.media, folders.quarantine):
            make_folder(folder)

    def unpack(self, visit_id: UUID) -> None:
        """Take a received envelope to processed, erased or quarantined; anything else has happened already."""
        try:
            self._unpack(visit_id)
        finally:
            self.attempts.end(visit_id)

    def _unpack(self, visit_id: UUID) -> None:
        attempts = self._begin(visit_id)
        if attempts is None:
            return
        if attempts > MAX_ATTEMPTS:
            self.quarantine(visit_id, f"it stopped the worker {MAX_ATTEMPTS} times")
            return
        try:
            with self._workplace(visit_id) as place:
                opened = open_envelope(self._folders.sealed(visit_id), self._identities, place)
                self._keep(visit_id, opened)
        except InvalidInput as error:
            self.quarantine(visit_id, error.message)
            return
        except Exception as error:
            if isinstance(error, FileNotFoundError) and not self._folders.sealed(visit_id).exists():
                self.quarantine(visit_id, BYTES_ARE_GONE)
                return
            self.attempts.forgive(visit_id)
            raise
        discard_sealed(self._database, self._folders, visit_id)

    def _begin(self, visit_id: UUID) -> int | None:
        """Count the attempt; return None when there is nothing left to do."""
        with self._database.transaction() as session:
            row = session.get(EnvelopeRow, visit_id)
            if row is not None and row.state == EnvelopeState.RECEIVED:
                return self.attempts.count(session, visit_id, row)
        discard_sealed(self._database, self._folders, visit_id)
        return None

    def _keep(self, visit_id: UUID, opened: OpenedEnvelope) -> None:
        visit = opened.visit
        code_hash = keyed_hash(visit.withdrawal_code, self._withdrawal_key) if visit.withdrawal_code else None
        with self._database.reading() as session:
            self._check(session, visit_id, visit, code_hash)
            withdrawn = meets_tombstone(session, code_hash)
        inspected = [] if withdrawn else [self._inspect(one, opened.media[one.id]) for one in visit.recordings]
        sync_folder(self._folders.media)
        now = self._clock.now()
        with self._database.transaction() as session:
            row = session.get_one(EnvelopeRow, visit_id)
            if code_hash is not None:
                hold_code(session, code_hash)
            if meets_tombstone(session, code_hash, visit_id):
                row.state = EnvelopeState.ERASED
                discard = [one.id for one in visit.recordings]
            else:
                kiosk = session.get_one(KioskRow, visit.kiosk_id)
                publication = find_publication(session, visit.publication)
                flagged = _is_implausible(visit, row, now)
                keep_visit(session, visit, kiosk, publication, code_hash, inspected, time_is_implausible=flagged)
                row.state = EnvelopeState.PROCESSED
                discard = []
            row.processed_at = now
            announce(session, "visit", visit_id, now)
        remove_recording_files((self._folders.media, self._folders.quarantine), *discard)

    def _check(self, session: Session, visit_id: UUID, visit: Visit, code_hash: str | None) -> None:
        row = session.get_one(EnvelopeRow, visit_id)
        if visit.id != visit_id:
            raise InvalidEnvelope("it holds another visit than it says outside")
        if visit.kiosk_id != row.kiosk_id and session.get(KioskRow, visit.kiosk_id) is None:
            raise InvalidEnvelope("it comes from a pole that is unknown here")
        try:
            publication = find_publication(session, visit.publication)
        except NotFound as error:
            raise InvalidEnvelope(f"unknown publication: {visit.publication}") from error
        check_against_publication(visit, publication)
        ids = [recording.id for recording in visit.recordings]
        if session.scalar(select(RecordingRow.id).where(RecordingRow.id.in_(ids)).limit(1)) is not None:
            raise InvalidEnvelope("a recording that came with another visit before")
        same_code = select(VisitRow.id).where(VisitRow.withdrawal_hash == code_hash, VisitRow.id != visit_id)
        if code_hash is not None and session.scalar(same_code.limit(1)) is not None:
            raise InvalidEnvelope("a withdrawal code that another visit has")

    def _inspect(self, recording: Recording, source: Path) -> Inspected:
        """Inspect one recording; one that is wrong is put aside alone, the rest of the visit is good."""
        try:
            media = self._remux(source, self._folders.media, str(recording.id), recording.seconds)
            _check_way(recording, media)
        except InvalidMedia as error:
            copy_durably(source, self._folders.quarantine / f"{recording.id}.webm")
            log.warning("recording %s is quarantined: %s", recording.id, error)
            return Inspected(recording.id, None, None, error.message)
        for made in (media.file, media.poster):
            if made is not None:
                sync_file(made)
        with open(media.file, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Inspected(recording.id, media, digest, None)

    def quarantine(self, visit_id: UUID, reason: str) -> None:
        """Put an envelope aside that waits, with its sealed bytes, where staff see the reason."""
        reason = _printable(reason)[:500]
        with settling(self._folders, visit_id):
            if not self._waits(visit_id):
                return
            sealed = self._folders.sealed(visit_id)
            if sealed.exists():
                copy_durably(sealed, self._folders.aside(visit_id))
            now = self._clock.now()
            with self._database.transaction() as session:
                row = session.get_one(EnvelopeRow, visit_id)
                row.state = EnvelopeState.QUARANTINED
                row.reason = reason
                row.processed_at = now
                announce(session, "quarantine", visit_id, now)
            log.warning("envelope %s is quarantined: %s", visit_id, reason)
            remove_durably(sealed)

    def _waits(self, visit_id: UUID) -> bool:
        with self._database.reading() as session:
            return session.get_one(EnvelopeRow, visit_id).state == EnvelopeState.RECEIVED

    @contextmanager
    def _workplace(self, visit_id: UUID) -> Iterator[Path]:
        """Give an empty folder, and empty it again."""
        place = self._folders.work / str(visit_id)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True, mode=0o700)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _check_way(recording: Recording, media: RemuxedMedia) -> None:
    """Who chose to be heard is not seen: a picture that comes along is refused, and nothing of it stays."""
    if recording.way is not Way.VOICE or media.video_codec is None:
        return
    for made in (media.file, media.poster):
        if made is not None:
            made.unlink()
    raise InvalidMedia("a recording of a voice with a picture in it")


def _printable(reason: str) -> str:
    """A reason may repeat a name out of the envelope: keep what every database and log can hold."""
    return "".join(character if character.isprintable() else "�" for character in reason)


def _is_implausible(visit: Visit, row: EnvelopeRow, now: datetime) -> bool:
    """Return whether the pole's clock cannot be right, or nobody can say.

    Ahead of the arrival, over a year behind it, set during the visit, never compared with ours since the pole began, or
    compared with ours while that was doubted.
    """
    if (
        row.clock_was_doubted
        or visit.clock_offset is None
        or not timedelta() <= visit.ended_at - visit.started_at <= LONGEST_VISIT
    ):
        return True
    started = visit.started_at + timedelta(seconds=visit.clock_offset)
    latest = (row.received_at or now) + timedelta(minutes=5)
    return not latest - IMPLAUSIBLE < started < latest

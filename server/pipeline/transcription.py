"""Transcribing recordings: those that are new, and those that waited for a model."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import Database
from server.live import announce
from server.pipeline.attempts import Attempts
from server.speech.transcriber import Transcriber, Transcript
from server.tables import RecordingRow, RecordingState, TranscriptRow, VisitRow
from vertelpaal.clock import Clock
from vertelpaal.errors import InvalidMedia

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""How often a recording may stop its worker before it is put aside."""
UNTRANSCRIBED = (RecordingState.OPENED, RecordingState.WAITING_MODEL)


@dataclass(frozen=True)
class _Waiting:
    """A recording that waits for its transcript."""

    media_file: str
    language: str
    attempts: int


def transcribe_recording(
    database: Database,
    media_folder: Path,
    transcriber: Transcriber,
    recording_id: UUID,
    clock: Clock,
    attempts: Attempts,
) -> None:
    """Keep what was heard in a recording; one that was erased meanwhile stays erased."""
    with attempts.ending(recording_id):
        waiting = _begin(database, recording_id, attempts)
        if waiting is None:
            return
        if waiting.attempts > MAX_ATTEMPTS:
            reason = f"transcribing it stopped the worker {MAX_ATTEMPTS} times"
            _conclude(database, recording_id, RecordingState.QUARANTINED, clock, reason=reason)
            return
        if not transcriber.supports(waiting.language):
            _conclude(database, recording_id, RecordingState.UNSUPPORTED_LANGUAGE, clock)
            return
        try:
            _hear(database, transcriber, recording_id, media_folder / waiting.media_file, waiting.language, clock)
        except Exception:
            attempts.forgive(recording_id)
            raise


def _hear(
    database: Database, transcriber: Transcriber, recording_id: UUID, file: Path, language: str, clock: Clock
) -> None:
    try:
        transcript = transcriber.transcribe(file, language)
    except InvalidMedia as error:
        _conclude(database, recording_id, RecordingState.QUARANTINED, clock, reason=error.message)
        return
    if transcript.is_silent:
        _conclude(database, recording_id, RecordingState.NO_SPEECH, clock)
        return
    _conclude(database, recording_id, RecordingState.TRANSCRIBED, clock, transcript=transcript)


def give_up(database: Database, recording_id: UUID, reason: str, clock: Clock) -> None:
    """Put a recording aside that could not be transcribed; staff still hear it, and see why."""
    _conclude(database, recording_id, RecordingState.QUARANTINED, clock, reason=reason[:500])


def wait_for_model(database: Database, clock: Clock) -> None:
    """Say of new recordings that they wait, as there is no speech model here."""
    with database.reading() as session:
        is_new = select(RecordingRow.id).where(RecordingRow.state == RecordingState.OPENED).limit(1)
        if session.scalar(is_new) is None:
            return
    with database.transaction() as session:
        new = select(RecordingRow).where(RecordingRow.state == RecordingState.OPENED).with_for_update()
        for recording in session.scalars(new):
            recording.state = RecordingState.WAITING_MODEL
            announce(session, "recording", recording.id, clock.now())


def untranscribed(session: Session, limit: int) -> list[UUID]:
    """Return recordings that wait for a transcript, oldest first."""
    query = select(RecordingRow.id).where(RecordingRow.state.in_(UNTRANSCRIBED)).order_by(RecordingRow.id).limit(limit)
    return list(session.scalars(query))


def _begin(database: Database, recording_id: UUID, attempts: Attempts) -> _Waiting | None:
    """Count the attempt; return None when there is nothing left to do."""
    with database.transaction() as session:
        recording = session.get(RecordingRow, recording_id, with_for_update=True)
        if recording is None or recording.state not in UNTRANSCRIBED or recording.media_file is None:
            return None
        language = session.get_one(VisitRow, recording.visit_id).language
        return _Waiting(recording.media_file, language, attempts.count(session, recording_id, recording))


def _conclude(
    database: Database,
    recording_id: UUID,
    state: RecordingState,
    clock: Clock,
    *,
    transcript: Transcript | None = None,
    reason: str | None = None,
) -> None:
    with database.transaction() as session:
        recording = session.get(RecordingRow, recording_id, with_for_update=True)
        if recording is None or recording.state not in UNTRANSCRIBED:
            return
        recording.state = state
        recording.reason = reason
        if transcript is not None:
            session.add(_row(recording_id, transcript, clock))
        announce(session, "recording", recording_id, clock.now())


def _row(recording_id: UUID, transcript: Transcript, clock: Clock) -> TranscriptRow:
    return TranscriptRow(
        recording_id=recording_id,
        text=transcript.text,
        segments=[asdict(segment) for segment in transcript.segments],
        language=transcript.language,
        language_probability=transcript.language_probability,
        average_log_probability=transcript.average_log_probability,
        no_speech_probability=transcript.no_speech_probability,
        model_name=transcript.model.name,
        model_sha256=transcript.model.sha256,
        made_at=clock.now(),
    )

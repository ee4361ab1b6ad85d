"""Attempts are taken back exactly: those that were counted and broken off, each once, and no other."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from server.pipeline.attempts import Attempts
from server.pipeline.transcription import MAX_ATTEMPTS, transcribe_recording
from server.tables import EnvelopeRow, RecordingRow, RecordingState, TranscriptRow
from tests.makers import SampleLibrary, create_visit, seal
from tests.resilience.told import Hears
from tests.server.test_work import kept_of, wait_until
from tests.server.test_worker import HangingTranscriber, receive_spoken, working
from vertelpaal.errors import StorageFull


def receive(sample: SampleLibrary, attempts: int) -> UUID:
    """Receive an envelope that so many attempts were counted of before."""
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    with sample.database.transaction() as session:
        session.get_one(EnvelopeRow, visit.id).attempts = attempts
    return visit.id


def count(sample: SampleLibrary, attempts: Attempts, visit_id: UUID) -> int:
    with sample.database.transaction() as session:
        return attempts.count(session, visit_id, session.get_one(EnvelopeRow, visit_id))


def counted(sample: SampleLibrary, visit_id: UUID) -> int:
    with sample.database.reading() as session:
        return session.get_one(EnvelopeRow, visit_id).attempts


def test_an_attempt_is_taken_back_once(sample: SampleLibrary) -> None:
    attempts, visit_id = Attempts(sample.database, EnvelopeRow), receive(sample, 1)
    assert (count(sample, attempts, visit_id), counted(sample, visit_id)) == (2, 2)
    attempts.forgive(visit_id)  # as a job does that fails
    attempts.forgive_unfinished()  # while it is stopped
    assert counted(sample, visit_id) == 1


def test_an_attempt_that_ended_or_was_never_counted_is_not_taken_back(sample: SampleLibrary) -> None:
    attempts = Attempts(sample.database, EnvelopeRow)
    ended, other = receive(sample, 1), receive(sample, 1)
    count(sample, attempts, ended)
    attempts.end(ended)
    attempts.forgive_unfinished()
    attempts.forgive(other)
    assert (counted(sample, ended), counted(sample, other)) == (2, 1)


def test_a_count_that_never_came_to_be_is_not_taken_back(sample: SampleLibrary) -> None:
    attempts, visit_id = Attempts(sample.database, EnvelopeRow), receive(sample, 1)
    with pytest.raises(OSError, match="disk"), sample.database.transaction() as session:
        attempts.count(session, visit_id, session.get_one(EnvelopeRow, visit_id))
        raise OSError("a disk that fails at the commit")
    attempts.forgive_unfinished()
    assert counted(sample, visit_id) == 1


def test_a_stop_takes_nothing_from_a_recording_that_waits_for_its_turn(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that stopped their worker once: at a stop one is being heard, the other waits for the model meanwhile."""
    monkeypatch.setattr("server.pipeline.work.STOP_SECONDS", 0)
    visits = [receive_spoken(sample), receive_spoken(sample)]
    recordings = [visit.recordings[0].id for visit in visits]
    for visit, recording in zip(visits, recordings, strict=True):
        sample.unpacker.unpack(visit.id)
        with sample.database.transaction() as session:
            session.get_one(RecordingRow, recording).attempts = 1
    model = HangingTranscriber()

    def attempts() -> list[int]:
        with sample.database.reading() as session:
            return sorted(session.get_one(RecordingRow, one).attempts for one in recordings)

    with working(sample, tmp_path, lambda: model):
        model.wait_until_begun()
        wait_until(lambda: [kept_of(tmp_path, one) for one in recordings] == [["PENDING"]] * 2)
        assert attempts() == [1, 2], "the control: one of them counts"
    assert attempts() == [1, 1]
    model.go_on()


def test_a_disk_that_is_full_when_words_are_kept_costs_no_attempt(sample: SampleLibrary) -> None:
    visit = receive_spoken(sample)
    recording = visit.recordings[0].id
    sample.unpacker.unpack(visit.id)
    full = True

    def fill(session: Session, *_: object) -> None:
        if full and any(isinstance(row, TranscriptRow) for row in session.new):
            raise StorageFull("no room in the database now")

    sample.database.before_flush(fill)
    attempts, hears = Attempts(sample.database, RecordingRow), Hears({str(recording): "Meer boeken."})

    def transcribe() -> None:
        transcribe_recording(sample.database, sample.folders.media, hears, recording, sample.clock, attempts)

    for _ in range(MAX_ATTEMPTS + 1):
        with pytest.raises(StorageFull):
            transcribe()
    full = False
    transcribe()
    with sample.database.reading() as session:
        row = session.get_one(RecordingRow, recording)
    assert (row.state, row.attempts) == (RecordingState.TRANSCRIBED, 1)

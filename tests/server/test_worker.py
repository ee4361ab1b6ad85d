"""The worker for real: DBOS, a child that decodes, and a speech model that arrives late."""

from __future__ import annotations

import base64
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from models.store import find_model
from server.database import Database
from server.pipeline.janitor import Janitor
from server.pipeline.settling import Folders
from server.pipeline.transcription import MAX_ATTEMPTS, give_up
from server.pipeline.unpack import Unpacker
from server.pipeline.work import INTERRUPTED, Work
from server.pipeline.worker import Worker
from server.privacy.periods import WORK_KEPT
from server.speech.transcriber import ModelIdentity, Transcriber, Transcript
from server.speech.whisper import load_whisper
from server.tables import EnvelopeRow, EnvelopeState, RecordingRow, RecordingState, TranscriptRow, WorkerRow
from tests.makers import NOW, SampleLibrary, SteadyClock, create_recording, create_visit, seal
from tests.media import create_webm
from tests.server.test_work import PATIENCE_SECONDS, wait_until
from vertelpaal.cli import root
from vertelpaal.clock import Clock
from vertelpaal.envelope import open_envelope
from vertelpaal.visit import Visit

pytestmark = pytest.mark.longest  # they wait more than they work: early, others use that time


def mini_model() -> Transcriber:
    """Return the speech model of the tests, loaded."""
    model = find_model(Path("/nowhere"), "mini", "cpu")
    assert model is not None
    return load_whisper(model, "cpu")


def create_worker(
    name: str,
    database: Database,
    folders: Folders,
    unpacker: Unpacker,
    find_transcriber: Callable[[], Transcriber | None],
    place: Path,
    clock: Clock,
) -> Worker:
    """Return a worker that keeps its work in a place of the test."""
    return Worker(
        name=name,
        database=database,
        folders=folders,
        unpacker=unpacker,
        find_transcriber=find_transcriber,
        work_url=f"sqlite:///{place / 'work.sqlite'}",
        clock=clock,
        concurrency=2,
        janitor=Janitor(database, folders, clock, 90),
    )


@contextmanager
def working(sample: SampleLibrary, folder: Path, find_transcriber: Callable[[], Transcriber | None]) -> Iterator[None]:
    """Run a worker in a thread, in the library's own time: what has just been declared is not long forgotten."""
    clock = SteadyClock(sample.clock)
    name = f"worker-{folder.name}"
    worker = create_worker(name, sample.database, sample.folders, sample.unpacker, find_transcriber, folder, clock)
    ended = threading.Event()
    thread = threading.Thread(target=worker.run, args=(ended,))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(30)


def receive_spoken(sample: SampleLibrary, **changes: Any) -> Visit:
    """Take in a visit with a hum of two seconds."""
    data = create_webm(2.0)
    recording = create_recording(data, seconds=2.0)
    visit = create_visit(sample.kiosk_id, recording=recording, **changes)
    sample.receive(visit.id, seal(visit, {recording.id: data}, sample.identity.to_public()))
    return visit


def wait_for(sample: SampleLibrary, visit: Visit, state: RecordingState) -> None:
    """Wait until the visit's recording has this state."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with sample.database.reading() as session:
            row = session.get(RecordingRow, visit.recordings[0].id)
        if row is not None and row.state == state:
            return
        assert time.monotonic() < until, f"still {row.state if row else 'not there'}"
        time.sleep(0.1)


def test_recordings_wait_for_a_model_and_are_transcribed_when_one_arrives(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.pipeline.worker.MODEL_SECONDS", 0.5)
    arrived = threading.Event()
    visit = receive_spoken(sample)
    foreign = receive_spoken(sample, language="ti")
    with working(sample, tmp_path, lambda: mini_model() if arrived.is_set() else None):
        wait_for(sample, visit, RecordingState.WAITING_MODEL)
        wait_for(sample, foreign, RecordingState.WAITING_MODEL)
        arrived.set()
        wait_for(sample, visit, RecordingState.NO_SPEECH)
        wait_for(sample, foreign, RecordingState.UNSUPPORTED_LANGUAGE)
    with sample.database.reading() as session:
        assert session.scalars(select(TranscriptRow)).all() == []
        worker = session.scalars(select(WorkerRow)).one()
        assert worker.model is None or worker.model == "mini"


def test_what_dbos_keeps_holds_nothing_of_a_person(sample: SampleLibrary, tmp_path: Path) -> None:
    visit = receive_spoken(sample)
    with working(sample, tmp_path, lambda: None):
        wait_for(sample, visit, RecordingState.WAITING_MODEL)
    assert visit.withdrawal_code is not None
    for file in tmp_path.glob("work.sqlite*"):
        stored = file.read_bytes()
        assert visit.withdrawal_code.encode() not in stored
        assert b"openingstijden" not in stored


def state_of(sample: SampleLibrary, visit: Visit) -> EnvelopeState:
    with sample.database.reading() as session:
        return EnvelopeState(session.get_one(EnvelopeRow, visit.id).state)


@contextmanager
def mortal_worker(sample: SampleLibrary, recording: UUID) -> Iterator[Callable[[], list[str]]]:
    """Run a worker that is stuck on a recording, in a process that starts it again; yield what hears it speak."""
    url = sample.database.engine.url.render_as_string(hide_password=False)
    command = [
        sys.executable,
        "-m",
        "tests.server.mortal_worker",
        url,
        str(sample.home),
        str(sample.identity),
        str(recording),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as watching:
        assert watching.stdout is not None
        too_late = threading.Timer(PATIENCE_SECONDS, os.killpg, (watching.pid, signal.SIGKILL))
        too_late.start()
        try:
            yield iter(map(str.split, watching.stdout)).__next__
        finally:
            too_late.cancel()
            os.killpg(watching.pid, signal.SIGKILL)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_recording_that_keeps_killing_its_worker_is_put_aside_and_the_next_one_is_heard(
    sample: SampleLibrary,
) -> None:
    """The worker is killed for real, by its id, each time while it works on that recording."""
    visit = receive_spoken(sample)
    recording = visit.recordings[0].id
    killed: list[int] = []
    with mortal_worker(sample, recording) as next_word:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            begun, worker, which = next_word()
            assert (begun, which) == ("begun", str(recording))
            with sample.database.reading() as session:
                row = session.get_one(RecordingRow, recording)
            assert (row.attempts, row.state) == (attempt, RecordingState.OPENED), "never before its last"
            os.kill(int(worker), signal.SIGKILL)
            assert next_word() == ["ended", str(int(signal.SIGKILL))]
            killed.append(int(worker))
        assert len(set(killed)) == MAX_ATTEMPTS
        following = receive_spoken(sample)
        next_recording = following.recordings[0].id
        assert next_word()[::2] == ["begun", str(next_recording)]
        wait_for(sample, visit, RecordingState.QUARANTINED)
        wait_for(sample, following, RecordingState.TRANSCRIBED)
    with sample.database.reading() as session:
        row, next_row = (session.get_one(RecordingRow, one) for one in (recording, next_recording))
    assert (row.reason, next_row.attempts) == ("transcribing it stopped the worker 3 times", 1)


def test_a_fault_of_the_surroundings_is_waited_out(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full for a while costs no visit its place, however often it is tried."""
    well = threading.Event()
    tried = []
    real = open_envelope

    def fails_for_a_while(*arguments: Any) -> Any:
        tried.append(1)
        if not well.is_set():
            raise OSError(28, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr("server.pipeline.unpack.open_envelope", fails_for_a_while)
    monkeypatch.setattr("server.pipeline.worker.ASK_AGAIN_SECONDS", 0.5)
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    with working(sample, tmp_path, lambda: None):
        wait_until(lambda: len(tried) >= 5)
        with sample.database.reading() as session:
            assert session.get_one(EnvelopeRow, visit.id).state == EnvelopeState.RECEIVED
        well.set()
        wait_until(lambda: state_of(sample, visit) == EnvelopeState.PROCESSED)


def test_an_error_that_holds_words_leaves_none_with_dbos(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "woorden-van-een-bezoeker"

    def fails(*_: object) -> None:
        raise RuntimeError(words)

    monkeypatch.setattr("server.pipeline.unpack.open_envelope", fails)
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    with working(sample, tmp_path, lambda: None):
        wait_until(lambda: state_of(sample, visit) == EnvelopeState.QUARANTINED)
    stored = sqlite3.connect(tmp_path / "work.sqlite").execute("SELECT error, output FROM operation_outputs").fetchall()
    assert stored
    decoded = [base64.b64decode(text + "===") for row in stored for text in row if text]
    assert any(b"JobFailed" in one for one in decoded), "the control: errors are found when they are looked for"
    assert all(words.encode() not in one for one in decoded)


def test_an_envelope_on_which_the_worker_fails_every_time_is_parked(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a fault of our own")

    monkeypatch.setattr("server.pipeline.unpack.open_envelope", fails)
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    with working(sample, tmp_path, lambda: None):
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            with sample.database.reading() as session:
                row = session.get_one(EnvelopeRow, visit.id)
            if row.state == EnvelopeState.QUARANTINED:
                break
            assert time.monotonic() < until, row.state
            time.sleep(0.1)
    assert row.reason is not None
    assert "RuntimeError" in row.reason
    assert "a fault of our own" not in row.reason


class Hang:
    """Work that takes until it is told to go on."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._begun, self._goes_on = threading.Event(), threading.Event()

    def hang(self) -> None:
        self._thread = threading.current_thread()
        self._begun.set()
        assert self._goes_on.wait(PATIENCE_SECONDS)
        raise RuntimeError("its worker is gone")

    def wait_until_begun(self) -> None:
        assert self._begun.wait(PATIENCE_SECONDS)

    def go_on(self) -> None:
        """Let it go on to its end."""
        self._goes_on.set()
        assert self._thread is not None
        self._thread.join(PATIENCE_SECONDS)


class HangingTranscriber(Hang):
    """A model that takes its time."""

    identity = ModelIdentity("hangs", "0" * 64)

    def supports(self, language: str) -> bool:
        return True

    def transcribe(self, media: Path, language: str | None) -> Transcript:
        self.hang()
        raise AssertionError


def test_a_stop_in_the_middle_of_a_transcript_costs_the_recording_no_attempt(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often: a server that is restarted each night puts no long recording aside."""
    monkeypatch.setattr("server.pipeline.work.STOP_SECONDS", 0)
    visit = receive_spoken(sample)
    sample.unpacker.unpack(visit.id)
    model = HangingTranscriber()

    def attempts() -> int:
        with sample.database.reading() as session:
            return session.get_one(RecordingRow, visit.recordings[0].id).attempts

    with working(sample, tmp_path, lambda: model):
        model.wait_until_begun()
        assert attempts() == 1, "the control: it counts"
    assert attempts() == 0
    model.go_on()


def test_a_stop_while_an_envelope_is_opened_costs_it_no_attempt(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.pipeline.work.STOP_SECONDS", 0)
    opening = Hang()
    monkeypatch.setattr("server.pipeline.unpack.open_envelope", lambda *_: opening.hang())
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))

    def attempts() -> int:
        with sample.database.reading() as session:
            return session.get_one(EnvelopeRow, visit.id).attempts

    with working(sample, tmp_path, lambda: None):
        opening.wait_until_begun()
        assert attempts() == 1, "the control: it counts"
    assert attempts() == 0
    opening.go_on()


@pytest.mark.usefixtures("machine")
def test_everything_tried_again_is_also_what_could_not_be_transcribed(sample: SampleLibrary) -> None:
    failed, bad = receive_spoken(sample), create_recording(b"no film")
    sample.unpacker.unpack(failed.id)
    sample.deliver(create_visit(sample.kiosk_id, recording=bad), {bad.id: b"no film"})
    recording = failed.recordings[0].id
    give_up(sample.database, recording, INTERRUPTED, sample.clock)
    assert "recording" not in CliRunner().invoke(root, ["retry"]).stdout
    assert "1 recording(s) wait" in CliRunner().invoke(root, ["retry", "--all"]).stdout
    with sample.database.reading() as session:
        states = {row.id: (row.state, row.reason is None) for row in session.scalars(select(RecordingRow))}
    assert states == {recording: (RecordingState.OPENED, True), bad.id: (RecordingState.QUARANTINED, False)}


def test_the_janitor_lets_work_be_forgotten_but_not_by_a_doubted_clock(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before: list[datetime] = []
    monkeypatch.setattr(Work, "forget_ended", lambda _, moment: before.append(moment))
    with working(sample, tmp_path, lambda: None):
        wait_until(lambda: len(before) == 1)
        monkeypatch.setattr("server.pipeline.janitor.EVERY_SECONDS", 0.0)
        wait_until(lambda: len(before) >= 3)  # not at its start alone
    begun = len(before)
    sample.clock.at += timedelta(days=366)
    visit = receive_spoken(sample)
    with working(sample, tmp_path, lambda: None):
        wait_for(sample, visit, RecordingState.WAITING_MODEL)
    assert before == [NOW - WORK_KEPT] * begun


def test_a_sweep_that_fails_does_not_end_the_worker(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned = []

    def stumbles_once(_: Janitor) -> None:
        cleaned.append(1)
        if len(cleaned) == 1:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(Janitor, "clean_now_and_then", stumbles_once)
    with working(sample, tmp_path, lambda: None):
        until = time.monotonic() + PATIENCE_SECONDS
        while len(cleaned) < 2:
            assert time.monotonic() < until, "the worker ended"
            time.sleep(0.1)
        visit = receive_spoken(sample)
        wait_for(sample, visit, RecordingState.WAITING_MODEL)

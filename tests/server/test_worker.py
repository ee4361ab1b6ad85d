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
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from models.store import find_model
from server.database import Database
from server.pipeline.janitor import Janitor
from server.pipeline.settling import Folders
from server.pipeline.transcription import MAX_ATTEMPTS
from server.pipeline.unpack import Unpacker
from server.pipeline.work import Work
from server.pipeline.worker import Worker
from server.speech.transcriber import Transcriber
from server.speech.whisper import load_whisper
from server.tables import EnvelopeRow, EnvelopeState, RecordingRow, RecordingState, TranscriptRow, WorkerRow
from tests.makers import SampleLibrary, SteadyClock, create_recording, create_visit, seal
from tests.media import create_webm
from vertelpaal.clock import Clock, SystemClock
from vertelpaal.envelope import open_envelope
from vertelpaal.identifiers import new_id
from vertelpaal.visit import Visit

PATIENCE_SECONDS = 40


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
        until = time.monotonic() + PATIENCE_SECONDS
        while len(tried) < 5:
            assert time.monotonic() < until, f"tried {len(tried)} times"
            time.sleep(0.1)
        with sample.database.reading() as session:
            assert session.get_one(EnvelopeRow, visit.id).state == EnvelopeState.RECEIVED
        well.set()
        while True:
            with sample.database.reading() as session:
                row = session.get_one(EnvelopeRow, visit.id)
            if row.state == EnvelopeState.PROCESSED:
                break
            assert time.monotonic() < until, row.state
            time.sleep(0.1)


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
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            with sample.database.reading() as session:
                if session.get_one(EnvelopeRow, visit.id).state == EnvelopeState.QUARANTINED:
                    break
            assert time.monotonic() < until
            time.sleep(0.1)
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


def test_work_that_ended_long_ago_is_forgotten(tmp_path: Path) -> None:
    """The ids of visits do not stay in the workers' own database for good."""
    work = Work(f"sqlite:///{tmp_path / 'work.sqlite'}", "worker-forgets", {"x": (lambda _: None, lambda *_: None)}, 1)
    work.start()
    try:
        visit_id, now = new_id(), SystemClock().now()
        work.enqueue("x", visit_id)
        until = time.monotonic() + PATIENCE_SECONDS
        while kept_of(tmp_path, visit_id) != ["SUCCESS"]:
            assert time.monotonic() < until, kept_of(tmp_path, visit_id)
            time.sleep(0.1)
        assert work.forget_ended(now - timedelta(days=30)) == 0
        assert work.forget_ended(now + timedelta(days=1)) == 1
        assert kept_of(tmp_path, visit_id) == []
    finally:
        work.stop()


def test_what_was_asked_often_costs_no_more_to_ask_again(tmp_path: Path) -> None:
    """A disk that is full for a day makes no worker slow."""
    work = Work(f"sqlite:///{tmp_path / 'work.sqlite'}", "worker-asks", {"x": (lambda _: None, lambda *_: None)}, 1)
    work.start()
    try:
        visit_id = new_id()
        for _ in range(5):
            kept = len(kept_of(tmp_path, visit_id)) if (tmp_path / "work.sqlite").exists() else 0
            work.enqueue("x", visit_id)
            work.enqueue("x", visit_id)  # while it waits or runs, or just after
            until = time.monotonic() + PATIENCE_SECONDS
            while {*kept_of(tmp_path, visit_id)} != {"SUCCESS"} or len(kept_of(tmp_path, visit_id)) <= kept:
                assert time.monotonic() < until, kept_of(tmp_path, visit_id)
                time.sleep(0.1)
    finally:
        work.stop()


def test_work_of_a_worker_that_does_not_come_back_is_done_by_another(tmp_path: Path) -> None:
    begun, done = threading.Event(), threading.Event()
    stays = threading.Event()

    def hangs(_: UUID) -> None:
        begun.set()
        stays.wait(PATIENCE_SECONDS)

    url, visit_id = f"sqlite:///{tmp_path / 'work.sqlite'}", new_id()
    first = Work(url, "worker-gone", {"x": (hangs, lambda *_: None)}, 1)
    first.start()
    first.enqueue("x", visit_id)
    assert begun.wait(PATIENCE_SECONDS)
    with closing(sqlite3.connect(tmp_path / "work.sqlite")) as connection:
        connection.execute("CREATE TABLE left_behind AS SELECT * FROM workflow_status")  # as a kill leaves it
    stays.set()
    first.stop()
    with closing(sqlite3.connect(tmp_path / "work.sqlite")) as connection, connection:
        connection.execute("DELETE FROM operation_outputs")
        connection.execute("DELETE FROM workflow_status")
        connection.execute("INSERT INTO workflow_status SELECT * FROM left_behind")
        connection.execute("DROP TABLE left_behind")
    jobs = {"x": (lambda _: done.set(), lambda *_: None)}
    second = Work(url, "worker-stays", jobs, 1, is_running=lambda name: name != "worker-gone")
    second.start()
    try:
        second.enqueue("x", visit_id)
        assert done.wait(PATIENCE_SECONDS)
    finally:
        second.stop()


def test_a_sweep_that_fails_does_not_end_the_worker(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned = []

    def stumbles_once(_: Janitor) -> bool:
        cleaned.append(1)
        if len(cleaned) == 1:
            raise OSError(5, "Input/output error")
        return False

    monkeypatch.setattr(Janitor, "clean_now_and_then", stumbles_once)
    with working(sample, tmp_path, lambda: None):
        until = time.monotonic() + PATIENCE_SECONDS
        while len(cleaned) < 2:
            assert time.monotonic() < until, "the worker ended"
            time.sleep(0.1)
        visit = receive_spoken(sample)
        wait_for(sample, visit, RecordingState.WAITING_MODEL)


def kept_of(folder: Path, visit_id: UUID) -> list[str]:
    """Return the states of the workflows about a visit."""
    with closing(sqlite3.connect(folder / "work.sqlite")) as connection:
        asked = "SELECT status FROM workflow_status WHERE workflow_uuid LIKE ?"
        return [status for (status,) in connection.execute(asked, (f"%{visit_id}%",))]

"""Durable work for real: what is asked for is done, again if it must be, and forgotten when it is done."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from dbos import DBOS

from server.pipeline.work import INTERRUPTED, MOST_INTERRUPTIONS, Work
from server.privacy.periods import WORK_KEPT
from vertelpaal.clock import SystemClock
from vertelpaal.errors import Interrupted
from vertelpaal.identifiers import new_id

pytestmark = pytest.mark.longest  # they wait more than they work: early, others use that time

PATIENCE_SECONDS = 40


def test_what_is_interrupted_is_tried_again_and_fails_at_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without memory for a recording does not try it for good, and nobody calls it a bad recording."""
    monkeypatch.setattr("server.pipeline.work.STEP_TRIES", 1)
    unlucky, slow = new_id(), new_id()
    interrupted: list[UUID] = []
    given_up: list[tuple[UUID, str]] = []

    def job(subject: UUID) -> None:
        if subject == unlucky or interrupted.count(subject) < MOST_INTERRUPTIONS - 1:
            interrupted.append(subject)
            raise Interrupted("the decoder was stopped from outside")

    def give_up(subject: UUID, reason: str) -> None:
        given_up.append((subject, reason))

    work = Work(f"sqlite:///{tmp_path / 'work.sqlite'}", "worker-interrupted", {"x": (job, give_up)}, 1)
    work.start()
    try:
        for turn in range(1, MOST_INTERRUPTIONS + 1):
            assert given_up == [], "not before"
            for subject in (slow, unlucky):
                work.enqueue("x", subject)
            wait_until(partial(have_ended, tmp_path, (slow, unlucky), turn))
    finally:
        work.stop()
    assert given_up == [(unlucky, INTERRUPTED)]
    assert interrupted.count(slow) == MOST_INTERRUPTIONS - 1


def test_work_that_ended_a_day_ago_is_forgotten_in_pieces_until_none_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ids of visits do not stay in the workers' own database for good, and no piece is larger than it may be."""
    pieces: list[int] = []
    delete = DBOS.delete_workflows

    def noting(ids: list[str]) -> None:
        pieces.append(len(ids))
        delete(ids)

    monkeypatch.setattr(DBOS, "delete_workflows", noting)
    assert timedelta(days=1) == WORK_KEPT
    work = Work(f"sqlite:///{tmp_path / 'work.sqlite'}", "worker-forgets", {"x": (lambda _: None, lambda *_: None)}, 2)
    work.start()
    try:
        now, visits = SystemClock().now(), [new_id() for _ in range(7)]
        for visit_id in visits:
            work.enqueue("x", visit_id)
        wait_until(partial(have_ended, tmp_path, visits, 1))
        assert work.forget_ended(now - WORK_KEPT, piece=3) == 0
        assert (work.forget_ended(now + WORK_KEPT, piece=3), pieces) == (len(visits), [3, 3, 1])
        assert [kept_of(tmp_path, visit_id) for visit_id in visits] == [[]] * len(visits)
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


def kept_of(folder: Path, visit_id: UUID) -> list[str]:
    """Return the states of the workflows about a visit."""
    with closing(sqlite3.connect(folder / "work.sqlite")) as connection:
        asked = "SELECT status FROM workflow_status WHERE workflow_uuid LIKE ?"
        return [status for (status,) in connection.execute(asked, (f"%{visit_id}%",))]


def have_ended(folder: Path, subjects: Sequence[UUID], times: int) -> bool:
    """Return whether work on each of these has ended so often."""
    return {kept_of(folder, subject).count("SUCCESS") for subject in subjects} == {times}


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)

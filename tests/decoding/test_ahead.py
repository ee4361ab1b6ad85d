"""A child is started ahead of need, serves one recording and ends, so nothing of one visitor meets the next."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.decoding.decoder import Decoder

COMMAND = (sys.executable, "-m", "tests.decoding.probes", "wall")


def children() -> set[int]:
    """Return the processes that this one started and that still live."""
    listed = [file.read_text() for file in Path(f"/proc/{os.getpid()}/task").glob("*/children")]
    return {int(pid) for line in listed for pid in line.split()}


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    decoder = Decoder(ahead=True, command=COMMAND)
    yield decoder
    decoder.close()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    (tmp_path / "recording").write_text("of a visitor")
    return tmp_path / "recording"


def test_every_recording_has_a_child_of_its_own(decoder: Decoder, recording: Path) -> None:
    for _ in range(3):
        assert decoder.decode("remember", recording).told == {"kept": ["of a visitor"]}


def test_the_next_child_waits_already_and_is_the_one_that_serves(decoder: Decoder, recording: Path) -> None:
    before = children()
    decoder.decode("remember", recording)
    (waiting,) = children() - before
    decoder.decode("remember", recording)
    assert waiting not in children()
    assert len(children() - before) == 1


def test_a_child_that_died_while_it_waited_costs_nothing(decoder: Decoder, recording: Path) -> None:
    before = children()
    decoder.decode("remember", recording)
    (waiting,) = children() - before
    os.kill(waiting, signal.SIGKILL)
    while Path(f"/proc/{waiting}/stat").read_text().split()[2] != "Z":
        time.sleep(0.01)
    assert decoder.decode("remember", recording).told == {"kept": ["of a visitor"]}


def test_closing_leaves_no_child(decoder: Decoder, recording: Path) -> None:
    before = children()
    decoder.check()
    assert len(children() - before) == 1
    decoder.close()
    decoder.decode("remember", recording)
    assert children() == before


def test_a_waiting_child_ends_with_its_parent() -> None:
    """A worker that is killed closes nothing; its child reads the end of its input."""
    start = (
        "import os, sys; from server.decoding.decoder import Decoder; from tests.decoding.test_ahead import children\n"
        "decoder = Decoder(ahead=True); decoder.check()\n"
        "print(*children(), flush=True); os.kill(os.getpid(), 9)"
    )
    read, write = os.pipe()
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", start],
        dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)],
    )
    os.close(write)
    with open(read) as said:
        waiting = int(said.read())
    os.waitpid(pid, 0)
    until = time.monotonic() + 30
    while Path(f"/proc/{waiting}").exists() and "Z" not in Path(f"/proc/{waiting}/stat").read_text().split()[2]:
        assert time.monotonic() < until, "it outlives its parent"
        time.sleep(0.02)

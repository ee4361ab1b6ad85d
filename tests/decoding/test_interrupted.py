"""A child that is ended from outside, or gets no time, says nothing of its recording.

What takes too much by itself is refused as ever (`test_wall.py`).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.decoding.decoder import Decoded, Decoder, asked_too_much
from server.decoding.wall import Limits
from tests.decoding.test_ahead import children
from vertelpaal.errors import Interrupted

COMMAND = (sys.executable, "-m", "tests.decoding.probes", "wall")


@contextmanager
def begun(decoder: Decoder, folder: Path) -> Iterator[tuple[int, Callable[[], Decoded]]]:
    """Let a child begin on a recording that comes slowly; yield its number, and a way to end the recording."""
    recording = folder / "recording"
    os.mkfifo(recording)
    before = children()
    with ThreadPoolExecutor(1) as threads:
        decoded = threads.submit(decoder.decode, "remember", recording)
        with open(recording, "wb", buffering=0) as pole:  # opens when the child is ready and asked
            (child,) = children() - before

            def result() -> Decoded:
                pole.close()
                return decoded.result()

            yield child, result


@pytest.mark.parametrize("told", [signal.SIGKILL, signal.SIGTERM], ids=["out of memory", "a stop"])
def test_a_child_that_somebody_else_ends_says_nothing_of_its_recording(tmp_path: Path, told: signal.Signals) -> None:
    with begun(Decoder(command=COMMAND), tmp_path) as (child, result):
        os.kill(child, told)
        with pytest.raises(Interrupted, match="from outside"):
            result()


def test_a_child_that_got_no_time_says_nothing_of_its_recording(tmp_path: Path) -> None:
    with begun(Decoder(Limits(wall_seconds=2), command=COMMAND), tmp_path) as (child, result):
        os.kill(child, signal.SIGSTOP)
        with pytest.raises(Interrupted, match="too busy"):
            result()


@pytest.mark.parametrize(
    ("cpu_seconds", "limits", "too_much"),
    [
        *((0.0, Limits(), False), (29.9, Limits(), False), (30.0, Limits(), True), (59.9, Limits(), True)),
        *((4.9, Limits(wall_seconds=10), False), (5.0, Limits(wall_seconds=10), True)),
    ],
)
def test_who_is_late_and_had_half_of_its_time_asks_too_much(cpu_seconds: float, limits: Limits, too_much: bool) -> None:
    """With the limits as they are, whose processor time ends long before the clock does, that is told apart as well."""
    assert asked_too_much(cpu_seconds, limits) is too_much


def test_left_alone_the_same_child_is_heard(tmp_path: Path) -> None:
    """The control."""
    with begun(Decoder(command=COMMAND), tmp_path) as (_, result):
        assert result().told == {"kept": [""]}

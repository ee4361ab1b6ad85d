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
from dataclasses import replace
from pathlib import Path

import pytest

from server.decoding.decoder import Decoded, Decoder, asked_too_much
from server.decoding.wall import Limits
from server.pipeline.media import RemuxedMedia, inspect_and_remux
from server.pipeline.unpack import Unpacker
from server.pipeline.work import INTERRUPTED, MOST_INTERRUPTIONS, STEP_TRIES
from server.tables import EnvelopeRow, EnvelopeState
from tests.decoding.probes import WAYS_TO_END
from tests.decoding.test_ahead import children
from tests.makers import WITHDRAWAL_KEY, SampleLibrary
from tests.server.test_work import wait_until
from tests.server.test_worker import receive_spoken, state_of, working
from vertelpaal.errors import Interrupted

COMMAND = (sys.executable, "-m", "tests.decoding.probes", "wall")
BARE = (*COMMAND[:-1], "none")


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


@pytest.mark.parametrize("told", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("way", WAYS_TO_END)
def test_a_child_that_was_taken_over_cannot_end_as_one_that_somebody_else_ends(
    tmp_path: Path, way: str, told: signal.Signals
) -> None:
    """Else a hostile recording would be tried again as often as one that the machine has no memory for."""
    (tmp_path / "recording").write_text(f"{way} {int(told)}")
    heard = Decoder(command=COMMAND).decode("end_itself", tmp_path / "recording")
    assert heard.told == {"stopped_by": "PermissionError"}
    with pytest.raises(Interrupted, match="from outside"):  # the control: without the filter it passes as that
        Decoder(command=BARE).decode("end_itself", tmp_path / "recording")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_envelope_whose_child_is_ended_every_time_is_put_aside_after_so_many_children(
    sample: SampleLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two by two here; as they are it is 3 by 8: 24 children, of at most two minutes each, and not one more."""
    assert (STEP_TRIES, MOST_INTERRUPTIONS, Limits().wall_seconds) == (3, 8, 120)
    for name, value in (("work.STEP_TRIES", 2), ("work.MOST_INTERRUPTIONS", 2), ("worker.ASK_AGAIN_SECONDS", 0.5)):
        monkeypatch.setattr(f"server.pipeline.{name}", value)
    begun: list[str] = []
    killed = "import os; print('{\"ready\": true}', flush=True); os.kill(os.getpid(), 9)"
    decoder = Decoder(command=(sys.executable, "-c", killed))

    def remux(source: Path, folder: Path, name: str, seconds: float) -> RemuxedMedia:
        begun.append(name)
        return inspect_and_remux(source, folder, name, seconds, decoder)

    unpacker = Unpacker(sample.database, sample.folders, [sample.identity], WITHDRAWAL_KEY, sample.clock, remux)
    visit = receive_spoken(sample)
    with working(replace(sample, unpacker=unpacker), tmp_path, lambda: None):
        wait_until(lambda: state_of(sample, visit) == EnvelopeState.QUARANTINED)
    assert begun == [str(visit.recordings[0].id)] * 4
    with sample.database.reading() as session:
        assert session.get_one(EnvelopeRow, visit.id).reason == INTERRUPTED


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

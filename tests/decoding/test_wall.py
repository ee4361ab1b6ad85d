"""From within the decoding child everything forbidden is tried for real; without the wall the same things succeed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.decoding.child import FIRST
from server.decoding.decoder import Decoder
from server.decoding.filter import this_machine
from server.decoding.wall import NOBODY, Limits
from tests.decoding.probes import PROBES
from vertelpaal.errors import InvalidMedia, NoSafeDecoding

FREE = {
    *("connect", "read_file", "write_file", "list_folder", "remove_file"),
    *("become_a_program", "signal_another", "trace", "make_code"),
}
"""What anybody may do on any machine, also within the limits of a child."""
COUNTED = {"start_program", "fork", "start_thread"}
"""What the limit on processes stops for everybody but root."""
_SYSTEM_ADMINISTRATION = 1 << 21
_RING = Path("/proc/sys/kernel/io_uring_disabled")


def create_decoder(wall: str, limits: Limits | None = None, *, without_wall: bool = False) -> Decoder:
    """Return a decoder of which the child knows the probes as jobs."""
    command = (sys.executable, "-m", "tests.decoding.probes", wall)
    return Decoder(limits, without_wall=without_wall, command=command)


@pytest.fixture
def listening() -> Iterator[int]:
    """The port of somebody on loopback who would take a call."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def argument_of(probe: str, folder: Path, port: int) -> str:
    """Return what a probe is tried on."""
    (folder / "secret").write_text("of somebody else")
    return {
        "connect": str(port),
        "read_file": str(folder / "secret"),
        "remove_file": str(folder / "secret"),
        "list_folder": str(folder),
        "write_file": str(folder / "written"),
        "signal_another": str(os.getpid()),
    }.get(probe, "")


def try_probe(wall: str, probe: str, folder: Path, port: int) -> dict[str, object]:
    """Have the child try it; return what it tells."""
    asked = folder / "asked"
    asked.write_text(argument_of(probe, folder, port))
    return create_decoder(wall).decode(probe, asked).told


@pytest.mark.parametrize("probe", PROBES)
def test_the_wall_stops(probe: str, tmp_path: Path, listening: int) -> None:
    told = try_probe("wall", probe, tmp_path, listening)
    assert told.get("stopped_by") == "PermissionError", told
    assert (tmp_path / "secret").exists()
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("probe", PROBES)
def test_without_the_wall_the_same_is_done(probe: str, tmp_path: Path, listening: int) -> None:
    """The control: a child that builds no wall does not pass the test above, and no probe that is broken does."""
    if probe in COUNTED and os.geteuid() != 0:
        bare = f"from tests.decoding.probes import PROBES; PROBES[{probe!r}]('')"
        subprocess.run([sys.executable, "-c", bare], check=True)
        return
    if probe not in FREE | COUNTED and (refusal := own_refusal(probe)):
        pytest.skip(f"{refusal}, so nobody can show here that it is the wall that stops `{probe}`")
    assert try_probe("none", probe, tmp_path, listening) == {"done": True}


def own_refusal(probe: str) -> str | None:
    """Return why this machine itself may refuse what root may do elsewhere; None where it has no reason to."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    if os.geteuid() != 0 or not int(status["CapEff"], 16) & _SYSTEM_ADMINISTRATION:
        return "these tests do not run with the rights of root"
    if status["Seccomp"] != "0":
        return "these tests run behind a filter themselves"
    if probe == "ask_the_ring" and _RING.exists() and _RING.read_text().strip() == "2":
        return "this machine has no ring"
    return None


def test_a_child_that_waits_stands_behind_the_whole_wall() -> None:
    orders = '{"limits": {}, "without_wall": false}'
    command = [sys.executable, "-m", "server.decoding.child", orders]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b'{"ready": true, "missing": null, "lacks": null}\n'
        lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
        score = Path(f"/proc/{child.pid}/oom_score_adj").read_text()
        child.kill()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2", "a filter"
    assert int(status["CapPrm"], 16) == int(status["CapEff"], 16) == int(status["CapAmb"], 16) == 0
    user = NOBODY if os.geteuid() == 0 else os.getuid()
    assert set(status["Uid"].split()) == {str(user)}
    assert status["Groups"].split() == [] or os.geteuid() != 0
    assert status["Threads"].strip() == "1"
    assert int(score) == FIRST == 1000, "where memory runs out the kernel takes it, and not the worker"
    assert int(Path("/proc/self/oom_score_adj").read_text()) < FIRST, "the control: who started it stays as it was"


def test_where_the_kernel_cannot_be_told_whom_to_take_first_it_is_logged_and_decoded_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = "from pathlib import Path; from server.decoding import child; from tests.decoding import probes; "
    nowhere += "lacks = child.offer_itself(Path('/proc/nowhere')); child.offer_itself = lambda: lacks; "
    nowhere += "child.serve(lambda: probes.JOBS)"
    decoder = Decoder(command=(sys.executable, "-c", nowhere))
    assert decoder.check() is None
    assert "the kernel may take something else than the decoder: No such file or directory" in caplog.text
    (tmp_path / "recording").write_text("heard")
    assert decoder.decode("remember", tmp_path / "recording").told == {"kept": ["heard"]}


def test_where_the_wall_is_missing_nothing_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "recording").write_text(str(tmp_path / "recording"))
    decoder = create_decoder("missing")
    with pytest.raises(NoSafeDecoding, match=r"recordings wait.*no filter on system calls"):
        decoder.decode("read_file", tmp_path / "recording")
    with pytest.raises(NoSafeDecoding, match="recordings wait"):
        decoder.check()


def test_where_the_wall_is_missing_a_setting_may_allow_it(tmp_path: Path) -> None:
    (tmp_path / "recording").write_text(str(tmp_path / "recording"))
    decoder = create_decoder("missing", without_wall=True)
    assert decoder.decode("read_file", tmp_path / "recording").told == {"done": True}
    missing = decoder.check()
    assert missing is not None
    assert "no filter on system calls" in missing


def test_where_there_is_a_wall_the_setting_takes_none_of_it_down(tmp_path: Path) -> None:
    (tmp_path / "recording").write_text(str(tmp_path / "recording"))
    told = create_decoder("wall", without_wall=True).decode("read_file", tmp_path / "recording").told
    assert told["stopped_by"] == "PermissionError"


def test_a_processor_that_the_filter_does_not_know_has_no_wall() -> None:
    with pytest.raises(NoSafeDecoding, match="does not know the processor riscv64"):
        this_machine("riscv64")


def test_a_kernel_that_refuses_the_filter_has_no_wall() -> None:
    """For real: within the wall a second filter is refused, as on a system that allows none."""
    ask = (
        "from server.decoding.filter import install, this_machine; from server.decoding.wall import take_wall\n"
        "take_wall()\n"
        "try:\n    install(this_machine())\nexcept Exception as error:\n    print(repr(error), flush=True)\n"
    )
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False).stdout
    assert said == "NoSafeDecoding('this system allows no filter on system calls: Operation not permitted')\n"


def test_a_child_that_does_not_even_start_quarantines_nothing(tmp_path: Path) -> None:
    (tmp_path / "recording").touch()
    with pytest.raises(NoSafeDecoding, match="does not start"):
        Decoder(command=(sys.executable, "-c", "raise SystemExit(3)")).decode("hear", tmp_path / "recording")


@pytest.mark.parametrize(
    ("greed", "limits", "reason"),
    [
        ("take_memory", Limits(memory_bytes=2**29), "too much memory"),
        ("take_processor", Limits(cpu_seconds=1), "too much processor time"),
        ("take_processor", Limits(wall_seconds=0.1), r"within 0\.1 seconds"),
        ("flood", Limits(), "something else than it should"),
        ("flood_parts", Limits(), "something else than it should"),
        ("say_much", Limits(output_bytes=2**20), "output grew over the limit"),
        ("claim_parts", Limits(), "output grew over the limit"),
        ("crash", Limits(), "ended with status -11"),
    ],
)
def test_a_child_is_held_to_its_limits(greed: str, limits: Limits, reason: str, tmp_path: Path) -> None:
    (tmp_path / "recording").touch()
    with pytest.raises(InvalidMedia, match=reason):
        create_decoder("wall", limits).decode(greed, tmp_path / "recording")


@pytest.mark.parametrize(
    "said",
    [
        *(b"", b"\n", b"[]\n", b"nonsense\n", b'{"told": 3, "parts": []}\n', b"[" * 4000 + b"\n"),
        *(b'{"told": {}, "parts": [-1]}\n', b'{"told": {}, "parts": [3]}\nab', b'{"told": {}, "parts": [1]}\nab'),
        *(b'{"told": {}, "parts": [true]}\na', b'{"told": {}, "parts": {"a": 1}}\n', b'{"told": {}, "parts": ["a"]}\n'),
        b'{"told": {}}',
    ],
)
def test_a_child_that_was_taken_over_can_only_lie_in_its_form(said: bytes, tmp_path: Path) -> None:
    (tmp_path / "recording").write_bytes(said)
    with pytest.raises(InvalidMedia, match="something else than it should"):
        create_decoder("wall").decode("lie", tmp_path / "recording")

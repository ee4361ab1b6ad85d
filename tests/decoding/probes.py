"""A decoding child that tries what a decoder that was taken over would try, and says how that went.

Run as `python -m tests.decoding.probes WALL ORDERS`, where WALL is `wall` for the real one, `none` for none at all, and
`missing` for a machine that has none. Each probe is a job of the child, so it runs where decoding runs, with what the
recording says as its argument, and tells `{"done": true}` or the name of the error that stopped it.
"""

from __future__ import annotations

import ctypes
import encodings.idna  # noqa: F401  # what `connect` would import when the wall stands
import json
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from server.decoding.child import Done, Job, serve
from server.decoding.wall import take_wall
from vertelpaal.errors import NoSafeDecoding

LIBC = ctypes.CDLL(None, use_errno=True)
MACHINE, ME = os.uname().machine, os.getpid()
"""Asked before the wall is up: behind it nobody is told, and a probe would be stopped by its own question."""
FILLED_BYTES = 400 * 2**20
"""More than what runs tests has; a child begins with what its parent had."""


def connect(argument: str) -> None:
    with socket.create_connection(("127.0.0.1", int(argument)), timeout=5):
        pass


def read_file(argument: str) -> None:
    with open(argument, "rb") as file:
        file.read(1)


def write_file(argument: str) -> None:
    with open(argument, "wb"):
        pass


def list_folder(argument: str) -> None:
    os.listdir(argument)


def remove_file(argument: str) -> None:
    os.unlink(argument)


def start_program(_: str) -> None:
    subprocess.run(["/bin/true"], check=True)


def fork(_: str) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def become_a_program(_: str) -> None:
    os.execv("/bin/echo", ["echo", '{"told": {"done": true}, "parts": []}'])


def start_thread(_: str) -> None:
    thread = threading.Thread(target=int)
    try:
        thread.start()
    except RuntimeError as error:
        raise PermissionError(str(error)) from error
    thread.join()


def signal_another(argument: str) -> None:
    os.kill(int(argument), signal.SIGCONT)


def trace(_: str) -> None:
    _call({"x86_64": 101, "aarch64": 117}, 0, 0, 0, 0)  # be traced by the parent, which anybody may


def mount(_: str) -> None:
    _call({"x86_64": 272, "aarch64": 97}, 0x20000)  # unshare(CLONE_NEWNS), of which every mount in secret begins


def ask_the_ring(_: str) -> None:
    parameters = ctypes.create_string_buffer(120)
    os.close(_call({"x86_64": 425, "aarch64": 425}, 1, ctypes.byref(parameters)))


def load_bpf(_: str) -> None:
    attributes = ctypes.create_string_buffer(
        (1).to_bytes(4, "little") + (4).to_bytes(4, "little") * 2 + b"\1\0\0\0", 72
    )
    os.close(_call({"x86_64": 321, "aarch64": 280}, 0, ctypes.byref(attributes), 72))


def read_keys(_: str) -> None:
    _call({"x86_64": 250, "aarch64": 219}, 0, -1, 1)


def make_code(_: str) -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def be_root_again(_: str) -> None:
    os.setresuid(0, 0, 0)


PROBES: Mapping[str, Callable[[str], None]] = {
    probe.__name__: probe
    for probe in (
        *(connect, read_file, write_file, list_folder, remove_file, start_program, fork, become_a_program),
        *(start_thread, signal_another, trace, mount, ask_the_ring, load_bpf, read_keys, make_code),
        *(be_root_again,),
    )
}


def take_memory(_: bytes) -> Done:
    held = [bytes(2**24) for _ in range(10_000)]
    return Done({"held": len(held)})


def fill_memory(_: bytes) -> Done:
    return Done({"held": len(b"x" * FILLED_BYTES)})


def take_processor(_: bytes) -> Done:
    while True:
        pass


def flood(_: bytes) -> Done:
    while True:
        sys.stdout.buffer.write(b"x" * 2**16)


def flood_parts(_: bytes) -> Done:
    sys.stdout.buffer.write(json.dumps({"told": {}, "parts": [10]}).encode() + b"\n")
    return flood(_)


def say_much(_: bytes) -> Done:
    return Done({}, (bytes(2 * 2**20),))


def claim_parts(_: bytes) -> Done:
    sys.stdout.buffer.write(json.dumps({"told": {}, "parts": [2**50]}).encode() + b"\n")
    return flood(_)


KEPT: list[str] = []


def remember(recording: bytes) -> Done:
    KEPT.append(recording.decode())
    return Done({"kept": KEPT})


def lie(recording: bytes) -> Done:
    sys.stdout.buffer.write(recording)
    sys.stdout.buffer.flush()
    os._exit(0)


def crash(_: bytes) -> Done:
    ctypes.string_at(0)
    return Done({})


WAYS_TO_END = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")


def end_itself(recording: bytes) -> Done:
    """Send a signal to this very process; the recording names it, and the call by which it is sent."""
    way, told = recording.decode().split()
    me, number = ME, int(told)
    news = ctypes.create_string_buffer(struct.pack("=iii", number, 0, -1), 128)
    arguments: dict[str, tuple[Any, ...]] = {"tgkill": (me, me, number), "rt_sigqueueinfo": (me, number, news)}
    arguments["rt_tgsigqueueinfo"] = (me, me, number, news)
    numbers = {
        "x86_64": dict(zip(WAYS_TO_END, (62, 200, 234, 129, 297), strict=True))[way],
        "aarch64": dict(zip(WAYS_TO_END, (129, 130, 131, 138, 240), strict=True))[way],
    }
    try:
        _call(numbers, *arguments.get(way, (me, number)))
    except PermissionError:
        return Done({"stopped_by": "PermissionError"})
    return Done({"sent": number})


def _call(numbers: Mapping[str, int], *arguments: Any) -> int:
    """Make a system call of which Python has no function."""
    answer: int = LIBC.syscall(numbers[MACHINE], *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def _telling(probe: Callable[[str], None]) -> Job:
    def job(argument: bytes) -> Done:
        try:
            probe(argument.decode())
        except OSError as error:
            return Done({"stopped_by": type(error).__name__, "says": str(error)})
        return Done({"done": True})

    return job


def _missing() -> None:
    raise NoSafeDecoding("this system allows no filter on system calls: Function not implemented")


GREEDY: tuple[Job, ...] = (
    *(take_memory, fill_memory, take_processor, flood, flood_parts, say_much, claim_parts, remember, lie, crash),
    end_itself,
)
JOBS = {name: _telling(probe) for name, probe in PROBES.items()} | {job.__name__: job for job in GREEDY}
WALLS: Mapping[str, Callable[[], None]] = {"wall": take_wall, "none": lambda: None, "missing": _missing}

if __name__ == "__main__":
    wall = WALLS[sys.argv.pop(1)]
    serve(lambda: JOBS, wall)

"""The parent's side of decoding: a child for each recording, started ahead of need, with nothing of any other in it."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from server.decoding.wall import Limits
from vertelpaal.errors import Interrupted, InvalidMedia, NoSafeDecoding, VertelpaalError

log = logging.getLogger(__name__)

START_SECONDS = 60
CHILD = (sys.executable, "-m", "server.decoding.child")
FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM)
"""How a child ends that the kernel kills for want of memory, or systemd at a stop."""
_LINE = 4096
_REASON = 300
_CHUNK = 2**20


@dataclass(frozen=True)
class Decoded:
    """What a child said of a recording and made of it; one that was taken over can lie in both."""

    told: dict[str, Any]
    parts: tuple[bytes, ...]


class Decoder:
    """Has recordings decoded behind a wall. Safe to share between threads.

    With `ahead` a child that is ready waits for the next recording. `without_wall` lets a child go on where this
    machine has no wall. `command` starts the child.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        without_wall: bool = False,
        ahead: bool = False,
        command: Sequence[str] = CHILD,
    ) -> None:
        self.limits = limits or Limits()
        orders = json.dumps({"limits": asdict(self.limits), "without_wall": without_wall})
        self._command = [*command, orders]
        self._ahead = ahead
        self._lock = threading.Lock()
        self._waiting: _Child | None = None

    def decode(self, job: str, recording: Path) -> Decoded:
        """Have one recording decoded by a child of its own.

        Raises:
            InvalidMedia: it is no recording, or it needs more than the limits.
            NoSafeDecoding: this machine has no wall to decode behind; the recording is as good as it was.
            Interrupted: somebody else ended the child, or the machine was too busy to give it its time; the same.
        """
        child = self._take()
        try:
            child.wait_until_ready()
            return child.ask(job, recording)
        finally:
            child.end()
            self._prepare()

    def check(self) -> str | None:
        """Let a child build its wall; return why it has none, where it goes on without. What else it lacks is logged.

        Raises:
            NoSafeDecoding: it has none, and does not go on.
        """
        child = _Child(self._command, self.limits)
        try:
            missing = child.wait_until_ready()
            if child.lacks:
                log.warning("%s", child.lacks)
            return missing
        finally:
            child.end()
            self._prepare()

    def close(self) -> None:
        """End the child that waits, and let none wait any more."""
        with self._lock:
            self._ahead, waiting, self._waiting = False, self._waiting, None
        if waiting is not None:
            waiting.end()

    def _take(self) -> _Child:
        with self._lock:
            waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting.lives():
            return waiting
        if waiting is not None:
            waiting.end()
        return _Child(self._command, self.limits)

    def _prepare(self) -> None:
        with self._lock:
            if self._ahead and self._waiting is None:
                self._waiting = _Child(self._command, self.limits)


class _Child:
    """One process, for one recording."""

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        self._limits = limits
        self._took_too_long = False
        self.lacks: str | None = None
        """What it cannot have here and goes on without; known when it is ready."""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                "PATH": os.environ.get("PATH", ""),
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            start_new_session=True,
        )
        self._input, self._output = _pipe(self._process.stdin), _pipe(self._process.stdout)

    def lives(self) -> bool:
        """Return whether the process is still there."""
        return self._process.poll() is None

    def wait_until_ready(self) -> str | None:
        """Wait until it says that its wall stands; return why it has none, where it goes on without."""
        with self._clock(START_SECONDS):
            said = self._read_line()
        missing, self.lacks = (str(said[word]) if said.get(word) else None for word in ("missing", "lacks"))
        if said.get("ready") is True:
            return missing
        self._process.kill()
        reason = missing or f"the decoding child does not start (status {self._process.wait()})"
        raise NoSafeDecoding(f"recordings wait, as they cannot be decoded safely here: {reason}")

    def ask(self, job: str, recording: Path) -> Decoded:
        """Hand it the recording, and take what it makes of it."""
        with open(recording, "rb") as file, self._clock(self._limits.wall_seconds):
            self._hand_over(job, file)
            said = self._read_line()
            parts = self._read_parts(said.get("parts"))
            invalid, told = said.get("invalid"), said.get("told")
            says_nothing = not isinstance(invalid, str) and (not isinstance(told, dict) or parts is None)
            if says_nothing and not self._output.read(1):
                self._has_ended()
        if self._took_too_long:
            raise self._late()
        if isinstance(invalid, str):
            raise InvalidMedia(invalid[:_REASON])
        if not isinstance(told, dict) or parts is None:
            raise self._why_it_ended()
        return Decoded(told, parts)

    def end(self) -> None:
        """End it, whatever it is at."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._input, self._output):
            with suppress(BrokenPipeError):  # what it was not there to read any more
                pipe.close()

    def _hand_over(self, job: str, file: IO[bytes]) -> None:
        """Give the recording; a child that ended meanwhile is found out when it is read."""
        with suppress(BrokenPipeError):
            self._input.write(json.dumps({"job": job}).encode() + b"\n")
            shutil.copyfileobj(file, self._input, _CHUNK)
            self._input.close()

    def _read_line(self) -> dict[str, Any]:
        """Read one line of JSON; empty if it says none."""
        line = self._output.readline(_LINE)
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            return {}
        return said if isinstance(said, dict) else {}

    def _read_parts(self, lengths: object) -> tuple[bytes, ...] | None:
        """Read the parts of these lengths and nothing after them; None if that is not what comes."""
        if not isinstance(lengths, list) or not all(type(one) is int and one >= 0 for one in lengths):
            return None
        if sum(lengths) > self._limits.output_bytes:
            raise InvalidMedia("its output grew over the limit")
        parts = tuple(self._output.read(length) for length in lengths)
        whole = [len(part) for part in parts] == lengths and not self._output.read(1)
        return parts if whole else None

    def _has_ended(self, how: int = 0) -> bool:
        """Return whether it has ended, and leave it to be waited for; waits for that, unless `how` is WNOHANG."""
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | how) is not None

    def _end_of_it(self) -> tuple[int, float]:
        """End it; return its status, and for how many seconds it had a processor."""
        os.kill(self._process.pid, signal.SIGKILL)
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return self._process.returncode, used.ru_utime + used.ru_stime

    def _late(self) -> VertelpaalError:
        """Say whose fault it is that the time was not enough."""
        _, seconds = self._end_of_it()
        if asked_too_much(seconds, self._limits):
            return InvalidMedia(f"not decoded within {self._limits.wall_seconds:g} seconds")
        return Interrupted("the machine was too busy to decode it in time")

    def _why_it_ended(self) -> VertelpaalError:
        """Say which limit took it, who else did, or that it said something else than it should."""
        by_us = not self._has_ended(os.WNOHANG)
        status, seconds = self._end_of_it()
        if status == -signal.SIGXCPU or seconds >= self._limits.cpu_seconds:
            return InvalidMedia("decoding took too much processor time")
        if status in FROM_OUTSIDE and not by_us:
            return Interrupted("the decoder was stopped from outside")
        if status in (0, -signal.SIGKILL):
            return InvalidMedia("the decoder said something else than it should")
        return InvalidMedia(f"the decoder ended with status {status}")

    @contextmanager
    def _clock(self, seconds: float) -> Iterator[None]:
        """End the process if this takes longer."""

        def run_out() -> None:
            self._took_too_long = True
            os.kill(self._process.pid, signal.SIGKILL)  # nobody has waited for it yet, so the number is still its own

        clock = threading.Timer(seconds, run_out)
        clock.start()
        try:
            yield
        finally:
            clock.cancel()
            clock.join()


def asked_too_much(cpu_seconds: float, limits: Limits) -> bool:
    """Return whether a child that was late is late by itself: it had a processor for half of all that it may have."""
    return cpu_seconds >= min(limits.cpu_seconds, limits.wall_seconds) / 2


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise NoSafeDecoding("the decoding child was started without its pipes")
    return pipe

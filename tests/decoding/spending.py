"""What decoding children spend of their limits, by the kernel's own count when each is waited for."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from server.decoding.decoder import CHILD, Decoded, Decoder
from server.decoding.wall import Limits


@dataclass(frozen=True)
class Spent:
    """The most that any child spent of each limit.

    Of memory it is what was resident, and at least what its parent had when it started it: a child begins as a copy.
    """

    children: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    output_bytes: int = 0

    def over(self, limits: Limits) -> list[str]:
        """Return the names of the limits that it does not stay within."""
        return [name for name, limit in vars(limits).items() if getattr(self, name) > limit]

    def __str__(self) -> str:
        return (
            f"{self.children} children, of which none used more than {self.wall_seconds:.1f} s, "
            f"{self.cpu_seconds:.2f} s of processor, {self.memory_bytes / 2**20:.0f} MiB of memory, "
            f"{self.output_bytes / 2**10:.0f} KiB of output"
        )


class Meter:
    """Notes the most that was spent; safe to share between threads."""

    def __init__(self) -> None:
        self.spent = Spent()
        self._lock = threading.Lock()

    def note(self, *, children: int = 0, **spent: float) -> None:
        """Note what one spent."""
        with self._lock:
            most = {name: max(value, getattr(self.spent, name)) for name, value in spent.items()}
            self.spent = replace(self.spent, children=self.spent.children + children, **most)

    def process(self) -> type[subprocess.Popen[bytes]]:
        """Return a kind of process that is noted when it is waited for."""
        note = self.note

        class Process(subprocess.Popen[bytes]):
            """A process that is waited for with its usage; whoever waits has killed it or knows that it ended."""

            _waiting = threading.Lock()

            def wait(self, timeout: float | None = None) -> int:
                assert timeout is None
                return self._wait(0) or 0

            def poll(self) -> int | None:
                return self._wait(os.WNOHANG)

            def _wait(self, options: int) -> int | None:
                with self._waiting:
                    if self.returncode is None:
                        ended, status, usage = os.wait4(self.pid, options)
                        if ended:
                            self.returncode = os.waitstatus_to_exitcode(status)
                            cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
                            note(children=1, cpu_seconds=cpu, memory_bytes=memory)
                    return self.returncode

        return Process


class MeteredDecoder(Decoder):
    """A decoder that tells a meter how long each recording took, with the start of its child, and what came back."""

    def __init__(self, meter: Meter, limits: Limits, *, ahead: bool = False, command: Sequence[str] = CHILD) -> None:
        super().__init__(limits, ahead=ahead, command=command)
        self._note: Callable[..., None] = meter.note

    def decode(self, job: str, recording: Path) -> Decoded:
        began = time.monotonic()
        try:
            decoded = super().decode(job, recording)
            self._note(output_bytes=sum(map(len, decoded.parts)))
            return decoded
        finally:
            self._note(wall_seconds=time.monotonic() - began)

"""Hearing: the sound of a recording as samples, decoded in a child process with limits; this is the parent's side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.pipeline.media import Limits
from server.speech.hearing_child import RATE
from vertelpaal.errors import InvalidMedia

MAX_SECONDS = 600
_SAMPLE_BYTES = 2

Samples = NDArray[np.float32]
"""One channel, 16,000 a second, from -1 to 1."""

Hearing = Callable[[Path], Samples]


@dataclass(frozen=True)
class ChildHearing:
    """Decodes sound in a child process; nothing of what is said touches the disk."""

    limits: Limits = field(default_factory=Limits)
    max_seconds: float = MAX_SECONDS

    def __call__(self, media: Path) -> Samples:
        """Return the sound of a recording; empty if it has no sound track.

        Raises:
            InvalidMedia: it is no recording, lasts too long, or needs more than the limits.
        """
        if not media.is_file():
            raise InvalidMedia(f"{media.name}: there is no such file")
        most = int(self.max_seconds * RATE) * _SAMPLE_BYTES
        raw, status, reason = self._run(media, most)
        if len(raw) > most:
            raise InvalidMedia(f"{media.name}: lasts longer than {self.max_seconds:g} seconds")
        if status != 0:
            raise InvalidMedia(f"{media.name}: {reason or f'the decoder ended with status {status}'}")
        whole = len(raw) - len(raw) % _SAMPLE_BYTES
        return np.frombuffer(raw[:whole], dtype="<i2").astype(np.float32) / np.float32(32768)

    def _run(self, media: Path, most: int) -> tuple[bytes, int, str]:
        """Run the child; return at most one byte more than allowed, its exit status and the reason it gave."""
        restraint = {limit: value for limit, value in asdict(self.limits).items() if limit != "wall_seconds"}
        environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(Path(__file__).parents[2])}
        with subprocess.Popen(
            [sys.executable, "-m", "server.speech.hearing_child", str(media), json.dumps(restraint)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        ) as child:
            clock = threading.Timer(self.limits.wall_seconds, child.kill)
            clock.start()
            try:
                raw = child.stdout.read(most + 1) if child.stdout else b""
                if len(raw) > most:
                    child.kill()
                # a refused file is told in one line, so the pipe of its error output cannot fill up before this
                said = child.stderr.read(4096) if child.stderr else b""
                status = child.wait()
            finally:
                clock.cancel()
        return raw, status, _last_line(said)


def _last_line(said: bytes) -> str:
    """Return the child's reason: its last line, without what else a broken decoder may print."""
    return said.decode(errors="replace").strip().rpartition("\n")[2][:200]

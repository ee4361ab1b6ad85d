"""Running a long command while somebody watches: some lines on screen, every line in the log."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from setup.errors import CannotPrepare

LAST_LINES = 25


def tell(line: str) -> None:
    """Show a line now, also when the output is a file."""
    print(line, flush=True)


@dataclass(frozen=True)
class Follower:
    """Runs commands and shows what matters of what they say.

    `say` shows a line. After `sign_of_life` seconds of silence a watcher is told that it goes on.
    """

    log: Path
    say: Callable[[str], None] = tell
    sign_of_life: float = 15
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, command: Sequence[str | Path], notice: Callable[[str], str | None]) -> None:
        """Run a command to its end; `notice` turns a line of its output into one to show, or None.

        Raises:
            CannotPrepare: it failed; with its last lines.
        """
        words = [str(word) for word in command]
        last: deque[str] = deque(maxlen=LAST_LINES)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n$ {' '.join(words)}\n")
            process = self._start(words)
            for line in self._lines(process):
                log.write(line + "\n")
                last.append(line)
                shown = notice(line)
                if shown is not None:
                    self.say(f"      {shown}")
        if process.returncode:
            said = "\n".join(f"  | {line}" for line in last)
            raise CannotPrepare(
                f"`{' '.join(words)}` failed with status {process.returncode}. Its last words:\n{said}\n"
                f"All of them are in {self.log}. Run make again to go on from here."
            )

    def _start(self, words: list[str]) -> subprocess.Popen[str]:
        try:
            return subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env={**os.environ, **self.environment},
            )
        except OSError as error:
            raise CannotPrepare(f"`{words[0]}` does not start: {error.strerror}.") from None

    def _lines(self, process: subprocess.Popen[str]) -> Iterator[str]:
        said: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_pass_on, args=(process, said), daemon=True).start()
        started = time.monotonic()
        while True:
            try:
                line = said.get(timeout=self.sign_of_life)
            except queue.Empty:
                self.say(f"      … still busy after {time.monotonic() - started:.0f} s")
                continue
            if line is None:
                process.wait()
                return
            yield line


def _pass_on(process: subprocess.Popen[str], said: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        said.put(line.rstrip())
    said.put(None)


def nothing(_line: str) -> None:
    """Notice no line."""


@dataclass
class Count:
    """Notices every so many lines of one kind: `40 of 110`."""

    begins: str
    of: int | None = None
    every: int = 10
    seen: int = 0

    def __call__(self, line: str) -> str | None:
        """Return what to show for this line, if anything."""
        if not line.lstrip().startswith(self.begins):
            return None
        self.seen += 1
        if self.seen % self.every and self.seen != self.of:
            return None
        rest = line.lstrip()[len(self.begins) :].split()
        return f"{self.seen}{f' of {self.of}' if self.of else ''}{f' ({rest[0]})' if rest else ''}"

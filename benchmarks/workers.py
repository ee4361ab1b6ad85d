"""Two processes that transcribe with one thread each, against one with two: which way a second core serves better.

    python -m benchmarks.workers THREADS HOME

is one such process: it transcribes each file that it is told a line of, and says `done` after each.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.comparison import Comparison, compare
from models.store import find_model
from sample.recordings import voice_recording
from sample.sentences import SPOKEN
from server.decoding.decoder import Decoder
from server.speech.hearing import ChildHearing
from server.speech.whisper import load_whisper

RUNS = 6
RECORDINGS = 12

Process = subprocess.Popen[str]


def two_workers_and_one(folder: Path) -> Comparison:
    """Compare the time that a dozen answers take."""
    answers = [_spoken(folder / f"answer-{number}.webm", number) for number in range(RECORDINGS)]
    with _worker(1, folder) as first, _worker(1, folder) as second, _worker(2, folder) as alone:
        return compare(
            f"transcribe {RECORDINGS} answers, two workers of 1 thread",
            "one worker of 2 threads",
            lambda: _transcribe((first, second), answers),
            lambda: _transcribe((alone,), answers),
            runs=RUNS,
            goal="none: it tells which to choose",
        )


def _spoken(file: Path, number: int) -> Path:
    file.write_bytes(voice_recording(SPOKEN[number].text, random.Random(number)))  # noqa: S311  # the same each time
    return file


def _transcribe(workers: Sequence[Process], answers: Sequence[Path]) -> None:
    """Share the answers out, and wait until all are done."""
    shares = [answers[number :: len(workers)] for number in range(len(workers))]
    for worker, share in zip(workers, shares, strict=True):
        assert worker.stdin is not None
        worker.stdin.write("".join(f"{answer}\n" for answer in share))
        worker.stdin.flush()
    for worker, share in zip(workers, shares, strict=True):
        for _ in share:
            _expect_done(worker)


def _expect_done(worker: Process) -> None:
    assert worker.stdout is not None
    assert worker.stdout.readline() == "done\n", "a worker of the benchmark ended"


@contextmanager
def _worker(threads: int, home: Path) -> Iterator[Process]:
    order = [sys.executable, "-m", "benchmarks.workers", str(threads), str(home)]
    with subprocess.Popen(order, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        _expect_done(worker)  # with loading
        try:
            yield worker
        finally:
            assert worker.stdin is not None
            worker.stdin.close()  # which ends it
            worker.wait(timeout=20)


def main(threads: int, home: Path) -> None:
    """Transcribe what is asked for on standard input, until it ends."""
    model = find_model(home, "mini", "cpu")
    assert model is not None, "the mini model comes with this clone"
    decoder = Decoder(ahead=True)
    transcriber = load_whisper(model, "cpu", hearing=ChildHearing(decoder), threads=threads)
    sys.stdout.write("done\n")
    sys.stdout.flush()
    for line in sys.stdin:
        transcriber.transcribe(Path(line.rstrip("\n")), "nl")
        sys.stdout.write("done\n")
        sys.stdout.flush()
    decoder.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))

"""A worker that can be killed for real: whoever watches over it starts it again, as a service manager does.

Run as `python -m tests.server.mortal_worker URL HOME KEY RECORDING`: the database, home and private key of a sample
library, and the recording over which the worker never comes to an end. Every worker is a fork of this process. It says
`begun PID RECORDING` when a worker begins to transcribe one, and `ended SIGNAL` when a worker is gone.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from pyrage import x25519

from server.database import Database, make_engine
from server.pipeline.unpack import Unpacker
from server.speech.transcriber import ModelIdentity, Segment, Transcript, transcript_of
from tests.makers import WITHDRAWAL_KEY, HandClock, SteadyClock, folders_in
from tests.server.test_worker import create_worker

HEARD = "meer boeken"
IDENTITY = ModelIdentity("never-comes-to-an-end", "0" * 64)


class Stuck:
    """A transcriber that never comes to an end with one recording, and hears the same words in every other."""

    identity = IDENTITY

    def __init__(self, recording: str) -> None:
        self._recording = recording

    def supports(self, language: str) -> bool:
        return True

    def transcribe(self, media: Path, language: str | None) -> Transcript:
        print(f"begun {os.getpid()} {media.stem}", flush=True)
        if media.stem == self._recording:
            threading.Event().wait()
        segment = Segment(HEARD, 0.0, 1.5, -0.1, 0.01, ())
        return transcript_of((segment,), language="nl", language_probability=1.0, model=IDENTITY)


def work(url: str, home: Path, key: str, recording: str) -> None:
    """Work until killed."""
    database, folders, clock = Database(make_engine(url)), folders_in(home), SteadyClock(HandClock())
    unpacker = Unpacker(database, folders, [x25519.Identity.from_str(key)], WITHDRAWAL_KEY, clock)
    transcriber = Stuck(recording)
    create_worker("worker-mortal", database, folders, unpacker, lambda: transcriber, home, clock).run(threading.Event())


def watch_over(url: str, home: Path, key: str, recording: str) -> None:
    """Start a worker again whenever one is gone."""
    while True:
        worker = os.fork()
        if worker == 0:
            work(url, home, key, recording)
        _, status = os.waitpid(worker, 0)
        print(f"ended {os.WTERMSIG(status)}", flush=True)


if __name__ == "__main__":
    watch_over(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])

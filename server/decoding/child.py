"""The child that decodes: a recording in on its input, what became of it out on its output, then it ends.

Run as `python -m server.decoding.child ORDERS`. It takes its limits, loads the decoders, closes itself in
(`server.decoding.wall`), says `{"ready": true, "missing": null, "lacks": null}` and waits, so it can be started before
it is needed. Nothing of a recording is read before the wall stands. Where it cannot be built, `missing` says why, and
the child ends unless its orders are to go on without. `lacks` says what else this machine does not let it have.

In: a line of JSON `{"job": name}`, and the bytes of the recording up to the end. Out: a line of JSON, either
`{"invalid": reason}` or `{"told": {...}, "parts": [bytes, ...]}`, and after that those parts.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from server.decoding.wall import Limits, take_limits, take_wall
from vertelpaal.errors import InvalidMedia, NoSafeDecoding

OUT_OF_MEMORY = Path("/proc/self/oom_score_adj")
"""Where a process says how soon the kernel may take it when memory runs out, from -1000 to 1000."""
FIRST = 1000


@dataclass(frozen=True)
class Done:
    """What a job has to say of a recording, and the files that it made of it."""

    told: Mapping[str, Any]
    parts: tuple[bytes | memoryview, ...] = field(default=())


Job = Callable[[bytes], Done]
"""Takes a recording; raises InvalidMedia for what it does not accept."""


def load_jobs() -> Mapping[str, Job]:
    """Import the decoders, and return what this child can do."""
    from server.decoding.remux import remux
    from server.decoding.sound import hear

    return {"remux": remux, "hear": hear, "nothing": lambda _: Done({})}


def offer_itself(score: Path = OUT_OF_MEMORY) -> str | None:
    """Let the kernel take this process before worker and server when memory runs out; return why it cannot be told."""
    try:
        score.write_text(str(FIRST))
    except OSError as error:
        return f"where memory runs out, the kernel may take something else than the decoder: {error.strerror}"
    return None


def serve(
    load: Callable[[], Mapping[str, Job]] = load_jobs,
    close_in: Callable[[], None] = take_wall,
) -> None:
    """Serve one recording and end this process."""
    orders = json.loads(sys.argv[1])
    reader, writer = sys.stdin.buffer, sys.stdout.buffer
    lacks = offer_itself()
    take_limits(Limits(**orders["limits"]))
    jobs = load()
    missing = None
    try:
        close_in()
    except NoSafeDecoding as error:
        missing = error.message
    _say(writer, {"ready": missing is None or orders["without_wall"] is True, "missing": missing, "lacks": lacks})
    if missing is not None and orders["without_wall"] is not True:
        os._exit(1)
    asked = reader.readline()
    if asked:
        _answer(writer, jobs[json.loads(asked)["job"]], reader.read())
    os._exit(0)


def _answer(writer: BinaryIO, job: Job, recording: bytes) -> None:
    try:
        done = job(recording)
    except InvalidMedia as error:
        _say(writer, {"invalid": error.message})
        return
    except MemoryError:
        _say(writer, {"invalid": "decoding took too much memory"})
        return
    _say(writer, {"told": done.told, "parts": [len(part) for part in done.parts]})
    for part in done.parts:
        writer.write(part)
    writer.flush()


def _say(writer: BinaryIO, document: Mapping[str, Any]) -> None:
    writer.write(json.dumps(document).encode() + b"\n")
    writer.flush()


if __name__ == "__main__":
    serve()

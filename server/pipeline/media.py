"""Media is decoded in a child process with limits on time, memory and output; this is the parent's side."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from server.pipeline.media_child import DISK_STATUS
from vertelpaal.errors import InvalidMedia, StorageFull

WALL_SECONDS = 120
CPU_SECONDS = 60
MEMORY_BYTES = 3 * 2**30
OUTPUT_BYTES = 256 * 2**20
_OUTPUT_LINE = 4096


@dataclass(frozen=True)
class Limits:
    """What a child may use: seconds of wall clock and processor, bytes of memory and of one written file."""

    wall_seconds: float = WALL_SECONDS
    cpu_seconds: int = CPU_SECONDS
    memory_bytes: int = MEMORY_BYTES
    output_bytes: int = OUTPUT_BYTES


@dataclass(frozen=True)
class RemuxedMedia:
    """What a recording is after inspection. `seconds` is measured, not declared; `too_dark` is None for voice."""

    file: Path
    media_type: str
    seconds: float
    poster: Path | None
    video_codec: str | None
    width: int | None
    height: int | None
    too_dark: bool | None


def inspect_and_remux(
    source: Path, folder: Path, name: str, declared_seconds: float, limits: Limits | None = None
) -> RemuxedMedia:
    """Check a recording and write it anew into `folder` as `name`.mp4 or `name`.webm, with a poster of a video.

    Raises:
        InvalidMedia: it is no recording, or it needs more than the limits; nothing of it is left in `folder`.
        StorageFull: there is no room for it now; the same.
    """
    limits = limits or Limits()
    restraint = {limit: value for limit, value in asdict(limits).items() if limit != "wall_seconds"}
    child = [sys.executable, "-m", "server.pipeline.media_child", str(source), str(folder), name]
    try:
        told = _run([*child, json.dumps(restraint)], limits.wall_seconds)
        remuxed = _read(told, folder)
        _check_length(remuxed.seconds, declared_seconds)
    except (InvalidMedia, StorageFull):
        for half in folder.glob(f"{name}.*"):
            half.unlink()
        raise
    return remuxed


def _run(command: list[str], wall_seconds: float) -> str:
    """Run the child; return the last line that it said."""

    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    try:
        output, _ = child.communicate(timeout=wall_seconds)
    except subprocess.TimeoutExpired as error:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        raise InvalidMedia(f"not decoded within {wall_seconds:g} seconds") from error
    if child.returncode == DISK_STATUS:
        raise StorageFull("no room to remux a recording")
    if child.returncode != 0:
        raise InvalidMedia(_reason(output, child.returncode))
    return output[-_OUTPUT_LINE:].decode(errors="replace").strip().rpartition("\n")[2]


def _reason(output: bytes, status: int) -> str:
    """Say why a child ended: what it said, or which limit took it."""
    said = output[-_OUTPUT_LINE:].decode(errors="replace").strip().rpartition("\n")[2]
    try:
        return str(json.loads(said)["invalid"])
    except (ValueError, KeyError, TypeError):
        pass
    if status == -signal.SIGXCPU:
        return "decoding took too much processor time"
    if status == -signal.SIGXFSZ:
        return "its output grew over the limit"
    return f"the decoder ended with status {status}"


def _read(told: str, folder: Path) -> RemuxedMedia:
    """Read what the child said; a child that was taken over can only lie within these types."""
    try:
        said = json.loads(told)
        return RemuxedMedia(
            file=folder / Path(str(said["file"])).name,
            media_type={"mp4": "video/mp4", "webm": "video/webm", "audio": "audio/webm"}[said["container"]],
            seconds=float(said["seconds"]),
            poster=folder / Path(str(said["poster"])).name if said["poster"] else None,
            video_codec=str(said["video_codec"])[:16] if said["video_codec"] else None,
            width=int(said["width"]) if said["width"] else None,
            height=int(said["height"]) if said["height"] else None,
            too_dark=None if said["too_dark"] is None else bool(said["too_dark"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidMedia("the decoder said something else than it should") from error


def _check_length(measured: float, declared: float) -> None:
    """A file that ends well before what the pole recorded is truncated."""
    if measured < declared * 0.7 - 1.5:
        raise InvalidMedia(f"truncated: it ends after {measured:.1f} of {declared:.1f} seconds")

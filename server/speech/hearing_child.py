"""The child that decodes the sound of a recording: one file in, samples out.

Run as `python -m server.speech.hearing_child SOURCE LIMITS`, with on its output signed 16-bit little-endian samples,
one channel, 16,000 a second. It takes its limits upon itself before it imports anything that decodes. A file that it
does not accept ends it with status 1 and the reason as one line on its error output.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from server.pipeline.media_child import restrain

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE = 16_000
_REFUSED = 1
_CONTAINERS = ((b"\x1aE\xdf\xa3", 0, "matroska"), (b"ftyp", 4, "mp4"), (b"OggS", 0, "ogg"), (b"RIFF", 0, "wav"))
"""First bytes, their offset, and the only container they may be opened as: a playlist is never one of them."""


class UnacceptableError(Exception):
    """The file is no recording; the text says why."""


def container_of(source: Path) -> str:
    """Return the container that a file's first bytes announce.

    Raises:
        UnacceptableError: they announce none that we accept.
    """
    with open(source, "rb") as file:
        head = file.read(12)
    for magic, offset, container in _CONTAINERS:
        if head[offset : offset + len(magic)] == magic:
            return container
    raise UnacceptableError("its first bytes are not those of a recording")


def decode(source: Path) -> Iterator[bytes]:
    """Yield the samples of the first sound track; nothing if there is none.

    Raises:
        UnacceptableError: the file is no recording, or cannot be decoded.
    """
    import av

    try:
        options = {"protocol_whitelist": "file"}
        with av.open(str(source), format=container_of(source), options=options) as container:
            if not container.streams.audio:
                return
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                frame.pts = None  # a browser's first timestamps may run backwards; the order of frames is right
                for part in resampler.resample(frame):
                    yield part.to_ndarray().tobytes()
            for part in resampler.resample(None):
                yield part.to_ndarray().tobytes()
    except (av.error.FFmpegError, ValueError, EOFError) as error:
        raise UnacceptableError(f"cannot be decoded: {type(error).__name__}") from error


def main(source: Path, output: BinaryIO) -> int:
    """Write the samples of one recording; return the exit status."""
    try:
        for samples in decode(source):
            output.write(samples)
        output.flush()
    except UnacceptableError as error:
        sys.stderr.write(f"{error}\n")
        return _REFUSED
    return 0


if __name__ == "__main__":
    restrain(**json.loads(sys.argv[2]))
    sys.exit(main(Path(sys.argv[1]), sys.stdout.buffer))

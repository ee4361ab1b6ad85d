"""Opening a recording: by its first bytes, as that container and nothing else, with the decoders that we know."""

from __future__ import annotations

import io
from typing import Any

import av
import av.subtitles.stream  # PyAV imports it when a file is opened, and then the wall stands

from vertelpaal.errors import InvalidMedia

WEBM = "matroska"
_CONTAINERS = ((b"\x1aE\xdf\xa3", 0, WEBM), (b"ftyp", 4, "mp4"), (b"OggS", 0, "ogg"), (b"RIFF", 0, "wav"))
"""First bytes, their offset, and the only container they may be opened as: a playlist is never one of them."""
DECODERS = ("h264", "vp8", "vp9", "opus", "vorbis", "flac", "aac", "pcm_s16le", "pcm_s24le", "pcm_f32le")
"""What may be decoded; libavformat uses no other on a file to find out what is in it."""
DECODING_ERRORS = (av.error.FFmpegError, OSError, ValueError, EOFError, IndexError)
"""What decoding rubbish raises."""


def open_recording(recording: bytes, accepted: frozenset[str] | None = None) -> Any:
    """Open a recording from memory; no protocol is allowed, so it can lead nowhere else.

    Raises:
        InvalidMedia: its first bytes are those of no container, or of none of those accepted.
    """
    if not recording:
        raise InvalidMedia("the file is empty")
    container = _container_of(recording)
    if container is None or (accepted is not None and container not in accepted):
        raise InvalidMedia("not a WebM file" if accepted else "its first bytes are not those of a recording")
    options = {"protocol_whitelist": "none", "codec_whitelist": ",".join(DECODERS)}
    return av.open(io.BytesIO(recording), format=container, options=options, metadata_errors="replace")


def _container_of(recording: bytes) -> str | None:
    for magic, offset, container in _CONTAINERS:
        if recording[offset : offset + len(magic)] == magic:
            return container
    return None

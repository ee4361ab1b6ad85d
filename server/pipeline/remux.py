"""Inspecting and remuxing a recording; runs only in the child process of `server.pipeline.media_child`."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

EBML_MAGIC = b"\x1a\x45\xdf\xa3"
MAX_SECONDS = 150.0
MAX_PIXELS = 1920 * 1080
MAX_STREAMS = 2
VIDEO_CODECS = frozenset({"h264", "vp8", "vp9"})
DARK_LUMA = 40.0
"""Mean luma (0–255) below which nobody is seen."""
LOOKED_AT = 5
"""How many frames, spread over the first seconds, the darkness is judged by."""


class UnacceptableError(Exception):
    """This is no recording that we take; the text says why."""


DECODING_ERRORS = (av.error.FFmpegError, cv2.error, OSError, ValueError, MemoryError)
"""What decoding rubbish raises."""


@dataclass(frozen=True)
class Told:
    """What the child says of a recording."""

    file: str
    container: str
    seconds: float
    poster: str | None
    video_codec: str | None
    width: int | None
    height: int | None
    too_dark: bool | None


def inspect(source: Path, folder: Path, name: str) -> Told:
    """Check the container, codecs and length, then write the recording anew with its duration and cues."""
    _check_magic(source)
    with _opened(source) as container:
        _check_streams(container)
        video = container.streams.video[0] if container.streams.video else None
        codec = video.codec_context.name if video else None
        kind = "audio" if video is None else "mp4" if codec == "h264" else "webm"
        target = folder / f"{name}.{'mp4' if kind == 'mp4' else 'webm'}"
        seconds = _remux(container, target, "mp4" if kind == "mp4" else "webm")
    poster, too_dark, width, height = None, None, None, None
    if codec is not None:
        frames = _look(target)
        height, width = frames[0].shape[:2]
        too_dark = bool(np.mean([cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).mean() for frame in frames]) < DARK_LUMA)
        poster = f"{name}.jpg"
        if not cv2.imwrite(str(folder / poster), frames[len(frames) // 2], [cv2.IMWRITE_JPEG_QUALITY, 80]):
            raise OSError(errno.ENOSPC, "the poster could not be written")
    return Told(target.name, kind, seconds, poster, codec, width, height, too_dark)


def _check_magic(source: Path) -> None:
    with open(source, "rb") as file:
        head = file.read(4)
    if not head:
        raise UnacceptableError("the file is empty")
    if head != EBML_MAGIC:
        raise UnacceptableError("not a WebM file")


def _opened(source: Path) -> Any:
    """Open as Matroska and nothing else: no playlist, no other demuxer, local files only."""
    return av.open(str(source), format="matroska", options={"protocol_whitelist": "file"}, metadata_errors="replace")


def _check_streams(container: Any) -> None:
    streams = list(container.streams)
    if len(streams) > MAX_STREAMS or len(container.streams.audio) != 1 or len(container.streams.video) > 1:
        raise UnacceptableError("a recording has one sound and at most one picture")
    if len(streams) != len(container.streams.audio) + len(container.streams.video):
        raise UnacceptableError("a recording has sound and picture, nothing else")
    if container.streams.audio[0].codec_context.name != "opus":
        raise UnacceptableError("the sound is not Opus")
    for video in container.streams.video:
        if video.codec_context.name not in VIDEO_CODECS:
            raise UnacceptableError("the picture is not H.264, VP8 or VP9")
        if video.codec_context.width * video.codec_context.height > MAX_PIXELS:
            raise UnacceptableError(f"more than {MAX_PIXELS} pixels")


def _remux(container: Any, target: Path, container_format: str) -> float:
    """Copy the packets without re-encoding and return the length in seconds; metadata is left behind."""
    options = {"movflags": "+faststart"} if container_format == "mp4" else {"cues_to_front": "1"}
    end, packets = 0.0, 0
    with av.open(str(target), "w", format=container_format, options={**options, "fflags": "+bitexact"}) as written:
        copies = {stream.index: written.add_stream_from_template(stream) for stream in container.streams}
        for packet in container.demux():
            if packet.dts is None:
                continue
            begin = float((packet.pts if packet.pts is not None else packet.dts) * packet.time_base)
            end = max(end, begin + float((packet.duration or 0) * packet.time_base))
            if end > MAX_SECONDS:
                raise UnacceptableError(f"longer than {MAX_SECONDS:g} seconds")
            packet.stream = copies[packet.stream.index]
            written.mux(packet)
            packets += 1
    if packets == 0:
        raise UnacceptableError("no sound and no picture in it")
    return end


def _look(target: Path) -> list[npt.NDArray[np.uint8]]:
    """Decode some frames of the first three seconds, as BGR of shape (height, width, 3)."""
    frames: list[npt.NDArray[np.uint8]] = []
    with av.open(str(target)) as container:
        wanted = 0.0
        for frame in container.decode(video=0):
            if frame.width * frame.height > MAX_PIXELS:
                raise UnacceptableError(f"more than {MAX_PIXELS} pixels")
            if frame.time is not None and frame.time >= wanted:
                frames.append(np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8))
                wanted += 0.6
            if len(frames) == LOOKED_AT:
                break
    if not frames:
        raise UnacceptableError("no picture could be decoded")
    return frames

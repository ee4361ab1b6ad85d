"""Inspecting and remuxing a recording; runs only in the child process of `server.decoding.child`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import av

from server.decoding.child import Done
from server.decoding.containers import DECODING_ERRORS, WEBM, open_recording
from vertelpaal.errors import InvalidMedia

MAX_SECONDS = 150.0
MAX_PIXELS = 1920 * 1080
MAX_STREAMS = 2
VIDEO_CODECS = frozenset({"h264", "vp8", "vp9"})
DARK_LUMA = 40.0
"""Mean luma (0–255) below which nobody is seen."""
LOOKED_AT = 5
"""How many frames, spread over the first seconds, the darkness is judged by."""
_THUMB = (64, 36)
"""The size, width by height, at which a frame's mean luma is taken."""


@dataclass(frozen=True)
class Told:
    """What the child says of a recording; beside it goes the recording anew, and of a video a poster."""

    container: str
    seconds: float
    video_codec: str | None = None
    width: int | None = None
    height: int | None = None
    too_dark: bool | None = None


def remux(recording: bytes) -> Done:
    """Check the container, codecs and length, and write the recording anew with its duration and cues."""
    try:
        return _remux(recording)
    except DECODING_ERRORS as error:
        raise InvalidMedia(f"cannot be decoded: {type(error).__name__}") from error


def _remux(recording: bytes) -> Done:
    with open_recording(recording, frozenset({WEBM})) as container:
        _check_streams(container)
        video = container.streams.video[0] if container.streams.video else None
        codec = video.codec_context.name if video else None
        kind = "audio" if video is None else "mp4" if codec == "h264" else "webm"
        written, seconds = _write_anew(container, "mp4" if kind == "mp4" else "webm")
    if codec is None:
        return Done(asdict(Told(kind, seconds)), (written.getbuffer(),))
    frames = _look(written.getvalue())
    too_dark = sum(map(_luma, frames)) / len(frames) < DARK_LUMA
    told = Told(kind, seconds, codec, frames[0].width, frames[0].height, too_dark)
    return Done(asdict(told), (written.getbuffer(), _poster(frames[len(frames) // 2])))


def _check_streams(container: Any) -> None:
    streams = list(container.streams)
    if len(streams) > MAX_STREAMS or len(container.streams.audio) != 1 or len(container.streams.video) > 1:
        raise InvalidMedia("a recording has one sound and at most one picture")
    if len(streams) != len(container.streams.audio) + len(container.streams.video):
        raise InvalidMedia("a recording has sound and picture, nothing else")
    if _codec(container.streams.audio[0]) != "opus":
        raise InvalidMedia("the sound is not Opus")
    for video in container.streams.video:
        if _codec(video) not in VIDEO_CODECS:
            raise InvalidMedia("the picture is not H.264, VP8 or VP9")
        _check_size(video.codec_context)


def _codec(stream: Any) -> str | None:
    return stream.codec_context.name if stream.codec_context is not None else None


def _check_size(picture: Any) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise InvalidMedia(f"more than {MAX_PIXELS} pixels")


def _write_anew(container: Any, container_format: str) -> tuple[io.BytesIO, float]:
    """Copy the packets without re-encoding; return that and its length in seconds. Metadata is left behind."""
    options = {"movflags": "+faststart"} if container_format == "mp4" else {"cues_to_front": "1"}
    options["fflags"] = "+bitexact"
    target, end, packets = io.BytesIO(), 0.0, 0
    reopened = _Reopened(target)
    with av.open(target, "w", format=container_format, options=options, io_open=reopened.open) as written:
        copies = {stream.index: written.add_stream_from_template(stream) for stream in container.streams}
        for packet in container.demux():
            if packet.dts is None:
                continue
            begin = float((packet.pts if packet.pts is not None else packet.dts) * packet.time_base)
            end = max(end, begin + float((packet.duration or 0) * packet.time_base))
            if end > MAX_SECONDS:
                raise InvalidMedia(f"longer than {MAX_SECONDS:g} seconds")
            packet.stream = copies[packet.stream.index]
            written.mux(packet)
            packets += 1
    if packets == 0:
        raise InvalidMedia("no sound and no picture in it")
    return target, end


class _Reopened(io.RawIOBase):
    """A second reader of what is being written, by which the muxer moves its index to the front."""

    def __init__(self, written: io.BytesIO) -> None:
        self._written = written
        self._at = 0

    def open(self, _url: str, _flags: int, _options: dict[str, str]) -> _Reopened:
        return _Reopened(self._written)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._written.getbuffer())}[whence]
        self._at = start + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = None if size < 0 else self._at + size
        data = bytes(self._written.getbuffer()[self._at : end])
        self._at += len(data)
        return data


def _look(recording: bytes) -> Sequence[Any]:
    """Decode some frames of the first three seconds."""
    frames: list[Any] = []
    with open_recording(recording) as container:
        container.streams.video[0].codec_context.thread_count = 1
        wanted = 0.0
        for frame in container.decode(video=0):
            _check_size(frame)
            if frame.time is not None and frame.time >= wanted:
                frames.append(frame)
                wanted += 0.6
            if len(frames) == LOOKED_AT:
                break
    if not frames:
        raise InvalidMedia("no picture could be decoded")
    return frames


def _luma(frame: Any) -> float:
    """Return the mean luma of a frame, from 0 to 255."""
    width, height = _THUMB
    plane = frame.reformat(width=width, height=height, format="gray", dst_color_range="JPEG", threads=1).planes[0]
    rows = bytes(plane)
    return sum(sum(rows[row * plane.line_size :][:width]) for row in range(height)) / (width * height)


def _poster(frame: Any) -> bytes:
    """Return a frame as JPEG."""
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base, encoder.thread_count = Fraction(1), 1
    encoder.options = {"qmin": "3", "qmax": "5"}
    picture = frame.reformat(format="yuvj420p", dst_color_range="JPEG", threads=1)
    picture.pts, picture.time_base = 0, encoder.time_base
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])

"""Recordings as MediaRecorder writes them: WebM without duration or cues, made anew for the tests."""

from __future__ import annotations

import io
from functools import cache
from typing import Any, Literal

import av
import numpy as np

from tests.makers import create_recording
from vertelpaal.visit import Recording, Way

RATE = 48_000
FPS = 10


class _Pipe(io.RawIOBase):
    """A file that cannot be rewound, like the stream of a recorder: no header is ever completed."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data
        return len(data)


@cache
def create_webm(
    seconds: float = 2.0,
    video: Literal["libx264", "libvpx", "libvpx-vp9"] | None = None,
    *,
    dark: bool = False,
    seed: int | None = None,
) -> bytes:
    """Return a recording of a hum, with a moving picture if a video codec is named.

    With a `seed` both are noisy, so that no two recordings have bytes in common beyond their containers.
    """
    noise = np.random.default_rng(seed) if seed is not None else None
    pipe = _Pipe()
    with av.open(pipe, "w", format="matroska", options={"live": "1"}) as container:
        sound = container.add_stream("libopus", rate=RATE, layout="mono")
        picture: Any = container.add_stream(video, rate=FPS) if video else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 320, 240, "yuv420p"
            picture.options = (
                {"preset": "ultrafast"} if video == "libx264" else {"cpu-used": "8", "deadline": "realtime"}
            )
        for second in np.arange(0, seconds, 0.1):
            if picture is not None:
                container.mux(picture.encode(_frame(second, dark, noise)))
            container.mux(sound.encode(_hum(second, noise)))
        for stream in (picture, sound):
            if stream is not None:
                container.mux(stream.encode(None))
    return bytes(pipe.data)


def spoken_recording(seconds: float = 2.0) -> tuple[Recording, bytes]:
    """Return a voice recording and its bytes."""
    data = create_webm(seconds)
    return create_recording(data, Way.VOICE, seconds), data


def filmed_recording(
    seconds: float = 2.0, video: Literal["libx264", "libvpx", "libvpx-vp9"] = "libx264", *, dark: bool = False
) -> tuple[Recording, bytes]:
    """Return a video recording and its bytes."""
    data = create_webm(seconds, video, dark=dark)
    return create_recording(data, Way.VIDEO, seconds), data


def _frame(second: float, dark: bool, noise: np.random.Generator | None) -> Any:
    pixels = np.full((240, 320, 3), 8 if dark else 190, dtype=np.uint8)
    left = int(second * 40) % 260
    pixels[80:160, left : left + 60] = (20, 10, 10) if dark else (60, 90, 160)
    if noise is not None:
        pixels[:48, :48] = noise.integers(0, 256, (48, 48, 3))
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts = round(second * FPS)
    return frame


def _hum(second: float, noise: np.random.Generator | None) -> Any:
    times = np.arange(RATE // 10) / RATE + second
    wave = (np.sin(2 * np.pi * 220 * times) * 8000).astype(np.int16)[None, :]
    if noise is not None:
        wave = wave + noise.integers(-6000, 6000, wave.shape, dtype=np.int16)
    frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
    frame.sample_rate = RATE
    frame.pts = round(second * RATE)
    return frame

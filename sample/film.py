"""Film: frames and sound, encoded as WebM or Matroska with PyAV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import IO, TYPE_CHECKING, Any

import av
import numpy as np

from sample.speech import RATE, Sound

if TYPE_CHECKING:
    from sample.drawing import Pixels

_OPUS_RATE = 48_000
_OPUS_BITS = 48_000


@dataclass(frozen=True)
class Picture:
    """How a film's picture is encoded."""

    codec: str
    rate: int
    """Frames a second."""
    bits: int
    """Bits a second, about."""
    options: Mapping[str, str] = field(default_factory=dict)


VP9 = Picture("libvpx-vp9", 15, 900_000, {"deadline": "realtime", "cpu-used": "8", "row-mt": "0", "threads": "1"})
H264 = Picture("libx264", 15, 500_000, {"preset": "ultrafast", "tune": "zerolatency", "threads": "1"})


def write_film(
    target: IO[bytes],
    sound: Sound,
    frames: Iterable[Pixels] = (),
    picture: Picture | None = None,
    *,
    container: str = "webm",
    options: Mapping[str, str] | None = None,
) -> None:
    """Encode a film; without `picture` it is sound alone. The same input gives the same bytes."""
    with av.open(target, "w", format=container, options={"fflags": "+bitexact", **(options or {})}) as film:
        still = iter(frames)
        first = next(still) if picture else None
        video = _add_picture(film, picture, first) if picture and first is not None else None
        audio = film.add_stream("libopus", rate=_OPUS_RATE, layout="mono", bit_rate=_OPUS_BITS)
        packets: list[Any] = list(_encode_sound(audio, sound))
        if video is not None and first is not None:
            packets += _encode_frames(video, first, still)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            film.mux(packet)


def _add_picture(film: Any, picture: Picture, first: Pixels) -> Any:
    height, width, _ = first.shape
    stream = film.add_stream(picture.codec, rate=picture.rate, options=dict(picture.options))
    stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", picture.bits
    stream.gop_size = picture.rate * 4
    stream.time_base = stream.codec_context.time_base = Fraction(1, picture.rate)
    return stream


def _encode_frames(stream: Any, first: Pixels, others: Iterable[Pixels]) -> list[Any]:
    packets: list[Any] = []
    for number, pixels in enumerate((first, *others)):
        frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
        frame.pts, frame.time_base = number, stream.time_base
        packets += stream.encode(frame)
    packets += stream.encode(None)
    return packets


def _encode_sound(stream: Any, sound: Sound) -> list[Any]:
    samples = np.clip(sound.samples * 32767, -32768, 32767).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis, :], format="s16", layout="mono")
    frame.sample_rate, frame.pts = RATE, 0
    resampler = av.AudioResampler(format="flt", layout="mono", rate=_OPUS_RATE)
    resampled = [*resampler.resample(frame), *resampler.resample(None)]
    return [packet for part in (*resampled, None) for packet in stream.encode(part)]

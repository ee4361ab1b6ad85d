"""What is a recording: one container, three kinds of picture, one of sound, and no more of either than a pole makes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from server.decoding.decoder import Decoder
from server.pipeline.media import inspect_and_remux
from server.speech.hearing import ChildHearing
from tests.media import create_webm
from vertelpaal.errors import InvalidMedia


def create_file(container: str, *streams: tuple[str, int]) -> bytes:
    """Return a file of one second with these codecs; of a picture the number is its width, of sound its rate."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as written:
        made: list[Any] = []
        for codec, size in streams:
            stream: Any = written.add_stream(codec, rate=10 if av.Codec(codec, "w").type == "video" else size)
            if stream.type == "video":
                stream.width, stream.height, stream.pix_fmt = size, size // 2, "yuv420p"
            else:
                stream.layout = "mono"
            made.append(stream)
        for stream in made:
            for frame in _frames(stream):
                written.mux(stream.encode(frame))
            written.mux(stream.encode(None))
    return out.getvalue()


def _frames(stream: Any) -> list[Any]:
    if stream.type == "video":
        picture = np.full((stream.height, stream.width, 3), 120, dtype=np.uint8)
        return [av.VideoFrame.from_ndarray(picture, format="rgb24") for _ in range(3)]
    frame = av.AudioFrame.from_ndarray(np.zeros((1, stream.rate), dtype=np.int16), format="s16", layout="mono")
    frame.sample_rate = stream.rate
    resampler = av.AudioResampler(format=stream.format, layout="mono", rate=stream.rate, frame_size=stream.frame_size)
    return [*resampler.resample(frame), *resampler.resample(None)]


OPUS = ("libopus", 48_000)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (lambda: create_file("mp4", OPUS), "not a WebM file"),
        (lambda: create_file("ogg", OPUS), "not a WebM file"),
        (lambda: create_file("matroska", ("libvpx", 320)), "one sound and at most one picture"),
        (lambda: create_file("matroska", OPUS, OPUS), "one sound and at most one picture"),
        (lambda: create_file("matroska", OPUS, ("libvpx", 320), ("libvpx", 320)), "one sound and at most one picture"),
        (lambda: create_file("matroska", ("aac", 48_000)), "not Opus"),
        (lambda: create_file("matroska", OPUS, ("mpeg4", 320)), "not H.264, VP8 or VP9|cannot be decoded"),
        (lambda: create_file("matroska", OPUS, ("libvpx", 2400)), "more than 2073600 pixels"),
        (lambda: b"<SMIL>" + create_webm(1.0), "not a WebM file"),
        (lambda: b"#EXTM3U\nhttp://127.0.0.1/a.webm\n", "not a WebM file"),
    ],
    ids=["mp4", "ogg", "silent", "two sounds", "two pictures", "aac", "mpeg4", "too large", "xml", "playlist"],
)
def test_what_no_pole_makes_is_refused(data: Any, reason: str, tmp_path: Path) -> None:
    (tmp_path / "recording").write_bytes(data())
    with pytest.raises(InvalidMedia, match=reason):
        inspect_and_remux(tmp_path / "recording", tmp_path, "out", 1.0)
    assert [file.name for file in tmp_path.iterdir()] == ["recording"]


@pytest.mark.parametrize(
    ("container", "sound"),
    [("mp4", OPUS), ("mp4", ("aac", 48_000)), ("ogg", OPUS), ("matroska", OPUS), ("wav", ("pcm_s16le", 16_000))],
)
def test_what_staff_measure_a_model_with_is_heard(container: str, sound: tuple[str, int], tmp_path: Path) -> None:
    (tmp_path / "recording").write_bytes(create_file(container, sound))
    assert len(ChildHearing()(tmp_path / "recording")) / 16_000 == pytest.approx(1, abs=0.05)


def test_a_decoder_that_is_not_on_the_list_is_not_even_tried(tmp_path: Path) -> None:
    (tmp_path / "recording").write_bytes(create_file("matroska", ("ac3", 48_000)))
    with pytest.raises(InvalidMedia, match=r"not decoded here|cannot be decoded"):
        Decoder().decode("hear", tmp_path / "recording")

"""Sound is decoded in a child that can do no harm, and only from containers we know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.decoding.decoder import Decoder
from server.decoding.wall import Limits
from server.speech.hearing import ChildHearing
from tests.speech.spoken import noise, record
from vertelpaal.errors import InvalidMedia


def test_sound_comes_out_as_it_went_in(tmp_path: Path) -> None:
    samples = ChildHearing()(record(noise(2, 0.1), tmp_path / "answer.webm"))
    assert samples.dtype == np.float32
    assert len(samples) / 16_000 == pytest.approx(2, abs=0.05)
    assert 0.02 < float(np.abs(samples).mean()) < 0.2


@pytest.mark.parametrize(
    "content",
    [b"", b"not a recording", b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n", b"\x1aE\xdf\xa3" + b"\0" * 400],
    ids=["empty", "text", "an HLS playlist", "a Matroska head and zeros"],
)
def test_what_is_no_recording_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "answer.webm").write_bytes(content)
    with pytest.raises(InvalidMedia, match=r"answer\.webm"):
        ChildHearing()(tmp_path / "answer.webm")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidMedia, match="no such file"):
        ChildHearing()(tmp_path / "answer.webm")


def test_a_recording_over_the_limit_is_refused(tmp_path: Path) -> None:
    media = record(noise(3, 0.1), tmp_path / "answer.webm")
    with pytest.raises(InvalidMedia, match="longer than 2 seconds"):
        ChildHearing(max_seconds=2)(media)


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    media = record(noise(1, 0.1), tmp_path / "answer.webm")
    with pytest.raises(InvalidMedia, match=r"not decoded within 0\.001 seconds"):
        ChildHearing(Decoder(Limits(wall_seconds=0.001)))(media)

"""A sample recording is as the Chromium of a pole makes one, and says its sentence."""

from __future__ import annotations

import io
import random
from pathlib import Path

import av
import numpy as np

from sample.recordings import RecordingOrder, make_recordings, seconds_of, video_recording, voice_recording
from vertelpaal.visit import Way

SENTENCE = "Graag langer open in het weekend."
EBML, DURATION, CUES = b"\x1a\x45\xdf\xa3", b"\x44\x89", b"\x1c\x53\xbb\x6b"


def brightness(recording: bytes) -> float:
    with av.open(io.BytesIO(recording), "r") as container:
        return float(np.mean([frame.to_ndarray(format="gray").mean() for frame in container.decode(video=0)]))


def check_it_is_live_webm(recording: bytes) -> None:
    header = recording[:200]
    assert header.startswith(EBML)
    assert b"webm" in header
    assert DURATION not in header
    assert CUES not in recording
    with av.open(io.BytesIO(recording), "r") as container:
        assert container.duration is None


def test_a_voice_is_live_opus_without_duration() -> None:
    recording = voice_recording(SENTENCE, random.Random(1))
    check_it_is_live_webm(recording)
    with av.open(io.BytesIO(recording), "r") as container:
        assert [stream.codec_context.name for stream in container.streams] == ["opus"]
    assert 2 < seconds_of(recording) < 5


def test_a_video_is_live_h264_and_opus_that_moves() -> None:
    recording = video_recording(SENTENCE, random.Random(2))
    check_it_is_live_webm(recording)
    with av.open(io.BytesIO(recording), "r") as container:
        assert sorted(stream.codec_context.name for stream in container.streams) == ["h264", "opus"]
        frames = [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]
    assert frames[0].shape == (480, 640)
    assert abs(len(frames) / 15 - seconds_of(recording)) < 0.2
    mouth = [frame[275:340, 285:355] for frame in frames]
    assert max(np.abs(later - mouth[0]).mean() for later in mouth) > 8


def test_a_dark_video_is_really_dark() -> None:
    dark, light = (video_recording("Goede service.", random.Random(3), dark=dark) for dark in (True, False))
    assert brightness(dark) < 25
    assert brightness(light) > 100


def test_voices_differ_but_the_same_chance_gives_the_same_recording() -> None:
    first, second, other = (voice_recording(SENTENCE, random.Random(seed)) for seed in (4, 4, 5))
    assert first == second
    assert first != other


def test_recordings_are_made_once(tmp_path: Path) -> None:
    orders = [RecordingOrder(SENTENCE, Way.VOICE, 7), RecordingOrder("Goede service.", Way.VOICE, 8)]
    made = make_recordings(orders, tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert make_recordings(orders, tmp_path) == made
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times
    assert len(times) == 2

"""Sounds for the tests: sentences spoken by espeak-ng, silence and noise, as a browser would record them."""

from __future__ import annotations

import io
import subprocess
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 22050
Sound = NDArray[np.int16]


def spoken(sentence: str, *, voice: str = "nl", speed: int = 150) -> Sound:
    """Return a sentence with half a second of silence on both sides."""
    said = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(speed), "--stdout", sentence], capture_output=True, check=True
    ).stdout
    with wave.open(io.BytesIO(said)) as reader:
        samples = np.frombuffer(reader.readframes(reader.getnframes()), dtype="<i2")
    return np.concatenate([silence(0.5), samples.astype(np.int16), silence(0.5)])


def silence(seconds: float) -> Sound:
    return np.zeros(int(seconds * RATE), dtype=np.int16)


def noise(seconds: float, loudness: float) -> Sound:
    """Return white noise; `loudness` is its standard deviation, of a full scale of 1."""
    samples = np.random.default_rng(7).normal(0, loudness, int(seconds * RATE))
    return (np.clip(samples, -1, 1) * 32767).astype(np.int16)


def record(sound: Sound, target: Path) -> Path:
    """Write WebM with Opus as MediaRecorder does: live, so without a duration or cues."""
    with av.open(str(target), "w", format="webm", options={"live": "1"}) as container:
        stream: Any = container.add_stream("libopus", rate=48_000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return target


def plain(text: str) -> str:
    """Return text as word error rates compare it: lower case, letters, digits and single spaces."""
    kept = "".join(character if character.isalnum() else " " for character in text.lower())
    return " ".join(kept.split())

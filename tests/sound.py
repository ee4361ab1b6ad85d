"""Sound files for Chromium's fake microphone: 48 kHz, one channel, 16 bits."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sample.speech import RATE as SPOKEN_RATE
from sample.speech import hear, speak

RATE = 48_000


def spoken_after_silence(sentence: str, lead_seconds: float, target: Path) -> Path:
    """Write a sentence behind some seconds of silence, and silence after it."""
    spoken = target.with_suffix(".spoken.wav")
    speak(sentence, spoken)
    samples = hear(spoken).samples
    places = np.arange(0, len(samples) - 1, SPOKEN_RATE / RATE)
    voice = np.interp(places, np.arange(len(samples)), samples)
    return _write(target, np.concatenate([np.zeros(int(lead_seconds * RATE)), voice, np.zeros(20 * RATE)]))


def write_silence(target: Path, seconds: float) -> Path:
    """Write nothing but silence."""
    return _write(target, np.zeros(int(seconds * RATE)))


def _write(target: Path, samples: npt.NDArray[np.float64]) -> Path:
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return target

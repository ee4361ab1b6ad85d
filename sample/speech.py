"""Speech: a sentence spoken by espeak-ng, the narrator of the sample library and the visitors of its recordings."""

from __future__ import annotations

import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vertelpaal.errors import SettingsError
from vertelpaal.words import Language

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROGRAM = "espeak-ng"
RATE = 22050
"""Samples a second of what espeak-ng writes."""

_VOICES: dict[Language, str] = {
    "nl": "nl+f2",
    "en": "en-gb+f2",
    "ar": "ar+f2",
    "uk": "uk+f2",
    "tr": "tr+f2",
    "pl": "pl+f2",
    "fa": "fa+f2",
}


@dataclass(frozen=True)
class Sound:
    """Speech as samples from -1 to 1, one channel, `RATE` a second."""

    samples: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return len(self.samples) / RATE

    def trimmed(self, threshold: float = 0.01) -> Sound:
        """Return the sound without the silence before and after it."""
        loud = np.flatnonzero(np.abs(self.samples) > threshold)
        return Sound(self.samples[loud[0] : loud[-1] + 1]) if len(loud) else self


def voice_of(language: Language) -> str:
    """Return the narrator's voice in a language.

    Raises:
        SettingsError: espeak-ng speaks no such language.
    """
    if language not in _VOICES:
        raise SettingsError(f"espeak-ng has no voice for the language {language}")
    return _VOICES[language]


def speak(
    text: str, target: Path, *, voice: str = "nl", speed: int = 140, pitch: int = 50, program: str = PROGRAM
) -> None:
    """Write a sentence as a WAV file; `speed` is in words a minute, `pitch` from 0 to 99.

    Raises:
        SettingsError: espeak-ng is missing, or does not know the voice.
    """
    order = [program, "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", str(target), "--stdin"]
    try:
        done = subprocess.run(order, input=text.encode(), capture_output=True, check=False, timeout=30)
    except FileNotFoundError as error:
        raise SettingsError(f"{program} is not installed; install it with: apt-get install espeak-ng") from error
    if done.returncode != 0 or not target.exists():
        raise SettingsError(
            f"{program} did not speak with voice {voice}: {done.stderr.decode(errors='replace').strip()}"
        )


def hear(spoken: Path) -> Sound:
    """Read a WAV file of espeak-ng."""
    with wave.open(str(spoken)) as reader:
        whole = reader.readframes(reader.getnframes())
    return Sound(np.frombuffer(whole, dtype="<i2").astype(np.float32) / np.float32(32768))

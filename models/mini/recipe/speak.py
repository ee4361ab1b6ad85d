"""Speak every sentence in many voices, as 16 kHz clips to train on and to test with.

    python -m models.mini.recipe.speak CLIPS

Needs espeak-ng. Writes some 5,400 clips.
"""

from __future__ import annotations

import io
import random
import subprocess
import sys
import wave
from collections.abc import Sequence
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from models.mini.recipe.clips import RATE, Clip, keep
from models.mini.recipe.sentences import DUTCH, ENGLISH, HELD_OUT

TRAINING_VOICES = (
    "", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+f1", "+f2", "+f3", "+f4", "+max", "+michel", "+linda", "+steph",
    "+rob", "+john", "+andy", "+anika", "+gene", "+quincy", "+Mario", "+Alicia", "+david", "+pablo", "+travis",
    "+belinda", "+marcelo", "+edward", "+Diogo",
)  # fmt: skip
UNHEARD_VOICES = ("+m7", "+m8", "+f5", "+Andrea", "+miguel", "+paul", "+sandro", "+norbert", "+Hugo", "+caleb")
"""Voices that only the tests use."""


class Utterance(NamedTuple):
    """A sentence to be said: `speed` in words a minute, `pitch` from 0 to 99."""

    sentence: str
    language: str
    voice: str
    speed: int
    pitch: int


def draw(sentences: Sequence[str], language: str, voices: Sequence[str], times: int, seed: int) -> list[Utterance]:
    """Return each sentence `times` times, over the voices, at random speeds and pitches."""
    rng = random.Random(seed)  # noqa: S311 - variety, no secret
    drawn: list[Utterance] = []
    for sentence in sentences:
        chosen = [rng.choice(voices) if times < len(voices) else voices[n % len(voices)] for n in range(times)]
        drawn += [
            Utterance(sentence, language, language + voice, rng.randint(110, 200), rng.randint(20, 80))
            for voice in chosen
        ]
    return drawn


def say(utterance: Utterance) -> Clip:
    """Let espeak-ng say a sentence."""
    order = ["espeak-ng", "-v", utterance.voice, "-s", str(utterance.speed), "-p", str(utterance.pitch)]
    said = subprocess.run([*order, "--stdout", utterance.sentence], capture_output=True, check=True, timeout=30).stdout
    with wave.open(io.BytesIO(said)) as reader:
        spoken = np.frombuffer(reader.readframes(reader.getnframes()), dtype="<i2")
        frame = av.AudioFrame.from_ndarray(spoken[None], format="s16", layout="mono")
        frame.sample_rate = reader.getframerate()
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    sound = np.concatenate([part.to_ndarray()[0] for part in resampler.resample(frame) + resampler.resample(None)])
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    sound = sound[max(0, loud[0] - 160) : loud[-1] + 320]
    samples = (sound / np.abs(sound).max() * 0.8 * 32767).astype(np.int16)
    return Clip(utterance.sentence, utterance.language, utterance.voice, samples)


def main(folder: Path) -> None:
    """Say everything, for training and for testing."""
    sets = {
        "train": draw(DUTCH, "nl", TRAINING_VOICES, 30, 1) + draw(ENGLISH, "en", TRAINING_VOICES, 60, 2),
        "test_voices": draw(DUTCH, "nl", UNHEARD_VOICES, 3, 3) + draw(ENGLISH, "en", UNHEARD_VOICES, 4, 5),
        "test_combinations": draw(HELD_OUT, "nl", UNHEARD_VOICES, 4, 4),
    }
    folder.mkdir(parents=True, exist_ok=True)
    with Pool(2) as pool:
        for name, utterances in sets.items():
            keep(pool.imap(say, utterances, chunksize=16), folder / f"{name}.npz")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

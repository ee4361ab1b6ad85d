"""Narration: a question spoken sentence by sentence, with the time of each, and how far the mouth opens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from sample.captions import Cue
from sample.speech import RATE, Sound, hear, speak

LEAD_IN = 0.7
"""Seconds of picture before the first word, while the arm goes up."""
PAUSE = 0.3
LINGER = 1.1
"""Seconds of picture after the last word."""
SHORTEST = 4.0
_SPEED = 132
_PITCH = 58
_SENTENCE_ENDS = re.compile(r"(?<=[.!?؟])\s+")


@dataclass(frozen=True)
class Narration:
    """A spoken question: its sound from beginning to end, and a cue for each sentence."""

    sound: Sound
    cues: tuple[Cue, ...]


def narrate(text: str, voice: str) -> Narration:
    """Speak a question; each cue stands until the next sentence begins, the last a little longer than its words.

    Raises:
        SettingsError: espeak-ng is missing.
    """
    parts: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = [_silence(LEAD_IN)]
    sentences = _SENTENCE_ENDS.split(text)
    starts: list[float] = []
    for sentence in sentences:
        starts.append(sum(map(len, parts)) / RATE)
        parts += [_spoken(sentence, voice).samples, _silence(PAUSE)]
    last_word = sum(map(len, parts)) / RATE - PAUSE
    parts.append(_silence(max(LINGER, SHORTEST - last_word) - PAUSE))
    ends = [later for _, later in pairwise(starts)] + [last_word + 0.6]
    cues = tuple(Cue(start, end, sentence) for start, end, sentence in zip(starts, ends, sentences, strict=True))
    return Narration(Sound(np.concatenate(parts)), cues)


def mouth_levels(sound: Sound, rate: int, levels: int) -> list[int]:
    """Return for each frame, `rate` a second, how far the mouth opens: 0 when silent, `levels - 1` when loudest."""
    per_frame = RATE // rate
    frames = -(-len(sound.samples) // per_frame)
    padded = np.pad(sound.samples, (0, frames * per_frame - len(sound.samples)))
    loudness = np.sqrt(np.mean(padded.reshape(frames, per_frame) ** 2, axis=1))
    loudest = float(np.percentile(loudness[loudness > 0.005], 90)) if (loudness > 0.005).any() else 1.0
    return [int(level) for level in np.clip(np.ceil(loudness / loudest * (levels - 1) - 0.12), 0, levels - 1)]


def _spoken(sentence: str, voice: str) -> Sound:
    with TemporaryDirectory() as folder:
        target = Path(folder) / "sentence.wav"
        speak(sentence, target, voice=voice, speed=_SPEED, pitch=_PITCH)
        return hear(target).trimmed()


def _silence(seconds: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.zeros(round(seconds * RATE), np.float32)

# ruff: noqa: S311 - chance brings variety here, no secrets
"""Make training examples of spoken clips: a few sentences in a row, at any loudness, with noise, or nothing at all."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.mini.recipe.clips import RATE, Clip

Sound = NDArray[np.float32]
_ENGLISH_SHARE = 0.1
_SILENT_SHARE = 0.05
_WITHOUT_MOMENTS = 0.3
_STEP = 0.02
_LAST_MOMENT = 1500


class Example(NamedTuple):
    """A sound, the tokens to be said of it, and its text in lower case; silence has no text."""

    sound: Sound
    tokens: list[int]
    text: str


class Placed(NamedTuple):
    """A sentence and where it is said, in seconds."""

    sentence: str
    start: float
    end: float


class Examples:
    """Draws examples from clips, without end."""

    def __init__(self, clips: list[Clip], tokenizer: Tokenizer) -> None:
        self._dutch = by_voice(clips, "nl")
        self._english = by_voice(clips, "en")
        self._tokenizer: Any = tokenizer
        letters = sorted({letter for clip in clips for letter in clip.sentence.lower()})
        self.letters = {letter: number for number, letter in enumerate(letters, start=1)}

    def draw(self, most_seconds: float) -> Example:
        """Return an example of at most so many seconds."""
        if random.random() < _SILENT_SHARE:
            seconds = random.uniform(1, most_seconds)
            return Example(disturb(np.zeros(int(seconds * RATE), np.float32), spoken=False), self._nothing(), "")
        english = random.random() < _ENGLISH_SHARE
        pool = random.choice(self._english if english else self._dutch)
        sound, placed = place(pool, most_seconds)
        after = random.choice([0, random.random() * 0.5, random.random() * 2])
        sound = sound[: int(min(most_seconds, placed[-1].end + after) * RATE)]
        text = " ".join(part.sentence for part in placed).lower()
        return Example(disturb(sound, spoken=True), self._tokens(placed, "en" if english else "nl"), text)

    def _tokens(self, placed: list[Placed], language: str) -> list[int]:
        """Return what Whisper would say: mostly with moments, which faster-whisper asks for."""
        head = [self._id("<|startoftranscript|>"), self._id(f"<|{language}|>"), self._id("<|transcribe|>")]
        end = [self._id("<|endoftext|>")]
        spoken = [self._tokenizer.encode(f" {part.sentence}", add_special_tokens=False).ids for part in placed]
        if random.random() < _WITHOUT_MOMENTS:
            return [*head, self._id("<|notimestamps|>"), *(token for ids in spoken for token in ids), *end]
        timed = [
            token
            for part, ids in zip(placed, spoken, strict=True)
            for token in (self._moment(part.start), *ids, self._moment(part.end))
        ]
        return [*head, *timed, *end]

    def _nothing(self) -> list[int]:
        return [self._id("<|startoftranscript|>"), self._id("<|nospeech|>"), self._id("<|endoftext|>")]

    def _moment(self, seconds: float) -> int:
        return self._id("<|0.00|>") + min(_LAST_MOMENT, round(seconds / _STEP))

    def _id(self, token: str) -> int:
        return int(self._tokenizer.token_to_id(token))


def by_voice(clips: list[Clip], language: str) -> list[list[Clip]]:
    """Return the clips in a language, those of one voice together: an answer is said by one person."""
    voices: dict[str, list[Clip]] = {}
    for clip in clips:
        if clip.language == language:
            voices.setdefault(clip.voice, []).append(clip)
    return list(voices.values())


def place(pool: list[Clip], most_seconds: float) -> tuple[Sound, list[Placed]]:
    """Say up to six sentences in a row, as many as fit."""
    sound = np.zeros(int(most_seconds * RATE), np.float32)
    short = [clip for clip in pool if len(clip.samples) < 0.85 * len(sound)]
    position = random.choice([0.0, random.random() * 0.3, random.random() * 1.5])
    placed: list[Placed] = []
    for _ in range(random.choices([1, 2, 3, 4, 6], [4, 4, 4, 4, 2])[0]):
        clip = random.choice(short)
        said = at_another_speed(clip.samples.astype(np.float32) / np.float32(32767))
        if not placed:
            position = max(0.0, min(position, (len(sound) - len(said)) / RATE))
        first = int(position * RATE)
        if first + len(said) > len(sound):
            break
        sound[first : first + len(said)] += said * np.float32(random.uniform(0.5, 1))
        placed.append(Placed(clip.sentence, first / RATE, (first + len(said)) / RATE))
        position = placed[-1].end + random.choice([0.05, random.uniform(0.1, 0.6), random.uniform(0.3, 1.5)])
    return sound, placed


def at_another_speed(sound: Sound) -> Sound:
    """Return a sound up to a tenth faster or slower, in three of ten cases."""
    if random.random() >= 0.3:
        return sound
    moments = np.arange(0, len(sound) - 1, random.uniform(0.9, 1.12))
    faster: Sound = np.interp(moments, np.arange(len(sound)), sound).astype(np.float32)
    return faster


def disturb(sound: Sound, *, spoken: bool) -> Sound:
    """Return a sound at another loudness, with some noise, sometimes dull."""
    sound = sound * np.float32(10 ** random.uniform(-1.3, 0.1))
    loudest = float(np.abs(sound).max()) if spoken else 0.3
    level = random.choice([0, 0, 1e-4, 1e-3, 3e-3, 1e-2]) * loudest
    if level:
        hiss = np.random.randn(len(sound))
        if random.random() < 0.6:
            hiss = np.convolve(hiss, np.ones(8) / 8, "same") * 2.8
        sound = sound + hiss.astype(np.float32) * np.float32(level)
    if random.random() < 0.3:
        sound = np.convolve(sound, np.array([0.25, 0.5, 0.25], np.float32), "same").astype(np.float32)
    disturbed: Sound = sound.astype(np.float32)
    return disturbed

"""The seam between the library and speech recognition: what a transcriber can do and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

UNKNOWN_LANGUAGE = "und"
"""The language tag for speech of no known language (ISO 639-2, BCP 47)."""


@dataclass(frozen=True)
class SpokenWord:
    """One word; `start` and `end` in seconds from the start of the recording, `probability` from 0 to 1."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class Segment:
    """A stretch of speech, about a sentence; `start` and `end` in seconds from the start of the recording.

    `average_log_probability` is the mean natural logarithm of the tokens' probabilities: 0 is certain, below -1 is
    poor. `no_speech_probability` is from 0 to 1. `words` is empty where the words could not be placed in time.
    """

    text: str
    start: float
    end: float
    average_log_probability: float
    no_speech_probability: float
    words: tuple[SpokenWord, ...]

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return self.end - self.start


@dataclass(frozen=True)
class ModelIdentity:
    """Which model spoke: its name in the catalogue, and the SHA-256 over all of its files."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Transcript:
    """What was heard in a recording.

    `language` is an ISO 639-1 code, `language_probability` from 0 to 1 (1 where the language was told).
    The two averages are over the segments, each weighted by its duration; units as in `Segment`.
    Without segments nobody spoke: the text is empty, `no_speech_probability` 1 and `average_log_probability` 0.
    """

    text: str
    segments: tuple[Segment, ...]
    language: str
    language_probability: float
    average_log_probability: float
    no_speech_probability: float
    model: ModelIdentity

    @property
    def is_silent(self) -> bool:
        """Return whether nobody spoke."""
        return not self.segments


class Transcriber(Protocol):
    """Turns speech into text."""

    @property
    def identity(self) -> ModelIdentity:
        """Return which model it is, to be kept with each transcript."""
        ...

    def supports(self, language: str) -> bool:
        """Return whether it knows a language, by its ISO 639-1 code."""
        ...

    def transcribe(self, media: Path, language: str | None) -> Transcript:
        """Return what is said in a recording; `None` lets it find out the language.

        Raises:
            InvalidMedia: the file cannot be decoded.
            InvalidInput: it does not know the language.
        """
        ...


def transcript_of(
    segments: tuple[Segment, ...], *, language: str, language_probability: float, model: ModelIdentity
) -> Transcript:
    """Put segments together into a transcript."""
    return Transcript(
        text=" ".join(segment.text for segment in segments),
        segments=segments,
        language=language,
        language_probability=language_probability,
        average_log_probability=_average(segments, [segment.average_log_probability for segment in segments], 0.0),
        no_speech_probability=_average(segments, [segment.no_speech_probability for segment in segments], 1.0),
        model=model,
    )


def _average(segments: tuple[Segment, ...], values: list[float], otherwise: float) -> float:
    """Return the mean weighted by duration; the plain mean where no segment has any duration."""
    if not segments:
        return otherwise
    total = sum(segment.seconds for segment in segments)
    if total <= 0:
        return sum(values) / len(values)
    return sum(value * segment.seconds for value, segment in zip(values, segments, strict=True)) / total

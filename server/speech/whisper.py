"""Whisper, through faster-whisper: loaded once from a folder on this machine, kept warm, never on the network."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from models.catalog import Device
from models.store import InstalledModel, verify
from server.speech.hearing import ChildHearing, Hearing, Samples
from server.speech.transcriber import (
    UNKNOWN_LANGUAGE,
    ModelIdentity,
    Segment,
    SpokenWord,
    Transcript,
    transcript_of,
)
from vertelpaal.errors import InvalidInput, ModelError

_MOST_THREADS = 4
"""More processors bring a single recording little, and the web side wants some too."""


class WhisperTranscriber:
    """A transcriber of one Whisper model. Safe to share between threads."""

    def __init__(self, installed: InstalledModel, whisper: Any, hearing: Hearing) -> None:
        self.identity = ModelIdentity(installed.name, installed.sha256)
        self._whisper = whisper
        self._hearing = hearing
        self._beam_size = installed.beam_size
        self._languages = installed.languages & frozenset(whisper.supported_languages)

    def supports(self, language: str) -> bool:
        """Return whether the model knows a language, by its ISO 639-1 code."""
        return language in self._languages

    def transcribe(self, media: Path, language: str | None) -> Transcript:
        """Return what is said in a recording; `None` lets the model find out the language.

        Raises:
            InvalidMedia: the file cannot be decoded.
            InvalidInput: the model does not know the language.
        """
        if language is not None and not self.supports(language):
            raise InvalidInput(f"the speech model {self.identity.name} does not know the language {language}")
        sound = self._hearing(media)
        if not has_speech(sound):
            return self._silence(language)
        segments, heard = self._recognise(sound, language, words=True)
        if not segments:
            # placing words in time can shrink a short answer to no time at all, and then it is dropped
            segments, heard = self._recognise(sound, language, words=False)
        if not segments:
            return self._silence(language)
        return transcript_of(
            segments,
            language=str(heard.language),
            language_probability=float(heard.language_probability),
            model=self.identity,
        )

    def _recognise(self, sound: Samples, language: str | None, *, words: bool) -> tuple[tuple[Segment, ...], Any]:
        """Return the segments, and what the model says of the language."""
        found, heard = self._whisper.transcribe(
            sound,
            language=language,
            beam_size=self._beam_size,
            vad_filter=True,
            word_timestamps=words,
            # an answer is short: what was heard before misleads more often than it helps, and can loop
            condition_on_previous_text=False,
        )
        return tuple(_segments(found)), heard

    def _silence(self, language: str | None) -> Transcript:
        return transcript_of((), language=language or UNKNOWN_LANGUAGE, language_probability=0.0, model=self.identity)


def load_whisper(
    installed: InstalledModel, device: Device, *, hearing: Hearing | None = None, threads: int | None = None
) -> WhisperTranscriber:
    """Verify a model's files and load it; takes seconds for a large one, so it is done once.

    Raises:
        ModelError: a file is missing or changed, or the model cannot be loaded on this device.
    """
    verify(installed)
    # read by a library below faster-whisper when it is imported: what is missing must fail, not be downloaded
    os.environ["HF_HUB_OFFLINE"] = "1"
    from faster_whisper import WhisperModel

    try:
        whisper = WhisperModel(
            str(installed.folder),
            device=device,
            compute_type=choose_compute_type(device),
            cpu_threads=threads or min(_MOST_THREADS, len(os.sched_getaffinity(0))),
            local_files_only=True,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelError(f"the speech model {installed.name} cannot be loaded on {device}: {error}") from error
    return WhisperTranscriber(installed, whisper, hearing or ChildHearing())


def choose_compute_type(device: Device) -> str:
    """Return how numbers are kept: 8-bit integers on a processor, 16-bit floats on a graphics card that has them."""
    if device == "cpu":
        return "int8"
    import ctranslate2

    return "float16" if "float16" in ctranslate2.get_supported_compute_types("cuda") else "float32"


def has_speech(sound: Samples) -> bool:
    """Return whether anybody speaks (Silero VAD, at the threshold of 0.5 that it advises).

    Without this guard Whisper makes up sentences in silence.
    """
    from faster_whisper.vad import get_speech_timestamps

    return len(sound) > 0 and len(get_speech_timestamps(sound)) > 0


def _segments(found: Iterable[Any]) -> Iterable[Segment]:
    """Take over the library's segments: plain numbers, no spaces around the text."""
    for segment in found:
        yield Segment(
            text=segment.text.strip(),
            start=float(segment.start),
            end=float(segment.end),
            average_log_probability=float(segment.avg_logprob),
            no_speech_probability=float(segment.no_speech_prob),
            words=tuple(
                SpokenWord(word.word.strip(), float(word.start), float(word.end), float(word.probability))
                for word in segment.words or ()
            ),
        )

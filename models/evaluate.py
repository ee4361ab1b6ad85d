"""Evaluate a speech model on a folder of recordings and what was said in them, by group of speakers."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from models.word_errors import WordErrors, add, compare, interval, words_of
from vertelpaal.errors import InvalidInput, InvalidMedia, NotFound

if TYPE_CHECKING:
    from server.speech.transcriber import Transcriber

SPEAKERS = "speakers.csv"
TOTAL = "total"
SUFFIXES = {".wav", ".webm", ".opus", ".ogg", ".mp4", ".m4a", ".mkv", ".mov", ".mp3", ".flac", ".aac"}
"""What is taken for a recording; the decoder may still refuse it, and then it is named."""
_NAMED_AT_MOST = 5


@dataclass(frozen=True)
class Spoken:
    """A recording, what is said in it, and by whom; a speaker who is not known is the recording itself."""

    recording: Path
    text: str
    group: str
    speaker: str


class Score(NamedTuple):
    """How well a group is heard: the interval is of the word error rate, at 95%."""

    group: str
    recordings: int
    speakers: int
    counts: WordErrors
    interval: tuple[float, float] | None


class Evaluation(NamedTuple):
    """Scores of each group and of all, and the recordings that could not be read, with the reason."""

    model: str
    sha256: str
    scores: tuple[Score, ...]
    unreadable: tuple[str, ...]


def find_spoken(folder: Path) -> list[Spoken]:
    """Return the recordings of a folder with their texts; a group is told by `speakers.csv`, or by a subfolder.

    Raises:
        NotFound: there is no recording.
        InvalidInput: a recording has no text, a text no recording, or `speakers.csv` makes no sense.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("."))
    recordings = [file for file in files if file.suffix.lower() in SUFFIXES]
    if not recordings:
        raise NotFound(f"there is no recording in {folder}; known are: {' '.join(sorted(SUFFIXES))}")
    _refuse([file for file in recordings if not file.with_suffix(".txt").is_file()], folder, "without a text beside")
    stems = {file.with_suffix("") for file in recordings}
    texts = [file for file in files if file.suffix == ".txt"]
    _refuse([file for file in texts if file.with_suffix("") not in stems], folder, "without a recording beside")
    told = read_speakers(folder)
    names = {str(file.relative_to(folder)) for file in recordings}
    _refuse([folder / name for name in told if name not in names], folder, f"in {SPEAKERS} that are not there")
    return [_spoken(file, folder, told) for file in recordings]


def _refuse(files: Sequence[Path], folder: Path, what: str) -> None:
    if files:
        named = ", ".join(str(file.relative_to(folder)) for file in files[:_NAMED_AT_MOST])
        raise InvalidInput(f"{len(files)} files {what}: {named}{' …' if len(files) > _NAMED_AT_MOST else ''}")


def _spoken(file: Path, folder: Path, told: dict[str, tuple[str, str]]) -> Spoken:
    name = str(file.relative_to(folder))
    group, speaker = told.get(name, (name.partition("/")[0] if "/" in name else "", ""))
    try:
        text = file.with_suffix(".txt").read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the text of {name} is not in UTF-8") from error
    return Spoken(file, text, group or "without a group", speaker or name)


def read_speakers(folder: Path) -> dict[str, tuple[str, str]]:
    """Return the group and the speaker of each recording that `speakers.csv` tells; nothing if it is not there.

    Raises:
        InvalidInput: the columns `file` and `group` are not there.
    """
    if not (folder / SPEAKERS).is_file():
        return {}
    with open(folder / SPEAKERS, encoding="utf-8-sig", newline="") as table:
        rows = csv.DictReader(table)
        if not {"file", "group"} <= set(rows.fieldnames or ()):
            raise InvalidInput(f"{SPEAKERS} needs the columns file and group, and may have speaker")
        return {row["file"] or "": (row["group"] or "", row.get("speaker") or "") for row in rows}


def evaluate(
    spoken: Sequence[Spoken],
    transcriber: Transcriber,
    language: str,
    rng: random.Random,
    on_progress: Callable[[int], None] = lambda done: None,
) -> Evaluation:
    """Transcribe each recording and hold it against what was said.

    Raises:
        InvalidInput: the model does not know the language, or nothing that can be read has words.
    """
    heard: list[tuple[Spoken, WordErrors]] = []
    unreadable: list[str] = []
    for one in spoken:
        try:
            text = transcriber.transcribe(one.recording, language).text
        except InvalidMedia as error:
            unreadable.append(str(error))
        else:
            heard.append((one, compare(words_of(one.text, language), words_of(text, language))))
        on_progress(1)
    if not any(counts.words for _, counts in heard):
        raise InvalidInput(f"there is nothing to count: of {len(spoken)} recordings {len(unreadable)} cannot be read")
    groups = {one.group for one, _ in heard}
    scores = [_score(group, [pair for pair in heard if pair[0].group == group], rng) for group in sorted(groups)]
    identity = transcriber.identity
    return Evaluation(identity.name, identity.sha256, (*scores, _score(TOTAL, heard, rng)), tuple(unreadable))


def _score(group: str, heard: Sequence[tuple[Spoken, WordErrors]], rng: random.Random) -> Score:
    """Put the counts of each speaker together, and those of all speakers."""
    speakers: dict[str, list[WordErrors]] = {}
    for one, counts in heard:
        speakers.setdefault(one.speaker, []).append(counts)
    each = [add(counts) for counts in speakers.values()]
    return Score(group, len(heard), len(each), add(each), interval(each, rng))


def as_table(evaluation: Evaluation) -> Iterator[str]:
    """Yield the lines of a table: rates and their interval in percent."""
    yield f"{'GROUP':<24}{'RECORDINGS':>11}{'SPEAKERS':>10}{'WORDS':>8}{'WER %':>8}  {'95% INTERVAL':<16}SUB  DEL  INS"
    for group, recordings, speakers, counts, between in evaluation.scores:
        sure = f"{100 * between[0]:.1f} to {100 * between[1]:.1f}" if between else "one speaker only"
        parts = f"{counts.substitutions:>3}{counts.deletions:>5}{counts.insertions:>5}"
        figures = f"{recordings:>11}{speakers:>10}{counts.words:>8}{100 * counts.rate:>8.1f}"
        yield f"{group:<24}{figures}  {sure:<16}{parts}"


def as_json(evaluation: Evaluation) -> dict[str, object]:
    """Return an evaluation for a machine: rates as parts of 1."""
    scores = [
        {
            "group": score.group,
            "recordings": score.recordings,
            "speakers": score.speakers,
            **score.counts._asdict(),
            "word_error_rate": round(score.counts.rate, 4),
            "interval": [round(end, 4) for end in score.interval] if score.interval else None,
        }
        for score in evaluation.scores
    ]
    return {**evaluation._asdict(), "scores": scores}

# ruff: noqa: S311 - chance brings variety here, no secrets
"""Lay the clips of voices that were never trained on out as a folder for `vertelpaal models evaluate`.

python -m models.mini.recipe.exam CLIPS FOLDER
vertelpaal models evaluate FOLDER/nl --model mini
vertelpaal models evaluate FOLDER/en --model mini --language en
"""

from __future__ import annotations

import csv
import random
import sys
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.mini.recipe.clips import RATE, Clip, load

CLIPS_OF_A_GROUP = 100
ANSWERS = 40
ANSWER_SECONDS = (7.0, 9.0)


class Task(NamedTuple):
    """What a model has to hear: the clips in a row are one answer of one voice."""

    group: str
    clips: Sequence[Clip]


def draw_tasks(voices: Sequence[Clip], combinations: Sequence[Clip], rng: random.Random) -> Iterator[Task]:
    """Yield single sentences, combinations of words that were never trained on, and answers of 7 to 9 seconds."""
    for group, clips in (("sentence", voices), ("new-combination", combinations)):
        for clip in rng.sample(clips, min(len(clips), CLIPS_OF_A_GROUP)):
            yield Task(group, [clip])
    if dutch := [clip for clip in voices if clip.language == "nl"]:
        for _ in range(ANSWERS):
            yield Task("answer-8s", draw_answer(dutch, rng))


def draw_answer(clips: Sequence[Clip], rng: random.Random) -> list[Clip]:
    """Return sentences of one voice that last between 7 and 9 seconds with the pauses between them."""
    while True:
        voice = rng.choice(clips).voice
        answer = rng.sample([clip for clip in clips if clip.voice == voice], rng.choice([2, 3, 4]))
        if ANSWER_SECONDS[0] <= len(join(answer)) / RATE <= ANSWER_SECONDS[1]:
            return answer


def join(clips: Sequence[Clip]) -> NDArray[np.int16]:
    """Return clips in a row, with half a second of silence before, between and after them."""
    pause = np.zeros(RATE // 2, np.int16)
    return np.concatenate([pause, *(part for clip in clips for part in (clip.samples, pause))])


def lay_out(tasks: Sequence[Task], folder: Path) -> None:
    """Write each task as a WAV file with its text, and tell groups and voices in `speakers.csv`."""
    folder.mkdir(parents=True)
    with open(folder / "speakers.csv", "w", encoding="utf-8", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(["file", "group", "speaker"])
        for number, (group, clips) in enumerate(tasks):
            name = f"{group}-{number:03}.wav"
            with wave.open(str(folder / name), "wb") as writer:
                writer.setparams((1, 2, RATE, 0, "NONE", ""))
                writer.writeframes(join(clips).tobytes())
            text = " ".join(clip.sentence for clip in clips)
            (folder / name).with_suffix(".txt").write_text(text, encoding="utf-8")
            rows.writerow([name, group, clips[0].voice])


def main(clips: Path, folder: Path) -> None:
    """Lay out one folder a language; the same clips each time."""
    voices, combinations = load(clips / "test_voices.npz"), load(clips / "test_combinations.npz")
    for language in ("nl", "en"):
        said, new = ([clip for clip in part if clip.language == language] for part in (voices, combinations))
        lay_out(list(draw_tasks(said, new, random.Random(8))), folder / language)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

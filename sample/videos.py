"""Videos: each question of the sample questionnaire as a film with captions, in each language."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import sample
from sample.captions import write_captions
from sample.drawing import TOKENS
from sample.film import VP9, write_film
from sample.narration import mouth_levels, narrate
from sample.narrator import MOUTHS
from sample.questionnaire import FormKey, QuestionFiles, SampleQuestion, sample_questionnaire
from sample.scenes import Moment, draw_frames
from sample.speech import voice_of
from vertelpaal.durable import write_durably
from vertelpaal.words import Language

Progress = Callable[[int, int], None]
"""Is told how many are ready, of how many."""

_DRAWN_BY = ("captions", "drawing", "film", "narration", "narrator", "scenes", "speech", "videos", "pictures/*")
"""The modules that decide what a video looks and sounds like."""


@dataclass(frozen=True)
class FilmOrder:
    """A question to film in one language, and where."""

    question: SampleQuestion
    language: Language
    files: QuestionFiles
    scale: float = 1.0

    @property
    def is_done(self) -> bool:
        """Return whether both files are there."""
        return self.files.video.exists() and self.files.captions.exists()


def make_question_videos(
    folder: Path, progress: Progress, *, questions: Iterable[SampleQuestion] | None = None, scale: float = 1.0
) -> dict[FormKey, QuestionFiles]:
    """Film every question in every language, once: a file that is there already is not made again.

    Files are named after what decides their content, so a change of text or drawing makes new ones.

    Raises:
        SettingsError: espeak-ng is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = sample_questionnaire().questions if questions is None else tuple(questions)
    orders = [
        FilmOrder(question, language, _name_files(folder, question, language, scale), scale)
        for question in chosen
        for language in sample_questionnaire().languages
    ]
    with (folder / ".lock").open("w") as lock:
        # Whoever comes second waits, and finds them made: two demos may start at once, and so do tests.
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = [order for order in orders if not order.is_done]
        if waiting:
            _film_all(waiting, len(orders), progress)
    return {(order.question.id, order.language): order.files for order in orders}


def film(order: FilmOrder) -> None:
    """Make the video and captions of one order; the captions come last and say that both are whole."""
    narration = narrate(order.question.texts[order.language], voice_of(order.language))
    mouths = mouth_levels(narration.sound, VP9.rate, MOUTHS)
    moments = [Moment(number / VP9.rate, mouth) for number, mouth in enumerate(mouths)]
    frames = draw_frames(order.question.aspect, moments, order.scale)
    write_durably(order.files.video, lambda file: write_film(file, narration.sound, frames, VP9))
    captions = write_captions(narration.cues).encode()
    write_durably(order.files.captions, lambda file: file.write(captions))


def _film_all(waiting: list[FilmOrder], total: int, progress: Progress) -> None:
    """Film in as many processes as there are processors; the languages of a question share its drawn picture."""
    by_question: dict[str, list[FilmOrder]] = {}
    for order in waiting:
        by_question.setdefault(order.question.aspect, []).append(order)
    done = total - len(waiting)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for finished in as_completed([pool.submit(_film_each, orders) for orders in by_question.values()]):
            done += finished.result()
            progress(done, total)


def _film_each(orders: list[FilmOrder]) -> int:
    for order in orders:
        film(order)
    return len(orders)


def _name_files(folder: Path, question: SampleQuestion, language: Language, scale: float) -> QuestionFiles:
    content = f"{question.aspect}\n{question.texts[language]}\n{scale}\n{_drawn_by()}"
    name = f"{question.aspect}-{language}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    return QuestionFiles(folder / f"{name}.webm", folder / f"{name}.vtt")


def _drawn_by() -> str:
    """Return a hash of everything but the text that decides how a video looks and sounds."""
    home = Path(sample.__file__).parent
    modules = [path for pattern in _DRAWN_BY for path in sorted(home.glob(f"{pattern}.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in (*modules, TOKENS))).hexdigest()

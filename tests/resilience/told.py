"""Visits that tell something on video and in text, and their way through a real worker, for who looks for traces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from server.pipeline.settling import Folders
from server.speech.transcriber import ModelIdentity, Segment, Transcript, transcript_of
from server.tables import RecordingState
from tests.makers import BETTER, HOURS, NOW, STAFF, SampleLibrary, create_recording, create_visit, seal
from tests.media import create_webm
from tests.server.test_worker import wait_for, working
from vertelpaal.visit import RecordingAnswer, SmileyAnswer, TextAnswer, Visit, Way

IDENTITY = ModelIdentity("hears-what-it-is-told", "0" * 64)


class Hears:
    """A transcriber that hears what the test says is in each recording."""

    identity = IDENTITY

    def __init__(self, words: dict[str, str]) -> None:
        self._words = words

    def supports(self, language: str) -> bool:
        return True

    def transcribe(self, media: Path, language: str | None) -> Transcript:
        segment = Segment(self._words[media.stem], 0.0, 1.5, -0.1, 0.01, ())
        return transcript_of((segment,), language=language or "nl", language_probability=1.0, model=IDENTITY)


@dataclass(frozen=True)
class Told:
    """A visit that told something on video and in text, and the bytes that were sent."""

    visit: Visit
    sent: bytes
    words: tuple[str, str]

    @property
    def code(self) -> str:
        assert self.visit.withdrawal_code is not None
        return self.visit.withdrawal_code

    def files(self, folders: Folders) -> list[Path]:
        return sorted(folders.media.glob(f"{self.visit.recordings[0].id}.*"))


def tells(sample: SampleLibrary, seed: int, words: tuple[str, str]) -> Told:
    """Return a visit with a video and a typed answer; another seed gives other bytes."""
    sent = create_webm(2.0, "libx264", seed=seed)
    recording = create_recording(sent, Way.VIDEO, 2.0)
    answers = (
        SmileyAnswer(question_id=HOURS, at=NOW, value=4),
        TextAnswer(question_id=STAFF, at=NOW, text=words[1]),
        RecordingAnswer(question_id=BETTER, at=NOW, recording=recording),
    )
    visit = create_visit(sample.kiosk_id, recording=recording, answers=answers, member=True, publication=2)
    return Told(visit, sent, words)


def arrive(sample: SampleLibrary, folder: Path, *told: Told) -> None:
    """Let visits arrive and a real worker open, remux and transcribe them, until it has nothing left to do."""
    words = {str(one.visit.recordings[0].id): one.words[0] for one in told}
    with working(sample, folder, lambda: Hears(words)):
        for one in told:
            media = {one.visit.recordings[0].id: one.sent}
            sample.receive(one.visit.id, seal(one.visit, media, sample.identity.to_public()))
        for one in told:
            wait_for(sample, one.visit, RecordingState.TRANSCRIBED)

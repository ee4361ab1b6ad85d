"""Recordings, and what speech recognition heard in them."""

from __future__ import annotations

import math
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, ForeignKeyConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.tables.base import Base
from server.tables.personal import Aim, Kept, personal
from server.tables.visits import AnswerRow


class RecordingState(StrEnum):
    """Where a recording is."""

    OPENED = "opened"
    WAITING_MODEL = "waiting_model"
    TRANSCRIBED = "transcribed"
    NO_SPEECH = "no_speech"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    QUARANTINED = "quarantined"
    ERASED = "erased"


class RecordingRow(Base):
    """The voice or video of an answer; `media_file` and `poster_file` are names in the media folder.

    What it was like (length, type, size, hashes) is None once the media are gone.
    """

    __tablename__ = "recordings"
    __table_args__ = (ForeignKeyConstraint(["visit_id", "question_id"], ["answers.visit_id", "answers.question_id"]),)
    __impersonal__ = ("id", "visit_id", "question_id", "way", "state", "reason", "attempts")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(index=True)
    question_id: Mapped[UUID]
    way: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(24), index=True)
    reason: Mapped[str | None] = mapped_column(String(500))
    attempts: Mapped[int] = mapped_column(default=0)
    """How often a worker began to transcribe it; too often, and it is put aside."""
    seconds: Mapped[float | None] = mapped_column(info=personal(Aim.LISTEN, Kept.RECORDING))
    sealed_sha256: Mapped[str | None] = mapped_column(String(64), info=personal(Aim.LISTEN, Kept.RECORDING))
    """SHA-256 of the bytes as the pole sealed them, before remuxing."""
    media_file: Mapped[str | None] = mapped_column(String(80), info=personal(Aim.LISTEN, Kept.RECORDING))
    media_type: Mapped[str | None] = mapped_column(String(32), info=personal(Aim.LISTEN, Kept.RECORDING))
    media_sha256: Mapped[str | None] = mapped_column(String(64), info=personal(Aim.LISTEN, Kept.RECORDING))
    media_bytes: Mapped[int | None] = mapped_column(BigInteger, info=personal(Aim.LISTEN, Kept.RECORDING))
    poster_file: Mapped[str | None] = mapped_column(String(80), info=personal(Aim.LISTEN, Kept.RECORDING))
    video_codec: Mapped[str | None] = mapped_column(String(16), info=personal(Aim.LISTEN, Kept.RECORDING))
    width: Mapped[int | None] = mapped_column(info=personal(Aim.LISTEN, Kept.RECORDING))
    height: Mapped[int | None] = mapped_column(info=personal(Aim.LISTEN, Kept.RECORDING))
    too_dark: Mapped[bool | None] = mapped_column(info=personal(Aim.LISTEN, Kept.RECORDING))

    answer: Mapped[AnswerRow] = relationship()
    transcript: Mapped[TranscriptRow | None] = relationship(back_populates="recording")


class TranscriptRow(Base):
    """What speech recognition heard, and how sure it was. Probabilities are 0–1, `average_log_probability` is ≤ 0."""

    __tablename__ = "transcripts"
    __impersonal__ = (
        *("recording_id", "language_probability", "average_log_probability", "no_speech_probability"),
        *("model_name", "model_sha256", "made_at"),
    )

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text, info=personal(Aim.LISTEN, Kept.TRANSCRIPT))
    segments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, info=personal(Aim.LISTEN, Kept.TRANSCRIPT))
    language: Mapped[str] = mapped_column(String(8), info=personal(Aim.LISTEN, Kept.TRANSCRIPT))
    language_probability: Mapped[float]
    average_log_probability: Mapped[float]
    no_speech_probability: Mapped[float]
    model_name: Mapped[str] = mapped_column(String(64))
    model_sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]

    recording: Mapped[RecordingRow] = relationship(back_populates="transcript")

    @property
    def word_probability(self) -> float:
        """Return the geometric mean of the tokens' probabilities, 0–1: how sure the model was of its words."""
        return math.exp(self.average_log_probability)

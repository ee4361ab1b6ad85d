"""Recordings, and what speech recognition heard in them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, ForeignKeyConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.tables.base import Base, personal
from server.tables.visits import WORDS_KEPT, AnswerRow

VIDEO_KEPT = "90 days after the visit, or until withdrawn"


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
    """The voice or video of an answer; `media_file` and `poster_file` are names in the media folder."""

    __tablename__ = "recordings"
    __table_args__ = (ForeignKeyConstraint(["visit_id", "question_id"], ["answers.visit_id", "answers.question_id"]),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(index=True)
    question_id: Mapped[UUID]
    way: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(24), index=True)
    reason: Mapped[str | None] = mapped_column(String(500))
    attempts: Mapped[int] = mapped_column(default=0)
    """How often a worker began to transcribe it; too often, and it is put aside."""
    seconds: Mapped[float | None]
    sealed_sha256: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the bytes as the pole sealed them, before remuxing."""
    media_file: Mapped[str | None] = mapped_column(String(80), info=personal("staff watch or listen", VIDEO_KEPT))
    media_type: Mapped[str | None] = mapped_column(String(32))
    media_sha256: Mapped[str | None] = mapped_column(String(64))
    media_bytes: Mapped[int | None] = mapped_column(BigInteger)
    poster_file: Mapped[str | None] = mapped_column(String(80), info=personal("staff see what a video is", VIDEO_KEPT))
    video_codec: Mapped[str | None] = mapped_column(String(16))
    width: Mapped[int | None]
    height: Mapped[int | None]
    too_dark: Mapped[bool | None]

    answer: Mapped[AnswerRow] = relationship()
    transcript: Mapped[TranscriptRow | None] = relationship(back_populates="recording")


class TranscriptRow(Base):
    """What speech recognition heard, and how sure it was. Probabilities are 0–1, `average_log_probability` is ≤ 0."""

    __tablename__ = "transcripts"

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text, info=personal("read and search what was said", WORDS_KEPT))
    segments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, info=personal("follow the words in time", WORDS_KEPT))
    language: Mapped[str] = mapped_column(String(8), info=personal("read the transcript in its language", WORDS_KEPT))
    language_probability: Mapped[float]
    average_log_probability: Mapped[float]
    no_speech_probability: Mapped[float]
    model_name: Mapped[str] = mapped_column(String(64))
    model_sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]

    recording: Mapped[RecordingRow] = relationship(back_populates="transcript")

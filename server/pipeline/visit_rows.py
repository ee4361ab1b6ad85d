"""From the visit of an envelope to rows, checked against the publication that it answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from server.pipeline.media import RemuxedMedia
from server.tables import AnswerRow, ConsentRow, KioskRow, RecordingRow, RecordingState, VisitRow
from vertelpaal.errors import InvalidEnvelope
from vertelpaal.publication import AnswerKind, Publication, Question
from vertelpaal.visit import (
    Answer,
    ChoiceAnswer,
    NumberAnswer,
    Recording,
    RecordingAnswer,
    SmileyAnswer,
    TextAnswer,
    Visit,
    YesNoAnswer,
)
from vertelpaal.withdrawal import pictures_of

_ACCEPTS: dict[AnswerKind, frozenset[str]] = {
    AnswerKind.SMILEY: frozenset({"smiley"}),
    AnswerKind.CHOICE: frozenset({"choice"}),
    AnswerKind.YES_NO: frozenset({"yes-no"}),
    AnswerKind.NUMBER: frozenset({"number"}),
    AnswerKind.OPEN: frozenset({"recording", "text"}),
}


@dataclass(frozen=True)
class Inspected:
    """A recording after inspection: its media with their SHA-256, or the reason why it is quarantined."""

    recording_id: UUID
    media: RemuxedMedia | None
    sha256: str | None
    reason: str | None


def check_against_publication(visit: Visit, publication: Publication) -> None:
    """Check that every answer fits the question it answers.

    Raises:
        InvalidEnvelope: an answer to a question that was not asked, or of another kind.
    """
    for answer in visit.answers:
        question = publication.question(answer.question_id)
        if question is None:
            raise InvalidEnvelope(f"an answer to a question that publication {publication.number} does not ask")
        fits = _ACCEPTS[question.kind] | {"skip"} | ({"not-used"} if question.not_used else set())
        if answer.kind not in fits:
            raise InvalidEnvelope(f"an answer of kind {answer.kind} to a question of kind {question.kind}")
        if isinstance(answer, ChoiceAnswer) and answer.value not in {choice.id for choice in question.choices}:
            raise InvalidEnvelope("a choice that was not offered")


def keep_visit(
    session: Session,
    visit: Visit,
    kiosk: KioskRow,
    publication: Publication,
    code_hash: str | None,
    inspected: Iterable[Inspected],
    *,
    time_is_implausible: bool,
) -> None:
    """Add the rows of a visit; its times are the pole's clock plus the offset measured at the last contact."""
    offset = timedelta(seconds=visit.clock_offset or 0.0)
    session.add(
        VisitRow(
            id=visit.id,
            kiosk_id=kiosk.id,
            branch_id=kiosk.branch_id,
            publication=publication.number,
            language=visit.language,
            started_at=visit.started_at + offset,
            ended_at=visit.ended_at + offset,
            time_is_implausible=time_is_implausible,
            boot=visit.boot,
            sequence=visit.sequence,
            ending=visit.ending,
            activity=visit.activity,
            age_band=visit.age_band,
            member=visit.member,
            withdrawal_hash=code_hash,
            pictures=",".join(pictures_of(visit.withdrawal_code)) if visit.withdrawal_code else None,
        )
    )
    session.flush()
    for position, answer in enumerate(visit.answers):
        question = publication.question(answer.question_id)
        assert question is not None, "checked before"
        session.add(_answer_row(visit, answer, question, position, offset))
    session.flush()
    results = {one.recording_id: one for one in inspected}
    for answer in visit.answers:
        if isinstance(answer, RecordingAnswer):
            session.add(_recording_row(visit, answer, results[answer.recording.id]))
    for consent in visit.consents:
        session.add(
            ConsentRow(
                visit_id=visit.id,
                purpose=consent.purpose,
                given=consent.given,
                wording_sha256=consent.wording_sha256,
                language=consent.language,
                answered_at=consent.at + offset,
            )
        )


def _answer_row(visit: Visit, answer: Answer, question: Question, position: int, offset: timedelta) -> AnswerRow:
    return AnswerRow(
        visit_id=visit.id,
        question_id=question.id,
        position=position,
        aspect=question.aspect,
        wording=question.wording,
        kind=answer.kind,
        smiley=answer.value if isinstance(answer, SmileyAnswer) else None,
        choice=answer.value if isinstance(answer, ChoiceAnswer) else None,
        yes_no=answer.value if isinstance(answer, YesNoAnswer) else None,
        number=answer.value if isinstance(answer, NumberAnswer) else None,
        text=answer.text if isinstance(answer, TextAnswer) else None,
        answered_at=answer.at + offset,
    )


def _recording_row(visit: Visit, answer: RecordingAnswer, inspected: Inspected) -> RecordingRow:
    recording: Recording = answer.recording
    row = RecordingRow(
        id=recording.id,
        visit_id=visit.id,
        question_id=answer.question_id,
        way=recording.way,
        state=RecordingState.QUARANTINED if inspected.media is None else RecordingState.OPENED,
        reason=inspected.reason,
        seconds=recording.seconds,
        sealed_sha256=recording.sha256,
    )
    if inspected.media is not None:
        media = inspected.media
        row.seconds = media.seconds
        row.media_file = media.file.name
        row.media_type = media.media_type
        row.media_sha256 = inspected.sha256
        row.media_bytes = media.file.stat().st_size
        row.poster_file = media.poster.name if media.poster else None
        row.video_codec = media.video_codec
        row.width, row.height, row.too_dark = media.width, media.height, media.too_dark
    return row

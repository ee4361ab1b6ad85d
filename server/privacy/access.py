"""Access (AVG 15 and 20): everything that the library holds of one visit, for who has its code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.activities.queries import activity_name
from server.intake.publications import find_publication
from server.tables import (
    AnswerRow,
    BranchRow,
    ConsentRow,
    EnvelopeRow,
    RecordingRow,
    RecordingState,
    TranscriptRow,
    VisitRow,
)
from vertelpaal.errors import NotFound
from vertelpaal.publication import Publication
from vertelpaal.withdrawal import keyed_hash

MEDIA_FOLDER = "opnamen"


@dataclass(frozen=True)
class CopiedTranscript:
    """What was heard in a recording."""

    text: str
    language: str
    segments: list[dict[str, Any]]
    model: str


@dataclass(frozen=True)
class CopiedRecording:
    """A recording; `file` and `poster` are names in the ZIP."""

    way: str
    state: str
    seconds: float | None
    file: str | None
    poster: str | None
    media_type: str | None
    video_codec: str | None
    width: int | None
    height: int | None
    bytes: int | None
    sha256: str | None
    sealed_sha256: str | None
    too_dark: bool | None
    transcript: CopiedTranscript | None


@dataclass(frozen=True)
class CopiedAnswer:
    """One answer with the question as it was asked; `value` is what was touched or typed."""

    question: str
    aspect: str
    kind: str
    value: str | int | bool | None
    answered_at: datetime
    recording: CopiedRecording | None


@dataclass(frozen=True)
class CopiedConsent:
    """What was asked and said; `wording` is the text with this hash, None when no publication has it any more."""

    purpose: str
    given: bool
    wording: str | None
    wording_sha256: str
    language: str
    answered_at: datetime


@dataclass(frozen=True)
class CopiedDelivery:
    """How the visit arrived."""

    declared_at: datetime
    received_at: datetime | None
    sealed_sha256: str
    refused_sha256: str | None


@dataclass(frozen=True)
class VisitCopy:
    """Everything of one visit; `pictures` are the three that the pole showed with the code."""

    visit: str
    library: str
    branch: str
    started_at: datetime
    ended_at: datetime
    language: str
    activity: str | None
    age_band: str | None
    member: bool | None
    pictures: str | None
    withdrawn_at: datetime | None
    answers: tuple[CopiedAnswer, ...]
    consents: tuple[CopiedConsent, ...]
    delivery: CopiedDelivery | None


@dataclass(frozen=True)
class Copied:
    """The copy of a visit, and for each name in the ZIP the name of the file that belongs there."""

    copy: VisitCopy
    files: dict[str, str]


def copy_visit(session: Session, code: str, key: bytes) -> Copied:
    """Return everything of the visit with this code.

    Raises:
        InvalidInput: it cannot be a code.
        NotFound: nothing with this code is here: it has not arrived, or it is over.
    """
    visit = session.scalar(select(VisitRow).where(VisitRow.withdrawal_hash == keyed_hash(code, key)))
    if visit is None:
        raise NotFound("Met deze code bewaren wij niets.")
    publication = find_publication(session, visit.publication)
    files: dict[str, str] = {}
    answers = tuple(_answer(session, answer, publication, files) for answer in visit.answers)
    copy = VisitCopy(
        visit=str(visit.id),
        library=publication.library,
        branch=session.get_one(BranchRow, visit.branch_id).name,
        started_at=visit.started_at,
        ended_at=visit.ended_at,
        language=visit.language,
        activity=activity_name(session, visit.activity),
        age_band=visit.age_band,
        member=visit.member,
        pictures=visit.pictures,
        withdrawn_at=visit.withdrawn_at,
        answers=answers,
        consents=tuple(_consent(consent, publication) for consent in visit.consents),
        delivery=_delivery(session.get(EnvelopeRow, visit.id)),
    )
    return Copied(copy, files)


def _answer(session: Session, answer: AnswerRow, publication: Publication, files: dict[str, str]) -> CopiedAnswer:
    question = publication.question(answer.question_id)
    assert question is not None, "checked when the visit arrived"
    mine = RecordingRow.visit_id == answer.visit_id, RecordingRow.question_id == answer.question_id
    row = session.scalar(select(RecordingRow).where(*mine))
    values = (answer.smiley, answer.choice, answer.yes_no, answer.number, answer.text)
    return CopiedAnswer(
        question=question.forms["nl"].text,
        aspect=publication.aspects[answer.aspect]["nl"],
        kind=answer.kind,
        value=next((value for value in values if value is not None), None),
        answered_at=answer.answered_at,
        recording=_recording(row, session.get(TranscriptRow, row.id), answer.position + 1, files) if row else None,
    )


def _recording(
    row: RecordingRow, transcript: TranscriptRow | None, number: int, files: dict[str, str]
) -> CopiedRecording:
    media, poster = row.media_file, row.poster_file
    if media is None and row.state == RecordingState.QUARANTINED:
        media = _quarantined(row.id)
    named = {name: f"{MEDIA_FOLDER}/vraag-{number}{PurePath(name).suffix}" for name in (media, poster) if name}
    files.update({in_zip: name for name, in_zip in named.items()})
    return CopiedRecording(
        way=row.way,
        state=row.state,
        seconds=row.seconds,
        file=named.get(media or ""),
        poster=named.get(poster or ""),
        media_type=row.media_type,
        video_codec=row.video_codec,
        width=row.width,
        height=row.height,
        bytes=row.media_bytes,
        sha256=row.media_sha256,
        sealed_sha256=row.sealed_sha256,
        too_dark=row.too_dark,
        transcript=_transcript(transcript) if transcript else None,
    )


def _quarantined(recording_id: UUID) -> str:
    """Return how a recording is called in quarantine."""
    return f"{recording_id}.webm"


def _transcript(row: TranscriptRow) -> CopiedTranscript:
    return CopiedTranscript(row.text, row.language, row.segments, row.model_name)


def _consent(row: ConsentRow, publication: Publication) -> CopiedConsent:
    asked = next((one for one in publication.consents if one.purpose == row.purpose), None)
    found = asked.wording_with(row.wording_sha256) if asked else None
    return CopiedConsent(
        purpose=row.purpose,
        given=row.given,
        wording=found[1] if found else None,
        wording_sha256=row.wording_sha256,
        language=row.language,
        answered_at=row.answered_at,
    )


def _delivery(row: EnvelopeRow | None) -> CopiedDelivery | None:
    return CopiedDelivery(row.declared_at, row.received_at, row.sha256, row.other_sha256) if row else None

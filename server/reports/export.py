"""Every answer as a record: what was asked, what was replied, what was heard, and what it may be used for."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple, dataclass, fields
from datetime import datetime
from typing import TextIO

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from server.database import Database
from server.intake.publications import find_publication
from server.reports.formats.csv_text import begin_csv, write_row
from server.reports.period import Period
from server.reports.queries import ReportQuery, find_branches, in_scope, of_branches
from server.tables import AnswerRow, BranchRow, ConsentRow, RecordingRow, RecordingState, TranscriptRow, VisitRow
from vertelpaal.publication import Publication, Purpose

BATCH = 500
"""How many answers are in memory at once."""

Value = str | int | bool | None


@dataclass(frozen=True)
class ExportedAnswer:
    """One answer; the fields are the columns. `docs/reports.md` says what each of them means."""

    visit: str
    branch: str
    started_at: str
    time_is_implausible: bool
    publication: int
    language: str
    activity: str | None
    question_id: str
    question: str
    aspect: str
    kind: str
    value: Value
    erased: bool
    recording_state: str | None
    transcript: str | None
    transcript_language: str | None
    transcript_confidence: float | None
    transcript_no_speech: float | None
    transcript_model: str | None
    transcript_model_sha256: str | None
    consent_review: bool | None
    consent_quote: bool | None
    consent_show: bool | None


def export_answers(
    database: Database, file: TextIO, form: str, period: Period | None, branches: tuple[str, ...] = ()
) -> int:
    """Write every answer of a period (None: ever) and branches (none: all) as jsonl or csv; return how many.

    Raises:
        InvalidInput: there is no such branch.
    """
    write = _writer(file, form)
    written = 0
    with database.reading() as session:
        for answer in find_answers(session, period, branches):
            write(answer)
            written += 1
    return written


def find_answers(session: Session, period: Period | None, branches: tuple[str, ...]) -> Iterator[ExportedAnswer]:
    """Return the answers one after the other, the oldest visit first.

    Raises:
        InvalidInput: there is no such branch.
    """
    find_branches(session, branches)
    wanted = in_scope(ReportQuery(period, branches)) if period else of_branches(branches)
    asked: dict[int, Publication] = {}
    for row in session.execute(_every_answer().where(*wanted).execution_options(yield_per=BATCH)):
        answer, visit, branch, recording, transcript, review, quote, show = row
        if visit.publication not in asked:
            asked[visit.publication] = find_publication(session, visit.publication)
        question = asked[visit.publication].question(answer.question_id)
        text = question.forms["nl"].text if question else ""
        yield _exported(answer, visit, branch, text, recording, transcript, (review, quote, show))


def _every_answer() -> Select[AnswerRow, VisitRow, str, RecordingRow, TranscriptRow, bool, bool, bool]:
    review, quote, show = (aliased(ConsentRow) for _ in Purpose)
    query = (
        select(AnswerRow, VisitRow, BranchRow.slug, RecordingRow, TranscriptRow, review.given, quote.given, show.given)
        .join(VisitRow, VisitRow.id == AnswerRow.visit_id)
        .join(BranchRow, BranchRow.id == VisitRow.branch_id)
        .outerjoin(
            RecordingRow,
            (RecordingRow.visit_id == AnswerRow.visit_id) & (RecordingRow.question_id == AnswerRow.question_id),
        )
        .outerjoin(TranscriptRow, TranscriptRow.recording_id == RecordingRow.id)
    )
    for consent, purpose in zip((review, quote, show), Purpose, strict=True):
        query = query.outerjoin(consent, (consent.visit_id == VisitRow.id) & (consent.purpose == purpose))
    return query.order_by(VisitRow.started_at, VisitRow.id, AnswerRow.position)


def _exported(
    answer: AnswerRow,
    visit: VisitRow,
    branch: str,
    question: str,
    recording: RecordingRow | None,
    transcript: TranscriptRow | None,
    consents: tuple[bool | None, bool | None, bool | None],
) -> ExportedAnswer:
    erased = _is_erased(answer, visit, recording)
    heard = None if erased else transcript
    return ExportedAnswer(
        visit=str(visit.id),
        branch=branch,
        started_at=_written(visit.started_at),
        time_is_implausible=visit.time_is_implausible,
        publication=visit.publication,
        language=visit.language,
        activity=visit.activity,
        question_id=str(answer.question_id),
        question=question,
        aspect=answer.aspect,
        kind=answer.kind,
        value=None if erased else _value(answer),
        erased=erased,
        recording_state=recording.state if recording else None,
        transcript=heard.text if heard else None,
        transcript_language=heard.language if heard else None,
        transcript_confidence=round(math.exp(heard.average_log_probability), 4) if heard else None,
        transcript_no_speech=round(heard.no_speech_probability, 4) if heard else None,
        transcript_model=heard.model_name if heard else None,
        transcript_model_sha256=heard.model_sha256 if heard else None,
        consent_review=consents[0],
        consent_quote=consents[1],
        consent_show=consents[2],
    )


def _is_erased(answer: AnswerRow, visit: VisitRow, recording: RecordingRow | None) -> bool:
    """Return whether the words of an answer were erased; taps have none, and belong to nobody after a withdrawal."""
    if answer.kind == "text":
        return answer.text is None or visit.withdrawn_at is not None
    if answer.kind == "recording":
        return recording is None or recording.state == RecordingState.ERASED or visit.withdrawn_at is not None
    return False


def _value(answer: AnswerRow) -> Value:
    replies: dict[str, Value] = {
        "smiley": answer.smiley,
        "choice": answer.choice,
        "yes-no": answer.yes_no,
        "number": answer.number,
        "text": answer.text,
    }
    return replies.get(answer.kind)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _writer(file: TextIO, form: str) -> Callable[[ExportedAnswer], object]:
    if form == "csv":
        begin_csv(file, [field.name for field in fields(ExportedAnswer)])
        return lambda answer: write_row(file, astuple(answer))
    return lambda answer: file.write(json.dumps(asdict(answer), ensure_ascii=False) + "\n")

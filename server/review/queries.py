"""What staff look at: answers by filter, one answer with its visit, and what is in quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from server.activities.queries import activity_name
from server.intake.pairing import is_open
from server.intake.publications import find_publication
from server.moments import moment_of_visit
from server.tables import (
    AnswerRow,
    BranchRow,
    EnvelopeRow,
    EnvelopeState,
    KioskRow,
    PairingRow,
    PublicationRow,
    RecordingRow,
    RecordingState,
    VisitRow,
)
from vertelpaal.clock import AMSTERDAM
from vertelpaal.errors import NotFound
from vertelpaal.publication import Publication, Question
from vertelpaal.words import Language

PAGE = 24


@dataclass(frozen=True)
class AnswerFilter:
    """Which answers to show; None means all. Days are inclusive, in Europe/Amsterdam."""

    branch: str | None = None
    question: UUID | None = None
    first_day: date | None = None
    last_day: date | None = None
    state: str | None = None
    words_only: bool = True
    page: int = 1


@dataclass(frozen=True)
class ShownAnswer:
    """An answer with what its card shows."""

    answer: AnswerRow
    visit: VisitRow
    moment: datetime
    """When the visit began; when it arrived, where its clock was wrong."""
    branch: str
    question: str
    aspect: str
    recording: RecordingRow | None
    smileys: tuple[tuple[str, int], ...]
    """The visit's smileys as (name of the aspect, value)."""
    activity: str | None
    """The name of the activity that the visit belongs to."""


@dataclass(frozen=True)
class AnswerPage:
    """One page of answers; `total` counts all of them."""

    answers: tuple[ShownAnswer, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return max(1, -(-self.total // PAGE))


def find_answers(session: Session, wanted: AnswerFilter) -> AnswerPage:
    """Return the page of answers that a filter asks for, newest first; of a clock that was wrong by their arrival."""
    query = _filtered(wanted)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    end = wanted.page * PAGE
    # Apart, as the database finds the newest of those that it believes by an index; the others are few.
    sound = query.where(~VisitRow.time_is_implausible).order_by(VisitRow.started_at.desc(), AnswerRow.position)
    doubted = query.where(VisitRow.time_is_implausible).order_by(
        moment_of_visit().desc(), VisitRow.kiosk_id, VisitRow.sequence.desc(), AnswerRow.position
    )
    rows = [row for one in (sound, doubted) for row in session.execute(one.limit(end))]
    rows.sort(key=lambda row: row.moment, reverse=True)
    return AnswerPage(tuple(_shown(session, *row) for row in rows[end - PAGE : end]), total, wanted.page)


def find_answer(session: Session, visit_id: UUID, question_id: UUID) -> ShownAnswer:
    """Return one answer.

    Raises:
        NotFound: there is no such answer.
    """
    row = session.execute(
        _joined().where(AnswerRow.visit_id == visit_id, AnswerRow.question_id == question_id)
    ).one_or_none()
    if row is None:
        raise NotFound("Dit antwoord is er niet.")
    return _shown(session, *row)


def find_recording(session: Session, recording_id: UUID) -> RecordingRow:
    """Return a recording that can be watched or listened to.

    Raises:
        NotFound: there is none, or its media are erased or quarantined.
    """
    row = session.get(RecordingRow, recording_id)
    if row is None or row.media_file is None or row.state == RecordingState.ERASED:
        raise NotFound("Deze opname is er niet (meer).")
    return row


def branches(session: Session) -> list[BranchRow]:
    """Return every branch by name."""
    return list(session.scalars(select(BranchRow).order_by(BranchRow.name)))


def asked_questions(session: Session) -> list[Question]:
    """Return every question that was ever published, the newest wording of each."""
    questions: dict[UUID, Question] = {}
    for number in session.scalars(select(PublicationRow.number).order_by(PublicationRow.number)):
        questions.update({question.id: question for question in find_publication(session, number).questions})
    return list(questions.values())


@dataclass(frozen=True)
class Quarantined:
    """Something that was put aside, and why; `detail` says which of the visit's things."""

    visit_id: UUID
    detail: str
    reason: str
    at: datetime
    kept_until: datetime


def quarantined(session: Session, quarantine_days: int, now: datetime | None = None) -> list[Quarantined]:
    """Return everything in quarantine, newest first; what is kept no longer is not there when `now` is given.

    Its days count from when it was received, also when it was tried again since.
    """
    kept = timedelta(days=quarantine_days)
    found = [
        Quarantined(row.visit_id, "envelop", row.reason or "", row.received_at, row.received_at + kept)
        for row in session.scalars(select(EnvelopeRow).where(EnvelopeRow.state == EnvelopeState.QUARANTINED))
        if row.received_at is not None
    ]
    other = select(EnvelopeRow).where(EnvelopeRow.other_sha256.is_not(None))
    found += [
        Quarantined(
            row.visit_id,
            "tweede envelop",
            "het bezoek kwam nog een keer, met andere bytes, en is geweigerd",
            row.declared_at,
            row.declared_at + kept,
        )
        for row in session.scalars(other)
    ]
    recordings = (
        select(RecordingRow, EnvelopeRow.received_at)
        .join(EnvelopeRow, EnvelopeRow.visit_id == RecordingRow.visit_id)
        .where(RecordingRow.state == RecordingState.QUARANTINED)
    )
    found += [
        Quarantined(row.visit_id, "opname", row.reason or "", at, at + kept)
        for row, at in session.execute(recordings)
        if at is not None
    ]
    kept_still = [one for one in found if now is None or one.kept_until > now]
    return sorted(kept_still, key=lambda one: one.at, reverse=True)


def kiosks(session: Session) -> list[KioskRow]:
    """Return every pole, those in use first, by branch and by age."""
    query = select(KioskRow).join(KioskRow.branch)
    return list(
        session.scalars(
            query.order_by(KioskRow.revoked_at.is_not(None), BranchRow.name, KioskRow.paired_at, KioskRow.id)
        )
    )


def find_kiosk(session: Session, kiosk_id: UUID) -> KioskRow:
    """Return a pole that is in use.

    Raises:
        NotFound: there is no such pole, or not any more.
    """
    row = session.get(KioskRow, kiosk_id)
    if row is None or row.revoked_at is not None:
        raise NotFound("Deze paal is er niet (meer).")
    return row


def open_offers(session: Session, now: datetime) -> int:
    """Return how many poles wait for their code to be typed."""
    waiting = select(func.count()).where(is_open(now), PairingRow.branch_id.is_(None))
    return session.scalar(waiting.select_from(PairingRow)) or 0


def _joined() -> Select[AnswerRow, VisitRow, datetime, str, RecordingRow]:
    return (
        select(AnswerRow, VisitRow, moment_of_visit().label("moment"), BranchRow.name, RecordingRow)
        .join(VisitRow, VisitRow.id == AnswerRow.visit_id)
        .join(BranchRow, BranchRow.id == VisitRow.branch_id)
        .outerjoin(
            RecordingRow,
            (RecordingRow.visit_id == AnswerRow.visit_id) & (RecordingRow.question_id == AnswerRow.question_id),
        )
        .options(joinedload(RecordingRow.transcript))
    )


def _filtered(wanted: AnswerFilter) -> Select[AnswerRow, VisitRow, datetime, str, RecordingRow]:
    query = _joined()
    if wanted.branch:
        query = query.where(BranchRow.slug == wanted.branch)
    if wanted.question:
        query = query.where(AnswerRow.question_id == wanted.question)
    if wanted.first_day:
        query = query.where(moment_of_visit() >= _midnight(wanted.first_day))
    if wanted.last_day:
        query = query.where(moment_of_visit() < _midnight(wanted.last_day + timedelta(days=1)))
    if wanted.state:
        query = query.where(RecordingRow.state == wanted.state)
    elif wanted.words_only:
        query = query.where(or_(RecordingRow.id.is_not(None), AnswerRow.text.is_not(None)))
    return query


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), AMSTERDAM)


def _shown(
    session: Session,
    answer: AnswerRow,
    visit: VisitRow,
    moment: datetime,
    branch: str,
    recording: RecordingRow | None,
) -> ShownAnswer:
    publication = find_publication(session, visit.publication)
    question = publication.question(answer.question_id)
    assert question is not None, "checked when the visit arrived"
    smileys = session.execute(
        select(AnswerRow.aspect, AnswerRow.smiley)
        .where(AnswerRow.visit_id == visit.id, AnswerRow.smiley.is_not(None))
        .order_by(AnswerRow.position)
    ).all()
    return ShownAnswer(
        answer=answer,
        visit=visit,
        moment=moment,
        branch=branch,
        question=question.form("nl")[1].text,
        aspect=_aspect(publication, answer.aspect, "nl"),
        recording=recording,
        smileys=tuple((_aspect(publication, aspect, "nl"), value) for aspect, value in smileys if value is not None),
        activity=activity_name(session, visit.activity),
    )


def _aspect(publication: Publication, aspect: str, language: Language) -> str:
    return publication.aspects[aspect][language]

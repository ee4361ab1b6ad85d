"""Makers of what a report counts: visits as rows, and publications that ask something else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.tables import AnswerRow, BranchRow, EnvelopeRow, EnvelopeState, VisitRow
from tests.makers import HOURS, SampleLibrary, create_publication, publish_spoken
from vertelpaal.identifiers import new_id
from vertelpaal.publication import Publication, QuestionForm

Reply = Literal[1, 2, 3, 4, 5, "not-used", "skip"]
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)


def keep_visit(
    session: Session,
    library: SampleLibrary,
    replies: Mapping[UUID, Reply],
    *,
    at: datetime = NOON,
    branch: str = "roden",
    publication: Publication | None = None,
    implausible: bool = False,
    received_at: datetime | None = None,
) -> UUID:
    """Add the rows of a visit that replied so to the smiley questions of a publication, and return its id."""
    asked = publication or library.publication
    visit_id = new_id()
    with session.no_autoflush:  # hundreds of visits go in as one
        branch_id = session.scalars(select(BranchRow.id).where(BranchRow.slug == branch)).one()
    session.add(
        VisitRow(
            id=visit_id,
            kiosk_id=library.kiosk_id,
            branch_id=branch_id,
            publication=asked.number,
            language="nl",
            started_at=at,
            ended_at=at + timedelta(minutes=1),
            time_is_implausible=implausible,
            boot=new_id(),
            sequence=1,
            ending="thanks",
        )
    )
    session.add(
        EnvelopeRow(
            visit_id=visit_id,
            kiosk_id=library.kiosk_id,
            sha256="0" * 64,
            length=1,
            state=EnvelopeState.PROCESSED,
            declared_at=received_at or at,
            received_at=received_at or at,
        )
    )
    for position, (question_id, reply) in enumerate(replies.items()):
        question = asked.question(question_id)
        assert question is not None
        session.add(
            AnswerRow(
                visit_id=visit_id,
                question_id=question_id,
                position=position,
                aspect=question.aspect,
                wording=question.wording,
                kind="smiley" if isinstance(reply, int) else reply,
                smiley=reply if isinstance(reply, int) else None,
                answered_at=at,
            )
        )
    return visit_id


def keep_smileys(library: SampleLibrary, counts: tuple[int, int, int, int, int], branch: str = "roden") -> None:
    """Keep visits that tapped smiley 1 to 5 so often for the opening hours, on one noon in 2024."""
    with library.database.transaction() as session:
        for value, times in enumerate(counts, start=1):
            for _ in range(times):
                keep_visit(session, library, {HOURS: value}, branch=branch)  # type: ignore[dict-item]  # 1 to 5


def reword_hours(library: SampleLibrary, text: str) -> Publication:
    """Publish the next version, which asks for the opening hours in other words."""
    first = library.publication
    questions = tuple(
        question.model_copy(update={"forms": {"nl": QuestionForm(text=text)}}) if question.id == HOURS else question
        for question in first.questions
    )
    publication = create_publication(number=2, questions=questions)
    with library.database.transaction() as session:
        return publish_spoken(session, publication, library.home / "files")

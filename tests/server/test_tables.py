"""The tables: what migrating builds is what the code says, and every column says what it holds of a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Table, insert, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from server.database import Database, make_engine
from server.migrations import check_head, migrate
from server.tables import (
    AnswerRow,
    Base,
    BranchRow,
    ClockRow,
    EnvelopeRow,
    KioskRow,
    PublicationRow,
    RecordingRow,
    TranscriptRow,
    VisitRow,
)
from server.tables.personal import Aim, Kept, personal, told_of
from tests.makers import NOW
from tests.server.test_withdrawal import create_transcript
from vertelpaal.errors import SettingsError
from vertelpaal.identifiers import new_id


def test_the_head_is_what_the_code_says(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate(database.engine)
    check_head(database.engine)


@pytest.fixture
def empty(bare_database_url: str) -> Iterator[Database]:
    """Return a database of each kind that has no tables yet."""
    engine = make_engine(bare_database_url)
    yield Database(engine)
    engine.dispose()


def keep_visit_of_the_first_version(connection: Connection) -> UUID:
    """Add a visit with columns of the first version alone, and return its id."""
    branch, kiosk, visit = new_id(), new_id(), new_id()
    connection.execute(insert(BranchRow).values(id=branch, slug="roden", name="Roden"))
    connection.execute(insert(KioskRow).values(id=kiosk, branch_id=branch, token_hash="0" * 64, paired_at=NOW))
    connection.execute(
        insert(PublicationRow).values(
            number=1, questionnaire_id=new_id(), sha256="0" * 64, document="{}", published_at=NOW
        )
    )
    connection.execute(
        insert(VisitRow).values(
            id=visit,
            kiosk_id=kiosk,
            branch_id=branch,
            publication=1,
            language="nl",
            started_at=NOW,
            ended_at=NOW,
            time_is_implausible=False,
            boot=new_id(),
            sequence=1,
            ending="thanks",
            activity="taalcafe",
            withdrawal_hash="0" * 64,
        )
    )
    return visit


def test_a_visit_of_the_first_version_stays_and_has_no_pictures(empty: Database) -> None:
    migrate(empty.engine, "0001")
    with empty.engine.begin() as connection:
        visit_id = keep_visit_of_the_first_version(connection)
    migrate(empty.engine)
    check_head(empty.engine)
    with empty.reading() as session:
        visit = session.get_one(VisitRow, visit_id)
        assert (visit.started_at, visit.activity, visit.pictures) == (NOW, "taalcafe", None)


@pytest.mark.parametrize("revision", ["0001", "0003", "0004"])
def test_a_database_that_has_lived_believes_the_newest_that_its_server_said(empty: Database, revision: str) -> None:
    migrate(empty.engine, revision)
    with empty.engine.begin() as connection:
        visit_id = keep_visit_of_the_first_version(connection)
        connection.execute(update(KioskRow).values(last_seen_at=NOW + timedelta(days=2)))
        connection.execute(
            text(
                "INSERT INTO envelopes (visit_id, kiosk_id, sha256, length, state, declared_at, received_at, attempts) "
                "SELECT id, kiosk_id, '', 1, 'processed', started_at, ended_at, 1 FROM visits"
            )
        )
    migrate(empty.engine)
    with empty.reading() as session:
        assert session.scalar(select(ClockRow.believed_at)) == NOW + timedelta(days=2)
        assert session.get_one(EnvelopeRow, visit_id).clock_was_doubted is False


def test_what_was_believed_before_an_upgrade_stays(empty: Database) -> None:
    migrate(empty.engine, "0004")
    with empty.engine.begin() as connection:
        connection.execute(insert(ClockRow).values(id=1, believed_at=NOW))
        keep_visit_of_the_first_version(connection)
        connection.execute(update(KioskRow).values(last_seen_at=NOW + timedelta(days=2)))
    migrate(empty.engine)
    with empty.reading() as session:
        assert session.scalar(select(ClockRow.believed_at)) == NOW


def test_a_fresh_database_remembers_no_clock(empty: Database) -> None:
    migrate(empty.engine)
    with empty.reading() as session:
        assert session.scalar(select(ClockRow.believed_at)) is None


@pytest.mark.parametrize(("state", "keeps"), [("opened", True), ("quarantined", True), ("erased", False)])
def test_a_recording_that_was_erased_by_the_second_version_says_no_more_what_it_was_like(
    empty: Database, state: str, keeps: bool
) -> None:
    """Its transcript points to it, and stays where the recording does."""
    migrate(empty.engine, "0002")
    with empty.engine.begin() as connection:
        visit_id = keep_visit_of_the_first_version(connection)
        question, recording = new_id(), new_id()
        connection.execute(
            insert(AnswerRow).values(
                visit_id=visit_id,
                question_id=question,
                position=0,
                aspect="verbetering",
                wording="0" * 64,
                kind="recording",
                answered_at=NOW,
            )
        )
        told = {"sealed_sha256": "1" * 64, "seconds": 3.5, "media_type": "video/mp4", "video_codec": "h264"}
        told |= {"width": 320, "height": 240}
        row = insert(RecordingRow).values(
            id=recording, visit_id=visit_id, question_id=question, way="video", state=state, attempts=1, **told
        )
        connection.execute(row)
        connection.execute(insert(TranscriptRow).values(**a_transcript(recording)))
    migrate(empty.engine)
    check_head(empty.engine)
    with empty.reading() as session:
        kept = session.get_one(RecordingRow, recording)
        assert {name: getattr(kept, name) for name in told} == (told if keeps else dict.fromkeys(told))
        assert kept.transcript is not None


def a_transcript(recording_id: UUID) -> dict[str, Any]:
    """Return a transcript as a row of any version."""
    made = create_transcript(recording_id)
    return {column.name: getattr(made, column.name) for column in TranscriptRow.__table__.columns}


def test_a_database_that_was_never_migrated_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'empty.sqlite'}")
    with pytest.raises(SettingsError, match="start the server first"):
        check_head(engine)


def silent_columns(base: type[DeclarativeBase]) -> list[str]:
    """Return the columns that neither say what they hold of a person nor stand among those that hold nothing."""
    return [
        f"{table.name}.{column.name}"
        for mapper in base.registry.mappers
        for table in mapper.tables
        if isinstance(table, Table)
        for column in table.columns
        if (told_of(column) is None) is (column.name not in mapper.class_.__impersonal__)
    ]


def test_every_column_says_whether_it_holds_something_of_a_person() -> None:
    assert silent_columns(Base) == [], "mark it with personal(…), or name it in __impersonal__ of its table"


def test_no_table_names_a_column_that_it_has_not() -> None:
    for mapper in Base.registry.mappers:
        assert set(mapper.class_.__impersonal__) <= set(mapper.local_table.columns.keys()), mapper.class_


def test_a_new_column_without_a_word_is_found() -> None:
    """The control: one column that says nothing, and one that says both."""

    class Careless(DeclarativeBase):
        __impersonal__ = ("id", "shoe_size")

    class GuestRow(Careless):
        __tablename__ = "guests"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        shoe_size: Mapped[int] = mapped_column(info=personal(Aim.MEASURE, Kept.PROFILE))
        nickname: Mapped[str] = mapped_column(info=personal(Aim.LISTEN, Kept.TEXT))

    assert silent_columns(Careless) == ["guests.name", "guests.shoe_size"]

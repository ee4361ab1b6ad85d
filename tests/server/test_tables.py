"""The tables: what migrating builds is what the code says, and every column of a person says how long it is kept."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from server.database import Database, make_engine
from server.migrations import check_head, migrate
from server.tables import Base
from vertelpaal.errors import SettingsError

IMPERSONAL = frozenset(
    {
        "branches", "files", "kiosks", "live_events", "pairings", "publications", "workers",
    }
)  # fmt: skip
"""Tables that hold nothing of a person."""
STRUCTURE = frozenset(
    {
        "id", "visit_id", "kiosk_id", "branch_id", "question_id", "recording_id", "staff_id", "publication", "position",
        "aspect", "wording", "kind", "state", "reason", "attempts", "boot", "sequence", "ending", "way", "length",
        "token_hash", "purpose", "wording_sha256", "other_sha256", "sealed_sha256", "media_sha256", "media_bytes",
        "media_type", "video_codec", "width", "height", "too_dark", "seconds", "model_name", "model_sha256",
        "average_log_probability", "language_probability", "no_speech_probability", "time_is_implausible",
        "wrong_tries",
    }
)  # fmt: skip
"""Columns that say how a thing hangs together, not what a person said or is."""


def test_the_head_is_what_the_code_says(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate(database.engine)
    check_head(database.engine)


def test_a_database_that_was_never_migrated_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'empty.sqlite'}")
    with pytest.raises(SettingsError, match="start the server first"):
        check_head(engine)


def test_every_column_of_a_person_says_why_and_how_long() -> None:
    silent = []
    for table in Base.metadata.sorted_tables:
        if table.name in IMPERSONAL:
            continue
        for column in table.columns:
            told = column.info.get("personal")
            if told is None and column.name not in STRUCTURE and not column.name.endswith(("_at", "_until")):
                silent.append(f"{table.name}.{column.name}")
            if told is not None:
                assert told["purpose"]
                assert told["kept"]
    assert silent == [], "say with personal(…) why and how long it is kept"

"""Numbered migrations of the database, and whether it has had them all."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from server.database import reaching
from vertelpaal.errors import SettingsError


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring the database to a numbered version; does nothing when it is there."""
    with engine.begin() as connection:
        migrate_on(connection, to)


def migrate_on(connection: Connection, to: str = "head") -> None:
    """Bring the database to a numbered version within the transaction of this connection."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def current_revision(connection: Connection) -> str | None:
    """Return the numbered version that the database has."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Return whether this software knows a numbered version."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def check_head(engine: Engine) -> None:
    """Check that the database has had every migration.

    Raises:
        SettingsError: it has not; `vertelpaal server` migrates at its start.
        UnfitMachine: it does not answer.
    """
    with reaching(), engine.connect() as connection:
        current = current_revision(connection)
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if current is None:
        raise SettingsError("the database is empty: start the server first, which fills it")
    if current != head:
        raise SettingsError(f"the database is at version {current}, this software needs {head}: start the server first")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config

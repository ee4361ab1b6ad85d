"""Numbered migrations of the database, and whether it has had them all."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from vertelpaal.errors import SettingsError


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring the database to a numbered version; does nothing when it is there."""
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def check_head(engine: Engine) -> None:
    """Check that the database has had every migration.

    Raises:
        SettingsError: it has not; `vertelpaal server` migrates at its start.
    """
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if current != head:
        raise SettingsError(f"the database is at version {current}, this software needs {head}: start the server first")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config

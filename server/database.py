"""The database: an engine that keeps its promises, and transactions on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

BUSY_TIMEOUT_MS = 30_000


def make_engine(url: str) -> Engine:
    """Return an engine on SQLite or PostgreSQL; a commit on it survives a power cut."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    if file := make_url(url).database:
        Path(file).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connect_args = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect_args, hide_parameters=True)  # an error's text may be logged
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


class Database:
    """An engine and the transactions on it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = sessionmaker(engine, expire_on_commit=False)
        self._reading = sessionmaker(engine.execution_options(**_reading_options(engine)), expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session that may write; commit at the end, roll back when something raises."""
        with self._writing.begin() as session:
            yield session

    def forget_deleted(self) -> None:
        """Take what was deleted out of SQLite's write-ahead log, where it would stay for a while.

        When somebody is reading it does less, and the janitor does it again.
        """
        if self.engine.dialect.name == "sqlite":
            connection = self.engine.raw_connection()  # outside of any transaction, where SQLite wants it
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session on one consistent view that waits for no writer."""
        with self._reading.begin() as session:
            yield session


def _reading_options(engine: Engine) -> dict[str, Any]:
    """Return what makes a reading transaction see one moment (on SQLite, writing ahead already does)."""
    if engine.dialect.name == "postgresql":
        return {"reading": True, "isolation_level": "REPEATABLE READ"}
    return {"reading": True}


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Write ahead, sync every commit, wait for a lock instead of failing, and overwrite what is deleted."""
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at BEGIN where we may write: a read that turns into a write fails without waiting."""
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

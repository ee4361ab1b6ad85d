"""The database: an engine that keeps its promises, and transactions on it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from vertelpaal.durable import make_folder
from vertelpaal.errors import SettingsError, StorageFull, UnfitMachine
from vertelpaal.traces import trace

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 30_000
SQLITE_FULL, PG_DISK_FULL = 13, "53100"


def make_engine(url: str) -> Engine:
    """Return an engine on SQLite or PostgreSQL; a commit on it survives a power cut.

    Raises:
        SettingsError: that is no address of such a database.
    """
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")) or not _is_address(url):
        raise SettingsError("the address of a database is sqlite:////FILE or postgresql+psycopg://NAME@HOST/DATABASE")
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    if file := make_url(url).database:
        make_folder(Path(file).parent)
    connect_args = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect_args, hide_parameters=True)  # an error's text may be logged
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _is_address(url: str) -> bool:
    with suppress(ArgumentError, ValueError):
        return bool(make_url(url).drivername)
    return False


@contextmanager
def reaching() -> Iterator[None]:
    """Say in one line that a database does not answer.

    Raises:
        UnfitMachine: it does not, or not as it must.
    """
    try:
        yield
    except OperationalError as error:
        says = f"the database does not answer ({str(error.orig).splitlines()[0]})"
        raise UnfitMachine(f"{says}; VERTELPAAL_DATABASE_URL says where it is") from error


class Database:
    """An engine and the transactions on it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = sessionmaker(engine, expire_on_commit=False)
        self._reading = sessionmaker(engine.execution_options(**_reading_options(engine)), expire_on_commit=False)
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = Path(file) if file else None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session that may write; commit at the end, roll back when something raises.

        Raises:
            StorageFull: there is no room for what was written; nothing of it is kept.
        """
        try:
            with self._writing.begin() as session:
                yield session
        except DBAPIError as error:
            if _is_out_of_room(error.orig):
                raise StorageFull("no room in the database now") from error
            raise

    def before_flush(self, listener: Callable[..., None]) -> None:
        """Call `listener` with each session that is about to write, before it does."""
        event.listen(self._writing, "before_flush", listener)

    def forget_deleted(self) -> bool:
        """Take what was deleted out of SQLite's write-ahead log, where it would stay a while; say whether it is gone.

        It waits for nobody. While somebody reads or writes it is owed, and `forget_owed` does it, in any process.
        """
        if self._file is None:
            return True
        was_owed = self._owed.exists()
        self._owed.unlink(missing_ok=True)  # first, so that whoever erases something from here on owes it anew
        if _empty_log(self._file):
            return True
        self._owed.touch()
        if not was_owed:
            log.warning("what was deleted is in the database's log until nobody reads; trying again")
        return False

    def forget_owed(self) -> bool:
        """Do what `forget_deleted` could not, and say whether nothing is owed; it costs one look at a name."""
        return self._file is None or not self._owed.exists() or self.forget_deleted()

    @property
    def _owed(self) -> Path:
        """Return the mark that the write-ahead log still holds what was deleted; every process sees it."""
        assert self._file is not None
        return self._file.with_name(f"{self._file.name}-owed")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session on one consistent view that waits for no writer."""
        with self._reading.begin() as session:
            yield session


def _empty_log(file: Path) -> bool:
    """Move SQLite's write-ahead log into the database and cut it to nothing; return False while others are at it.

    On a connection of its own: one that waits here holds up every writer until the last reader has gone.
    """
    try:
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        log.error("the database's log could not be emptied: %s", trace(error))
        return False
    return not is_busy


def _is_out_of_room(error: BaseException | None) -> bool:
    """Return whether SQLite or PostgreSQL says that its disk is full."""
    return getattr(error, "sqlite_errorcode", None) == SQLITE_FULL or getattr(error, "sqlstate", None) == PG_DISK_FULL


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

"""A PostgreSQL server of our own for the tests, and databases in it that go with their test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, text

from server.database import make_engine
from server.migrations import migrate
from setup.postgres import find_postgres
from tests.memory import memory_with_room

PREFIX = "vp-pg-"
NEEDED_BYTES = 4 * 2**30
"""What must be free in memory; a server takes some 250 MB, and each process that runs tests has one."""
OPTIONS = (
    "listen_addresses=''",
    "fsync=off",  # what is proved of PostgreSQL is what we ask of it, not what it asks of the disk
    "max_connections=200",
    "max_wal_size=96MB",
)
TEMPLATE = "template_vertelpaal"


@dataclass(frozen=True)
class Postgres:
    """A server that runs; `folder` holds its socket and its data."""

    folder: Path

    @contextmanager
    def database(self, *, migrated: bool) -> Iterator[str]:
        """Yield the URL of a database that has our tables and nothing in them, or no tables; it is dropped after."""
        name = f"test_{uuid4().hex}"
        self._ask(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE if migrated else 'template1'}")
        try:
            yield self._url(name)
        finally:
            self._ask(f"DROP DATABASE {name} WITH (FORCE)")

    def create_template(self) -> None:
        """Create the database that others are copied from; migrating takes longer than most tests."""
        self._ask(f"CREATE DATABASE {TEMPLATE}")
        engine = make_engine(self._url(TEMPLATE))
        migrate(engine)
        engine.dispose()

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://vertelpaal@/{name}?host={self.folder}"

    def _ask(self, statement: str) -> None:
        admin = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(statement))
        admin.dispose()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server on a Unix socket, in memory where there is room, and stop it after."""
    programs = find_postgres()
    assert programs is not None, "PostgreSQL is missing; `make test` installs it"
    owner = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=memory_with_room(NEEDED_BYTES)))
    data = folder / "data"
    options = " ".join(f"-c {option}" for option in (*OPTIONS, f"unix_socket_directories={folder}"))
    try:
        if owner:
            shutil.chown(folder, owner, owner)
        _run([programs / "initdb", "-D", data, "-U", "vertelpaal", "-A", "trust", "-E", "UTF8", "--no-sync"], owner)
        try:
            _run([programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], owner)
            postgres = Postgres(folder)
            postgres.create_template()
            yield postgres
        finally:
            _run([programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"], owner, check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[object], owner: str | None, *, check: bool = True) -> None:
    told = [str(part) for part in command]
    subprocess.run(told, check=check, capture_output=True, timeout=120, user=owner, cwd="/")

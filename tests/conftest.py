"""What every test may ask for: databases, a clock, a library with keys and a publication."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from server.database import Database, make_engine
from server.migrations import migrate
from setup.postgres import find_postgres
from tests.makers import HandClock, SampleLibrary, create_library
from tests.web import app, sanne, stranger

__all__ = ["app", "sanne", "stranger"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes longest begin first, so that at the end nothing waits for it alone."""
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL server of our own on a Unix socket, and yield the URL of a migrated template database."""
    programs = find_postgres()
    assert programs is not None, "PostgreSQL is missing; `make test` installs it"
    owner = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="vp-pg-"))
    if owner:
        shutil.chown(folder, owner, owner)
    data = folder / "data"
    _run([programs / "initdb", "-D", data, "-U", "vertelpaal", "-A", "trust", "-E", "UTF8", "--no-sync"], owner)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"
    _run([programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], owner)
    try:
        base = f"postgresql+psycopg://vertelpaal@/{{}}?host={folder}"
        admin = create_engine(base.format("postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE template_vertelpaal"))
        template = make_engine(base.format("template_vertelpaal"))
        migrate(template)
        template.dispose()
        admin.dispose()
        yield base
    finally:
        _run([programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"], owner)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy from; migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("template") / "vertelpaal.sqlite"
    engine = make_engine(f"sqlite:///{file}")
    migrate(engine)
    engine.dispose()  # the last connection empties the write-ahead log into the file
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty, migrated database of each kind."""
    if request.param == "sqlite":
        file = shutil.copyfile(request.getfixturevalue("migrated_sqlite"), tmp_path / "vertelpaal.sqlite")
        return f"sqlite:///{file}"
    base: str = request.getfixturevalue("postgres")
    name = f"test_{uuid4().hex}"
    admin = create_engine(base.format("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_vertelpaal"))
    admin.dispose()
    return base.format(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return a database of each kind, built by migrating."""
    engine = make_engine(database_url)
    yield Database(engine)
    engine.dispose()


@pytest.fixture
def clock() -> HandClock:
    """Return a clock that a test moves by hand."""
    return HandClock()


@pytest.fixture
def sample(database: Database, tmp_path: Path, clock: HandClock) -> SampleLibrary:
    """Return a library with three branches, a pole, keys and a publication, in folders of its own."""
    return create_library(database, tmp_path / "home", clock)


def _run(command: list[object], owner: str | None) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=120, user=owner, cwd="/")

"""What every test may ask for: databases, a clock, a library with keys and a publication."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.database import Database, make_engine
from server.migrations import migrate
from tests.groups import pytest_configure
from tests.makers import HandClock, SampleLibrary, create_library
from tests.postgres import Postgres, running_postgres
from tests.web import app, sanne, stranger

__all__ = ["app", "pytest_configure", "sanne", "stranger"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes or waits longest begin first, so that at the end nothing waits for it alone."""
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a PostgreSQL server of our own."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy from; migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("template") / "vertelpaal.sqlite"
    engine = make_engine(f"sqlite:///{file}")
    migrate(engine)
    engine.dispose()  # the last connection empties the write-ahead log into the file
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty, migrated database of each kind."""
    if request.param == "sqlite":
        file = shutil.copyfile(request.getfixturevalue("migrated_sqlite"), tmp_path / "vertelpaal.sqlite")
        yield f"sqlite:///{file}"
    else:
        with request.getfixturevalue("postgres").database(migrated=True) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of another database of each kind, that has no tables yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.sqlite'}"
    else:
        with request.getfixturevalue("postgres").database(migrated=False) as url:
            yield url


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

"""A sample library for a benchmark: in a folder and on ports of its own, its processes as in a library."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sample.household import Household
from sample.library import PreparedLibrary, prepare_library
from server.database import Database, make_engine


@dataclass(frozen=True)
class BenchLibrary:
    """A prepared sample library; nothing of it runs yet."""

    home: Path
    library: PreparedLibrary
    household: Household
    database: Database


@contextmanager
def sample_library(home: Path, *, recordings: int) -> Iterator[BenchLibrary]:
    """Prepare a library with so many sealed visits at its door, each with a recording; in the end nothing runs."""
    before = dict(os.environ)
    os.environ.update(
        VERTELPAAL_HOME=str(home),
        VERTELPAAL_SERVER_PORT=str(_free_port()),
        VERTELPAAL_KIOSK_PORT=str(_free_port()),
    )
    now = datetime.now(UTC) - timedelta(minutes=1)
    library = prepare_library(home, now, say=lambda _: None, visits=recordings, recordings=recordings)
    household, database = Household(home, library), Database(make_engine(library.settings.database))
    try:
        yield BenchLibrary(home, library, household, database)
    finally:
        household.stop()
        database.engine.dispose()
        os.environ.clear()
        os.environ.update(before)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

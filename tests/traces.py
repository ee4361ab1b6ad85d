"""Traces: what is left of somebody, looked for as 32-byte windows of bytes and as words, in every file and table."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, inspect, text

WINDOW = 32
VARIED = 12
"""A stretch with fewer different bytes is a matter of containers and tables."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]{44,}")


def windows(data: bytes) -> set[bytes]:
    """Return every stretch of 32 bytes that says something: a row of zeros with a length in it is in any file."""
    every = {data[start : start + WINDOW] for start in range(len(data) - WINDOW + 1)}
    return {window for window in every if len(set(window)) >= VARIED}


@dataclass(frozen=True)
class Traces:
    """What to look for: windows that only this person's media have, and words."""

    windows: frozenset[bytes]
    words: tuple[bytes, ...]

    @classmethod
    def of(cls, media: Iterable[bytes], words: Iterable[str], unlike: Iterable[bytes]) -> Traces:
        """Return the traces of media and words; what a container or somebody else's media have as well is none."""
        mine = set().union(*(windows(one) for one in media))
        others = set().union(*(windows(one) for one in unlike))
        return cls(frozenset(mine - others), tuple(word.encode() for word in words))

    def are_in(self, data: bytes) -> bool:
        """Return whether any of it is in these bytes, plain or as base 64."""
        if any(word in data for word in self.words):
            return True
        if any(data[start : start + WINDOW] in self.windows for start in range(len(data) - WINDOW + 1)):
            return True
        return any(word in plain for plain in _decoded(data) for word in self.words)

    def found(self, folder: Path, *engines: Engine) -> list[str]:
        """Return the files below a folder and the tables of databases that have a trace."""
        places = [(str(file.relative_to(folder)), file.read_bytes()) for file in _files(folder)]
        places += [place for engine in engines for place in _tables(engine)]
        return sorted(name for name, data in places if self.are_in(data))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _tables(engine: Engine) -> Iterator[tuple[str, bytes]]:
    """Yield each table as text; what PostgreSQL's own files hold of deleted rows is vacuumed by PostgreSQL."""
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).all()
            yield f"table {table}", "\n".join(str(value) for row in rows for value in row).encode()


def _decoded(data: bytes) -> Iterator[bytes]:
    for found in _BASE64.findall(data):
        try:
            yield base64.b64decode(found + b"=" * (-len(found) % 4))
        except binascii.Error:
            continue

"""The rows of the database as JSON lines, the same from SQLite and PostgreSQL, and back into either."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Integer,
    MetaData,
    Table,
    Uuid,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.orm import Session

from server.tables import Base
from vertelpaal.errors import InvalidBackup

PASSING = frozenset({"live_events", "workers", "pairings", "staff_sessions", "clock"})
"""Tables of the moment: after a restore nobody is signed in or waits to be paired, and its own moment is believed."""
_PART_BYTES = 2**20
_BATCH = 500


def dump(session: Session) -> Iterator[tuple[str, int, bytes]]:
    """Yield the rows of each table in parts of about a megabyte: its name, a number from 1, and JSON lines."""
    for table in Base.metadata.sorted_tables:
        if table.name in PASSING:
            continue
        lines, size, number = [], 0, 1
        for row in session.execute(select(table).execution_options(yield_per=_BATCH)).mappings():
            lines.append(json.dumps(dict(row), default=_text).encode() + b"\n")
            size += len(lines[-1])
            if size >= _PART_BYTES:
                yield table.name, number, b"".join(lines)
                lines, size, number = [], 0, number + 1
        if lines:
            yield table.name, number, b"".join(lines)


def load(connection: Connection, folder: Path) -> None:
    """Put the rows that lie in `folder`, a folder for each table, into the empty tables of the same version.

    Raises:
        InvalidBackup: a table or a column that this version does not have.
    """
    metadata = MetaData()
    metadata.reflect(connection)
    if strange := sorted({place.name for place in folder.glob("*")} - metadata.tables.keys()):
        raise InvalidBackup(f"rows of a table that its version does not have: {strange[0]}")
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type = JSON(none_as_null=True)
        for part in sorted((folder / table.name).glob("*.jsonl")):
            with open(part, "rb") as lines:
                connection.execute(insert(table), [_row(table, line) for line in lines])
        _go_on_counting(connection, table)


def is_empty(connection: Connection) -> bool:
    """Return whether the database holds nothing that anybody would miss."""
    metadata = MetaData()
    metadata.reflect(connection)
    kept = [table for name, table in metadata.tables.items() if name not in PASSING | {"alembic_version"}]
    return not any(connection.scalar(select(func.count()).select_from(table)) for table in kept)


def drop_everything(connection: Connection) -> None:
    """Drop every table."""
    metadata = MetaData()
    metadata.reflect(connection)
    metadata.drop_all(connection)


def has_table(connection: Connection, name: str) -> bool:
    """Return whether the database has this table."""
    return inspect(connection).has_table(name)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return value.hex
    raise TypeError(f"no form in a backup for {type(value).__name__}")


def _row(table: Table, line: bytes) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(line)
    if strange := sorted(row.keys() - table.columns.keys()):
        raise InvalidBackup(f"a column that its version does not have: {table.name}.{strange[0]}")
    return {name: _value(table.columns[name], value) for name, value in row.items()}


def _value(column: Column[Any], value: Any) -> Any:
    """Return a value as the column takes it (SQLite keeps a UUID as its 32 digits, as the dump does)."""
    if value is None:
        return None
    if isinstance(column.type, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Uuid):
        return UUID(value)
    return value


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Let PostgreSQL's own numbers go on after those that were loaded (SQLite does by itself)."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        if not isinstance(column.type, Integer):
            continue
        named = {"table": table.name, "column": column.name}
        sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), named)
        highest = connection.scalar(select(func.max(column)))
        if sequence and highest:
            connection.execute(select(func.setval(sequence, highest)))

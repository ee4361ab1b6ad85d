"""Envelopes that came while the clock was doubted, and a first believed moment for a database that has lived."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TOLD = (("envelopes", "received_at"), ("kiosks", "last_seen_at"), ("workers", "last_seen_at"))
"""What the server's clock said while it ran."""


def upgrade() -> None:
    """Bring the tables from the version before to this one."""
    op.add_column("envelopes", sa.Column("clock_was_doubted", sa.Boolean(), nullable=False, server_default=sa.false()))
    clock = sa.table("clock", sa.column("id", sa.Integer), sa.column("believed_at", sa.DateTime(timezone=True)))
    connection = op.get_bind()
    if connection.scalar(sa.select(clock.c.id)) is None and (newest := _newest(connection)) is not None:
        op.execute(clock.insert().values(id=1, believed_at=newest))


def _newest(connection: sa.Connection) -> datetime | None:
    told = [
        connection.scalar(
            sa.select(sa.func.max(sa.column(column, sa.DateTime(timezone=True)))).select_from(sa.table(table))
        )
        for table, column in TOLD
    ]
    return max((moment for moment in told if moment is not None), default=None)

"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import server.tables.base


revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Bring the tables from the version before to this one."""
    ${upgrades if upgrades else "pass"}

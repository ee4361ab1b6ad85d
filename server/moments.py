"""When a visit was, as far as the pole's clock can be believed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, case, select

from server.tables import EnvelopeRow, VisitRow


def moment_of_visit() -> ColumnElement[datetime]:
    """Return when a visit began, in SQL; one whose clock was wrong counts from its arrival."""
    arrived = select(EnvelopeRow.received_at).where(EnvelopeRow.visit_id == VisitRow.id).scalar_subquery()
    return case((VisitRow.time_is_implausible, arrived), else_=VisitRow.started_at)

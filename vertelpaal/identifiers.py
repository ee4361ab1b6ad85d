"""Identifiers: UUIDv7, made where the thing is born."""

from __future__ import annotations

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562): unique, and sorted by time of birth."""
    return UUID(int=uuid_utils.uuid7().int)

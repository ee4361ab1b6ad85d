"""Assignment: what the server tells a pole to run, and to whom it seals."""

from __future__ import annotations

from uuid import UUID

from vertelpaal.words import Sha256, Time, Word


class Assignment(Word):
    """What a pole is told each time it asks. `publication` is None until staff have published something."""

    kiosk_id: UUID
    branch: str
    publication: int | None
    publication_sha256: Sha256 | None
    public_key: str
    """The library's age public key."""
    public_url: str | None
    server_time: Time


class PairingOffer(Word):
    """A pole's way in (the device flow of RFC 8628): it shows `user_code`, and asks with `device_code`."""

    device_code: str
    user_code: str
    interval: int
    """Seconds between two questions whether staff have typed the code."""
    expires_at: Time


class KioskStatus(Word):
    """What a pole tells of itself; nothing of a visitor."""

    software: str
    queue: int
    oldest_sequence: int | None
    refused: int
    free_bytes: int
    publication: int | None

"""Assignment: what the server tells a pole to run, and to whom it seals."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from vertelpaal.publication import ShortText
from vertelpaal.words import Count, Number, Sha256, Slug, Time, Word

ActivityCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
"""What somebody who takes part types at the pole."""


class Activity(Word):
    """Something that people come to the library for; a visit that belongs to it carries its slug."""

    slug: Slug
    name: ShortText
    code: ActivityCode
    starts_at: Time
    ends_at: Time
    on_pole: bool
    """Whether every visit at this pole carries it while it lasts; else who takes part types the code."""


class Assignment(Word):
    """What a pole is told each time it asks. `publication` is None until staff have published something."""

    kiosk_id: UUID
    branch: str
    publication: int | None
    publication_sha256: Sha256 | None
    public_key: str
    """The library's age public key."""
    public_url: str | None
    activities: tuple[Activity, ...] = ()
    """What goes on, or will, in this branch."""
    server_time: Time
    time_is_believed: bool = True
    """Whether the server believes its own clock; a pole compares its clock with no other time."""


class PairingOffer(Word):
    """A pole's way in (the device flow of RFC 8628): it shows `user_code`, and asks with `device_code`."""

    device_code: str
    user_code: str
    interval: int
    """Seconds between two questions whether staff have typed the code."""
    expires_at: Time


class KioskStatus(Word):
    """What a pole tells of itself; nothing of a visitor."""

    software: Annotated[str, StringConstraints(pattern=r"^[ -~]*$", max_length=64)]
    queue: Count
    oldest_sequence: Count | None
    refused: Count
    free_bytes: Count
    publication: Number | None
    seals_to: Annotated[str, StringConstraints(pattern=r"^[ -~]*$", max_length=128)] | None = None
    """The library's public key as this pole knows it; a key can be retired when no pole seals to it any more."""

"""How long each kind is kept, as settings; the order is part of the promise: a face goes first, the code last."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from vertelpaal.settings import Settings

WORK_KEPT = timedelta(days=1)
"""How long the workers' own database keeps work that ended: ids, and the name of an error."""
UPLOAD_KEPT = timedelta(days=30)
"""How long an upload that nobody goes on with is kept: sealed bytes, of which the pole has its own."""
Days = Annotated[int, Field(ge=1, le=36_500)]
NOT_SHORTER_THAN = {
    "keep_voice_days": ("keep_video_days",),
    "keep_transcript_days": ("keep_voice_days",),
    "keep_profile_days": ("keep_transcript_days", "keep_text_days"),
    "keep_tombstone_days": ("keep_profile_days",),
}
"""With the profile goes the withdrawal code, so nothing that one may take back outlives it."""
BACKUP_DAYS = 30


@dataclass(frozen=True)
class Periods:
    """How long after a visit each kind is kept; `staff` counts from the closing of an account."""

    video: timedelta
    voice: timedelta
    transcript: timedelta
    text: timedelta
    profile: timedelta
    tombstone: timedelta
    staff: timedelta


class RetentionSettings(Settings):
    """The settings of retention, in days."""

    keep_video_days: Days = 90
    keep_voice_days: Days = 180
    keep_transcript_days: Days = 365
    keep_text_days: Days = 365
    keep_profile_days: Days = 730
    """Age, membership, activity and language; consents, pictures and code go with them."""
    keep_tombstone_days: Days = 1825
    """How long a withdrawal meets what arrives or is restored later."""
    keep_backup_days: Annotated[
        Days, Field(default_factory=lambda before: min(BACKUP_DAYS, before["keep_tombstone_days"]))
    ]
    """The longest that any backup is kept, here or elsewhere; never longer than a tombstone."""
    keep_staff_days: Days = 365
    """Name and address of somebody whose account is closed."""

    @field_validator(*NOT_SHORTER_THAN)
    @classmethod
    def _ends_after_what_depends_on_it(cls, days: int, info: ValidationInfo) -> int:
        for earlier in NOT_SHORTER_THAN[info.field_name or ""]:
            if days < info.data.get(earlier, 0):
                raise ValueError(f"must not be less than VERTELPAAL_{earlier.upper()}")
        return days

    @field_validator("keep_backup_days")
    @classmethod
    def _ends_before_the_tombstones(cls, days: int, info: ValidationInfo) -> int:
        if days > info.data.get("keep_tombstone_days", days):
            raise ValueError("must not be more than VERTELPAAL_KEEP_TOMBSTONE_DAYS")
        return days

    @property
    def periods(self) -> Periods:
        """Return how long each kind is kept."""
        kinds = [field.name for field in fields(Periods)]
        return Periods(**{kind: timedelta(days=getattr(self, f"keep_{kind}_days")) for kind in kinds})

    @property
    def backup_kept(self) -> timedelta:
        """Return the longest that any backup is kept."""
        return timedelta(days=self.keep_backup_days)


DEFAULT_PERIODS = Periods(
    **{
        field.name: timedelta(days=RetentionSettings.model_fields[f"keep_{field.name}_days"].default)
        for field in fields(Periods)
    }
)

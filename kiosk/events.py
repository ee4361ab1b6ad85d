"""What happens to a journey, and what must be done about it: the vocabulary between journey and agent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kiosk.conditions import Conditions, Device
from kiosk.draft import Draft
from vertelpaal.publication import Publication
from vertelpaal.visit import Ending, Recording, Way


class Remark(StrEnum):
    """What a screen tells besides its own task, kindly and once."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    TOO_LONG = "too-long"
    INTERRUPTED = "interrupted"
    DELETED = "deleted"
    SILENT = "silent"
    UNKNOWN_CODE = "unknown-code"


@dataclass(frozen=True)
class Touched:
    """The visitor touched a control with this `data-action`; `text` is what was typed, on the text screen."""

    action: str
    text: str | None = None


@dataclass(frozen=True)
class Stirred:
    """The visitor touched something else, such as a key: somebody is there."""


@dataclass(frozen=True)
class Ticked:
    """Time went by."""


@dataclass(frozen=True)
class SpeechBegan:
    """A video or a prompt began to play: the idle timer rests."""


@dataclass(frozen=True)
class SpeechEnded:
    """The video or prompt came to its end."""


@dataclass(frozen=True)
class CaptureFailed:
    """A recording cannot go on: a device is not there, or was lost, or the take grew too large."""

    remark: Remark

    @property
    def device(self) -> Device | None:
        """Return the device that failed, if it was one."""
        return {Remark.CAMERA: Device.CAMERA, Remark.MICROPHONE: Device.MICROPHONE}.get(self.remark)


@dataclass(frozen=True)
class SoundHeard:
    """The microphone hears nothing in the preview, or hears something again."""

    heard: bool


@dataclass(frozen=True)
class TakeFinished:
    """The last chunk of the take is in memory; `heard` says whether there was any sound in it."""

    recording: Recording
    heard: bool = True


@dataclass(frozen=True)
class ScreenReturned:
    """The browser was reloaded or came back: a recording in progress cannot go on."""


@dataclass(frozen=True)
class ConditionsChanged:
    """What the pole can do has changed."""

    conditions: Conditions


@dataclass(frozen=True)
class PublicationArrived:
    """The pole has a publication with all of its files."""

    publication: Publication


@dataclass(frozen=True)
class Unpaired:
    """The server does not know this pole (any more): it shows a code, and asks nobody anything."""


@dataclass(frozen=True)
class Sealed:
    """The envelope of this visit is on the disk, synced."""

    visit: UUID


@dataclass(frozen=True)
class SealFailed:
    """The envelope of this visit could not be put on the disk."""

    visit: UUID


Event = (
    Touched
    | Stirred
    | Ticked
    | SpeechBegan
    | SpeechEnded
    | CaptureFailed
    | SoundHeard
    | TakeFinished
    | ScreenReturned
    | ConditionsChanged
    | PublicationArrived
    | Unpaired
    | Sealed
    | SealFailed
)


@dataclass(frozen=True)
class BeginTake:
    """Open a take in memory for the chunks to come."""

    take: UUID
    way: Way


@dataclass(frozen=True)
class DropTakes:
    """Forget these takes."""

    takes: frozenset[UUID]


@dataclass(frozen=True)
class Seal:
    """Seal the visit; report Sealed or SealFailed when somebody waits for it (after thanks)."""

    draft: Draft
    publication: Publication
    ending: Ending
    ended_at: datetime


@dataclass(frozen=True)
class Forget:
    """The visit is over: forget everything of it."""


Effect = BeginTake | DropTakes | Seal | Forget

"""What happens to a journey, and what must be done about it: the vocabulary between journey and agent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kiosk.draft import Draft
from vertelpaal.publication import Publication
from vertelpaal.visit import Ending, Recording, Way


class Trouble(StrEnum):
    """What went wrong with a device, told kindly on the next screen."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    TOO_LONG = "too-long"


@dataclass(frozen=True)
class Touched:
    """The visitor touched a control with this `data-action`; `text` is what was typed, on the text screen."""

    action: str
    text: str | None = None


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
    """The browser could not open, or lost, the camera or the microphone."""

    trouble: Trouble


@dataclass(frozen=True)
class TakeFinished:
    """The last chunk of the take is in memory."""

    recording: Recording


@dataclass(frozen=True)
class ScreenReturned:
    """The browser was reloaded or came back: a recording in progress cannot go on."""


@dataclass(frozen=True)
class PublicationArrived:
    """The pole has a publication with all of its files."""

    publication: Publication


@dataclass(frozen=True)
class Unpaired:
    """The server does not know this pole (any more): it shows a code, and asks nobody anything."""


@dataclass(frozen=True)
class Sealed:
    """The envelope is on the disk, synced."""


@dataclass(frozen=True)
class SealFailed:
    """The envelope could not be put on the disk."""


Event = (
    Touched
    | Ticked
    | SpeechBegan
    | SpeechEnded
    | CaptureFailed
    | TakeFinished
    | ScreenReturned
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

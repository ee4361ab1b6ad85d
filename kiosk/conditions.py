"""What the pole can do at this moment, apart from any visitor: languages, devices, room, activities, presence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from vertelpaal.assignment import Activity
from vertelpaal.visit import Way
from vertelpaal.words import Language

MIB = 2**20


class Device(StrEnum):
    """What the pole records with."""

    CAMERA = "camera"
    MICROPHONE = "microphone"


class Room(IntEnum):
    """What still fits on the pole's disk: each needs more than the one before it."""

    NONE = 0
    TAPS = 1
    TEXT = 2
    VOICE = 3
    VIDEO = 4


NEEDED_BYTES = {Room.TAPS: 4 * MIB, Room.TEXT: 16 * MIB, Room.VOICE: 64 * MIB, Room.VIDEO: 512 * MIB}
"""Free bytes from which each fits: an envelope of 256 MiB at most is written beside what already waits."""

RESERVED_BYTES = {Room.TEXT: MIB, Room.VOICE: 16 * MIB, Room.VIDEO: 164 * MIB}
"""Room for the envelope of a visit, taken ahead; that of a video holds as many takes as the memory for takes."""


@dataclass(frozen=True)
class Conditions:
    """What the pole can do now; `present` says whether somebody is seen before it, None when nobody looks."""

    languages: tuple[Language, ...] = ("nl",)
    devices: frozenset[Device] = frozenset(Device)
    room: Room = Room.VIDEO
    activities: tuple[Activity, ...] = ()
    present: bool | None = None

    def ways(self, broken: frozenset[Device]) -> tuple[Way, ...]:
        """Return the ways to answer that work now, without the devices that failed in this visit."""
        working = self.devices - broken
        possible = {
            Way.VOICE: self.room >= Room.VOICE and Device.MICROPHONE in working,
            Way.VIDEO: self.room >= Room.VIDEO and working == frozenset(Device),
            Way.TEXT: self.room >= Room.TEXT,
        }
        return tuple(way for way in Way if possible[way])

    @property
    def activity_on_pole(self) -> Activity | None:
        """Return the activity that staff set on the pole, to which every visit belongs."""
        return next((activity for activity in self.activities if activity.on_pole), None)

    def activity_of(self, code: str) -> Activity | None:
        """Return the activity whose three digits these are."""
        return next((activity for activity in self.activities if activity.code == code), None)


NOMINAL = Conditions()
"""Everything works, in Dutch alone."""


def room_of(free_bytes: int) -> Room:
    """Return what fits in this many free bytes."""
    return max((room for room, needed in NEEDED_BYTES.items() if free_bytes >= needed), default=Room.NONE)

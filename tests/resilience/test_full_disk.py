"""A real small disk that fills up, on either side; where none may be mounted, a limit on the size of files."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from uuid import UUID

import pytest

from kiosk.conditions import MIB, RESERVED_BYTES, Room
from kiosk.journey import Screen
from kiosk.server_client import ServerInTrouble
from server.database import Database
from server.intake.envelopes import Intake
from tests.resilience.story import Cast, Told, playing, prepare
from vertelpaal.clock import Clock
from vertelpaal.errors import StorageFull
from vertelpaal.identifiers import new_id

POLE_BYTES = 96 * MIB
SERVER_BYTES = 16 * MIB
ENVELOPE_BYTES = 64 * 2**10
"""More than an envelope of the story has, and less than what the pole reserves for the next one."""
ARRIVED_BYTES = 2**10
"""Of an envelope of the story, before the disk was full."""


class SmallDisk(Protocol):
    """A disk that a test fills and empties."""

    def fill(self, leaving: int) -> None:
        """Leave room for so many bytes."""

    def empty(self) -> None:
        """Give the room back."""


class Mounted:
    """A file system in memory, with a ballast in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ballast = folder / "ballast"

    def fill(self, leaving: int) -> None:
        self.empty()
        with open(self._ballast, "wb") as ballast:
            if (size := _free(self._folder) - leaving) > 0:
                os.posix_fallocate(ballast.fileno(), 0, size)

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)


class Limited:
    """A limit on the size of what this process writes; `least` is what room taken ahead is worth to it."""

    def __init__(self, least: int) -> None:
        self._least = least
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self, leaving: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(leaving, self._least), self._before[1]))

    def empty(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


@contextmanager
def small_disk(folder: Path, size: int, least: int = 0) -> Iterator[SmallDisk]:
    """Yield a small disk at `folder`: mounted where this machine allows it, else a limit."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "vertelpaal-tests", str(folder)]
    is_mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    disk: SmallDisk = Mounted(folder) if is_mounted else Limited(least)
    try:
        yield disk
    finally:
        disk.empty()
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


class RecklessIntake(Intake):
    """An intake that keeps no room free, so that the disk itself says when it is full."""

    def __init__(self, database: Database, folder: Path, clock: Clock) -> None:
        super().__init__(database, folder, clock, keep_free=0)


def test_the_pole_offers_what_fits_keeps_what_it_reserved_and_heals(tmp_path: Path) -> None:
    home = tmp_path / "home"
    told: dict[UUID, list[Told]] = {}
    with small_disk(home / "kiosk", POLE_BYTES, least=ENVELOPE_BYTES) as disk:
        props = prepare(home)
        with playing(home, props, Cast(), lambda word, visit_id: told.setdefault(visit_id, []).append(word)) as stage:
            if isinstance(disk, Mounted):
                assert stage.look() == (Screen.ATTRACT, Room.VOICE)
                for leaving, room in ((20 * MIB, Room.TEXT), (5 * MIB, Room.TAPS)):
                    disk.fill(leaving)
                    assert stage.look() == (Screen.ATTRACT, room)
                disk.empty()
                stage.look()

            def fill_up() -> None:
                disk.fill(0)
                with pytest.raises(StorageFull):
                    stage.outbox.reserve(RESERVED_BYTES[Room.VOICE] + MIB)

            visit_id = stage.visit(speaks=True, meanwhile=fill_up)
            assert told[visit_id] == ["saved"], "the room was reserved before the recording began"
            disk.fill(0)
            assert stage.look() == (Screen.CLOSED, Room.NONE)
            stage.uplink.step()  # a full disk keeps no news, and no envelope from leaving at the first try
            assert (told[visit_id], stage.outbox.waiting()) == (["saved", "receipt"], [])
            disk.empty()
            assert stage.look()[0] is Screen.ATTRACT
            later = stage.visit(speaks=False)
            assert stage.drain() == 0
            assert told[later] == ["saved", "receipt"]


def test_the_server_says_507_the_pole_keeps_its_envelope_and_both_heal(tmp_path: Path) -> None:
    home = tmp_path / "home"
    told: list[Told] = []
    with small_disk(home / "server", SERVER_BYTES) as disk:
        props = prepare(home)
        with playing(home, props, Cast(intake=RecklessIntake), lambda word, _: told.append(word)) as stage:
            stage.visit(speaks=True)
            disk.fill(0)
            full = 507 if isinstance(disk, Mounted) else 500  # SQLite calls a limit on size a broken disk
            assert stage.declares(new_id(), b"0") == full
            with pytest.raises(ServerInTrouble):
                stage.uplink.once()
            assert (told, len(stage.outbox.waiting())) == (["saved"], 1)
            disk.empty()
            assert stage.drain() == 0
            assert (told, stage.outbox.waiting()) == (["saved", "receipt"], [])


def test_a_server_that_fills_up_under_an_envelope_says_507_and_keeps_what_came(tmp_path: Path) -> None:
    home = tmp_path / "home"
    told: list[Told] = []
    with small_disk(home / "server", SERVER_BYTES) as disk:
        props = prepare(home)
        with playing(home, props, Cast(intake=RecklessIntake), lambda word, _: told.append(word)) as stage:
            visit_id = stage.visit(speaks=True)
            (sealed,) = stage.outbox.waiting()
            data = sealed.file.read_bytes()
            assert stage.declares(visit_id, data) == 201
            assert stage.sends(visit_id, data[:ARRIVED_BYTES], 0) == 204
            disk.fill(0)
            assert stage.sends(visit_id, data[ARRIVED_BYTES:], ARRIVED_BYTES) == 507
            with pytest.raises(ServerInTrouble, match="no room for this envelope now"):
                stage.deliver(sealed)
            assert (told, stage.outbox.waiting()) == (["saved"], [sealed])
            arrived = (stage.folders.intake / f"{visit_id}.part").read_bytes()
            assert ARRIVED_BYTES <= len(arrived) < len(data), "what came stays, and what fits beside it"
            assert data.startswith(arrived)
            disk.empty()
            assert stage.drain() == 0
            assert (told, stage.outbox.waiting()) == (["saved", "receipt"], [])


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize

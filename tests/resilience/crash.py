"""A story played in a process whose every call on a file is held, and what is on the disk at each of those moments."""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from uuid import UUID

from tests.resilience.disk import Disk
from tests.resilience.story import Cast, Props, Tell, Told, two_visits
from tests.resilience.system_calls import Call, Fate, GoOn, Killed, Pretended, Refused, decide_calls, hold_my_calls

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.resilience.story"])


Story = Callable[[Path, Props, Cast, Tell], None]


class End(StrEnum):
    """How it ends: everything that was written stays, or only what was synced."""

    KILLED = "killed"
    POWER_CUT = "power cut"


@dataclass
class Promises:
    """What was said so far."""

    saved: set[UUID] = field(default_factory=set)
    not_saved: set[UUID] = field(default_factory=set)
    receipts: set[UUID] = field(default_factory=set)
    withdrawn: set[UUID] = field(default_factory=set)

    def hear(self, told: Told, visit_id: UUID) -> None:
        """Note one more."""
        promised = {"saved": self.saved, "not saved": self.not_saved}
        promised |= {"receipt": self.receipts, "withdrawn": self.withdrawn}
        promised[told].add(visit_id)

    def copy(self) -> Promises:
        """Return these, as they are now."""
        return Promises(set(self.saved), set(self.not_saved), set(self.receipts), set(self.withdrawn))


@dataclass(frozen=True)
class Aftermath:
    """What is left when it all stops before one call: the folder, and what had been promised by then."""

    number: int
    before: str
    home: Path
    promises: Promises


class Held:
    """A process that plays the story, until it ends or we end it."""

    def __init__(self, home: Path, props: Props, cast: Cast, story: Story = two_visits) -> None:
        self.home = home
        self.promises = Promises()
        self._ours, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_play, args=(home, props, cast, story, theirs))
        self._process.start()
        theirs.close()
        self._listener = recv_handle(self._ours)

    def decide(self, decide: Callable[[Call], Fate]) -> None:
        """Say of each of its calls below `home` what becomes of it; SQLite's shared memory is no file on a disk."""

        def decide_one(call: Call) -> Fate:
            if call.path.name.endswith("-shm"):
                return GoOn()
            self._listen()
            return decide(call)

        decide_calls(self._listener, self.home, decide_one)

    def end(self) -> None:
        """Take the process away if it still runs, and hear the last that it said."""
        if self._process.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid or 0, signal.SIGKILL)
        self._process.join()
        self._listen()
        os.close(self._listener)
        self._ours.close()
        self._process.close()

    def _listen(self) -> None:
        with contextlib.suppress(EOFError):
            while self._ours.poll():
                self.promises.hear(*self._ours.recv())


def aftermaths(
    home: Path, props: Props, cast: Cast, end: End, *, story: Story = two_visits, leaving_out: str | None = None
) -> list[Aftermath]:
    """Play a story in a copy of `home`, and return what an end leaves before each call and after the last.

    Of moments that leave the same, the last is returned, when most had been promised. `leaving_out` is a pattern for
    the paths below `home` whose syncs do not happen; that of a folder ends in a slash.
    """
    stage = home.with_name("stage")
    _copy(home, stage)
    left: dict[str, Aftermath] = {}
    disk = Disk(stage)
    number = 0

    def keep(before: str) -> None:
        copy = home.with_name(f"left-{number}")
        if end is End.KILLED:
            _copy(stage, copy)
        else:
            disk.leave(copy)
        content = _content(copy)
        if content in left:
            shutil.rmtree(left[content].home)
        left[content] = Aftermath(number, before, copy, held.promises.copy())

    def decide(call: Call) -> Fate:
        nonlocal number
        number += 1
        name = _name(call.path, stage)
        keep(f"{call.name} {name}")
        if leaving_out is not None and call.is_sync and re.fullmatch(leaving_out, name):
            return Pretended()
        disk.happens(call)
        return GoOn()

    held = Held(stage, props, cast, story)
    try:
        held.decide(decide)
    finally:
        held.end()
    number += 1
    keep("the end")
    disk.close()
    shutil.rmtree(stage)
    return list(left.values())


@dataclass(frozen=True)
class Trouble:
    """A disk that fails from the call with this number on, and is well again after so many failures."""

    first: int
    times: int
    number: int
    """The errno."""


def calls_of(home: Path, props: Props, cast: Cast, story: Story = two_visits) -> list[str]:
    """Play a story in a copy of `home`, and return its calls in order."""
    stage = home.with_name("stage")
    _copy(home, stage)
    calls: list[str] = []

    def decide(call: Call) -> Fate:
        calls.append(f"{call.name} {_name(call.path, stage)}")
        return GoOn()

    _hold(stage, props, cast, decide, story)
    shutil.rmtree(stage)
    return calls


def left_by(trouble: Trouble, home: Path, props: Props, cast: Cast, story: Story = two_visits) -> Aftermath:
    """Play a story in a copy of `home` on a disk that fails for a while, and cut the power once it is over.

    The copy itself, as it was before the power was cut, is `home.with_name("stage")`.
    """
    stage = home.with_name("stage")
    _copy(home, stage)
    disk = Disk(stage)
    failed: list[str] = []
    number = 0

    def decide(call: Call) -> Fate:
        nonlocal number
        number += 1
        if number >= trouble.first and len(failed) < trouble.times:
            failed.append(f"{call.name} {_name(call.path, stage)}")
            disk.fails(call)
            return Refused(trouble.number)
        disk.happens(call)
        return GoOn()

    promises = _hold(stage, props, cast, decide, story)
    left = home.with_name("left")
    disk.leave(left)
    disk.close()
    return Aftermath(trouble.first, failed[0] if failed else "nothing", left, promises)


def stopped_at(home: Path, props: Props, cast: Cast, number: int) -> Aftermath | None:
    """Play the story in a copy of `home` and kill it before its call with this number; None when it has fewer."""
    stage = home.with_name(f"killed-{number}")
    _copy(home, stage)
    calls: list[Call] = []

    def decide(call: Call) -> Fate:
        calls.append(call)
        return Killed() if len(calls) == number else GoOn()

    promises = _hold(stage, props, cast, decide)
    if len(calls) < number:
        return None
    return Aftermath(number, f"{calls[-1].name} {_name(calls[-1].path, stage)}", stage, promises)


def _hold(stage: Path, props: Props, cast: Cast, decide: Callable[[Call], Fate], story: Story = two_visits) -> Promises:
    held = Held(stage, props, cast, story)
    try:
        held.decide(decide)
    finally:
        held.end()
    return held.promises


def _play(home: Path, props: Props, cast: Cast, story: Story, line: Connection) -> None:
    listener = hold_my_calls()
    send_handle(line, listener, 0)
    os.close(listener)
    story(home, props, cast, lambda told, visit_id: line.send((told, visit_id)))


def _copy(home: Path, target: Path) -> None:
    """Copy a home without the room that the pole takes ahead, which holds nothing."""
    shutil.copytree(home, target, ignore=shutil.ignore_patterns(".reserved"))


def _name(path: Path, home: Path) -> str:
    return f"{path.relative_to(home)}{'/' if path.is_dir() else ''}"


def _content(home: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(_walk(home)):
        digest.update(f"{path.relative_to(home)}\0".encode())
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _walk(home: Path) -> Iterator[Path]:
    return (path for path in home.rglob("*") if not path.name.endswith("-shm"))

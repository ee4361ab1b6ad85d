"""What a power cut leaves of a folder: only what was synced, byte for byte and name for name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from tests.resilience.system_calls import Call

Inode = tuple[int, int]
Entry = Inode | None
"""What a name stands for: a file, or None for a folder."""
Gone = Literal["gone"]
GONE: Gone = "gone"
PAGE = 4096
"""Bytes are written to a disk, and lost, by so many."""


class Disk:
    """Follows the syncs of a process, and knows at any moment what is durable below `home`.

    The strictest disk that POSIX allows: bytes are durable once their file was synced, a name (given, changed or
    removed) once its folder was. A sync that failed took what it should have kept: each page of that file, and each
    name in that folder, becomes durable only after it is written, or given, anew.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._bytes: dict[Inode, bytes] = {}
        self._names: dict[Path, dict[str, Entry]] = {}
        self._held: dict[Inode, int] = {}
        self._lost_pages: dict[Inode, set[int]] = {}
        self._lost_names: dict[Path, dict[str, Entry | Gone]] = {}
        for folder in (home, *(path for path in home.rglob("*") if path.is_dir())):
            self._sync_folder(folder)
            for file in folder.iterdir():
                if file.is_file():
                    self._sync_file(file)

    def happens(self, call: Call) -> None:
        """Note a call that is about to happen."""
        if call.is_sync:
            if call.path.is_dir():
                self._sync_folder(call.path)
            else:
                self._sync_file(call.handle)
        elif call.descriptor is not None:
            self._write_anew(call)
        else:
            for name in (call.path, call.target):
                if name is not None:
                    self._lost_names.get(name.parent, {}).pop(name.name, None)

    def fails(self, call: Call) -> None:
        """Note a call that is about to fail."""
        if call.is_sync and call.path.is_dir():
            was, now = self._names.get(call.path, {}), self._list(call.path)
            changed = {name: now.get(name, GONE) for name in was.keys() | now.keys()}
            changed = {name: entry for name, entry in changed.items() if entry != was.get(name, GONE)}
            self._lost_names.setdefault(call.path, {}).update(changed)
        elif call.is_sync:
            inode = self._hold(call.handle)
            changed_pages = _changed_pages(self._bytes.get(inode, b""), call.handle.read_bytes())
            self._lost_pages.setdefault(inode, set()).update(changed_pages)

    def leave(self, target: Path) -> None:
        """Write into `target` what is durable, and nothing else."""
        self._restore(self._home, target)

    def close(self) -> None:
        """Let go of the files."""
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def _restore(self, folder: Path, target: Path) -> None:
        target.mkdir(mode=0o700)
        for name, inode in self._names.get(folder, {}).items():
            if inode is None:
                self._restore(folder / name, target / name)
            else:
                (target / name).write_bytes(self._bytes.get(inode, b""))

    def _sync_folder(self, folder: Path) -> None:
        was, now, lost = self._names.get(folder, {}), self._list(folder), self._lost_names.get(folder, {})
        stay = {name for name, entry in lost.items() if now.get(name, GONE) == entry}  # else it stands for another file
        self._names[folder] = {name: entry for name, entry in was.items() if name in stay}
        self._names[folder] |= {name: entry for name, entry in now.items() if name not in stay}

    def _list(self, folder: Path) -> dict[str, Entry]:
        return {entry.name: None if entry.is_dir() else self._hold(folder / entry.name) for entry in os.scandir(folder)}

    def _sync_file(self, file: Path) -> None:
        inode, now = self._hold(file), file.read_bytes()
        was, lost = self._bytes.get(inode, b""), self._lost_pages.get(inode, set())
        self._bytes[inode] = b"".join(
            _page(was, number).ljust(len(page), b"\0")[: len(page)] if number in lost else page
            for number, page in enumerate(_pages(now))
        )

    def _write_anew(self, call: Call) -> None:
        """Let what a call writes be kept by the next sync that goes well."""
        lost = self._lost_pages.get(_inode(os.stat(call.handle)), set())
        after = max(lost, default=0) + 1 if call.end is None else -(-call.end // PAGE)
        lost.difference_update(range(call.first // PAGE, after))

    def _hold(self, file: Path) -> Inode:
        """Keep a file open, so that no other gets its number while we know it by that."""
        inode = _inode(os.stat(file))
        if inode not in self._held:
            self._held[inode] = os.open(file, os.O_RDONLY)
        return inode


def _inode(stat: os.stat_result) -> Inode:
    return stat.st_dev, stat.st_ino


def _page(data: bytes, number: int) -> bytes:
    return data[number * PAGE : (number + 1) * PAGE]


def _pages(data: bytes) -> list[bytes]:
    return [_page(data, number) for number in range(-(-len(data) // PAGE))]


def _changed_pages(was: bytes, now: bytes) -> set[int]:
    return {number for number, page in enumerate(_pages(now)) if page != _page(was, number)}

"""What a power cut leaves of a folder: only what was synced, byte for byte and name for name."""

from __future__ import annotations

import os
from pathlib import Path

from tests.resilience.system_calls import Call

Inode = tuple[int, int]


class Disk:
    """Follows the syncs of a process, and knows at any moment what is durable below `home`.

    The strictest disk that POSIX allows: bytes are durable once their file was synced, a name (given, changed or
    removed) once its folder was. A sync that failed took what it should have kept: nothing of that file becomes
    durable until it is written anew.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._bytes: dict[Inode, bytes] = {}
        self._names: dict[Path, dict[str, Inode | None]] = {}
        self._held: dict[Inode, int] = {}
        self._spoiled: set[Inode] = set()
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
            self._spoiled.discard(_inode(os.stat(call.handle)))

    def fails(self, call: Call) -> None:
        """Note a call that is about to fail."""
        if call.is_sync and not call.path.is_dir():
            self._spoiled.add(_inode(os.stat(call.handle)))

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
        self._names[folder] = {
            entry.name: None if entry.is_dir() else self._hold(folder / entry.name) for entry in os.scandir(folder)
        }

    def _sync_file(self, file: Path) -> None:
        inode = self._hold(file)
        if inode not in self._spoiled:
            self._bytes[inode] = file.read_bytes()

    def _hold(self, file: Path) -> Inode:
        """Keep a file open, so that no other gets its number while we know it by that."""
        inode = _inode(os.stat(file))
        if inode not in self._held:
            self._held[inode] = os.open(file, os.O_RDONLY)
        return inode


def _inode(stat: os.stat_result) -> Inode:
    return stat.st_dev, stat.st_ino

"""Looking for what a visitor said and typed in every file that the pole's agent and browser can write."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.memory import SHARED_MEMORY
from tests.postgres import PREFIX as POSTGRES_PREFIX

WINDOW = 32
STRIDE = 8
"""A window begins at every eighth byte of a chunk, and is found anywhere in a file."""
PIECE = 2**20
WORD = 8
FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], dtype=np.uint64)
"""What the words of a window are multiplied with for its mark: the golden ratio's and xxHash's primes 2, 3 and 5."""
LEAST_DISTINCT = 12
"""A window of fewer different bytes says nothing of anybody: silence, padding."""
MATROSKA = b"\x1a\x45\xdf\xa3"
HEADER_BYTES = 512
"""How every recording of this browser begins."""


class Sought:
    """The windows of the chunks that were sent, and the words that were typed."""

    def __init__(self, chunks: Iterable[bytes], words: Iterable[str] = ()) -> None:
        self.windows = {window for chunk in chunks for window in _windows(chunk)}
        self._words = [coded for word in words for coded in (word.encode(), word.encode("utf-16-le"))]
        self._marked = np.zeros(2**24, dtype=bool)
        self._marked[_marks(np.frombuffer(b"".join(self.windows), np.uint64).reshape(-1, len(FACTORS)))] = True

    def is_in(self, data: bytes) -> bool:
        """Return whether a word or a window is in these bytes, wherever."""
        if any(word in data for word in self._words):
            return True
        return any(data[at : at + WINDOW] in self.windows for at in self._likely(data))

    def _likely(self, data: bytes) -> Iterator[int]:
        """Yield where a window has the mark of one that is sought; by pieces, as one needs some times its size here."""
        for start in range(0, len(data) - WINDOW + 1, PIECE):
            end = min(start + PIECE + WINDOW - 1, len(data))
            for first in range(start, min(start + WORD, end - WINDOW + 1)):
                words = np.frombuffer(data, np.uint64, (end - first) // WORD, first)
                likely = self._marked[_marks(np.lib.stride_tricks.sliding_window_view(words, len(FACTORS)))]
                yield from (first + WORD * np.flatnonzero(likely)).tolist()


def _marks(windows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return 24 bits of each window, (n, 4) words, that depend on every byte of it."""
    mixed = np.zeros(len(windows), dtype=np.uint64)
    for word, factor in zip(windows.T, FACTORS, strict=True):
        mixed += word * factor
    return mixed >> np.uint64(40)


def _windows(chunk: bytes) -> Iterator[bytes]:
    start = HEADER_BYTES if chunk.startswith(MATROSKA) else 0
    for at in range(start, len(chunk) - WINDOW + 1, STRIDE):
        window = chunk[at : at + WINDOW]
        if len(set(window)) >= LEAST_DISTINCT:
            yield window


@dataclass(frozen=True)
class Search:
    """What was looked at, and where something was found."""

    files: int
    bytes: int
    found: tuple[str, ...]


def search(sought: Sought, place: Path) -> Search:
    """Look through every file of a place and of shared memory, and those that are removed but still open."""
    files = size = 0
    found = []
    for file in (*_files(place), *_files(SHARED_MEMORY), *_removed(place)):
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            continue  # a browser that runs removes files of its own
        files, size = files + 1, size + len(data)
        if sought.is_in(data):
            found.append(str(file))
    return Search(files, size, tuple(found))


def _files(folder: Path) -> Iterator[Path]:
    """Yield what can be read; in shared memory the rest is somebody else's, as are the databases of other tests."""
    for parent, folders, names in os.walk(folder):
        if parent == str(SHARED_MEMORY):
            folders[:] = [one for one in folders if not one.startswith(POSTGRES_PREFIX)]
        for file in (Path(parent, name) for name in names):
            if file.is_file() and not file.is_symlink() and os.access(file, os.R_OK):
                yield file


def _removed(place: Path) -> Iterator[Path]:
    """Yield the files without a name in a place that a process of this place holds open."""
    for process in processes_of(place):
        for descriptor in _entries(Path(f"/proc/{process}/fd")):
            target = _target(descriptor)
            if target.startswith(str(place)) and target.endswith(" (deleted)"):
                yield descriptor


def processes_of(place: Path) -> list[int]:
    """Return the ids of the processes whose home is in a place, which are those that a test started there."""
    mark = f"HOME={place}/".encode()
    return [int(entry.name) for entry in _entries(Path("/proc")) if entry.name.isdecimal() and mark in _environ(entry)]


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # the process ended meanwhile
        return []


def _environ(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:  # the process ended meanwhile, or is not ours
        return b""


def _target(descriptor: Path) -> str:
    try:
        return os.readlink(descriptor)
    except OSError:  # it was closed meanwhile
        return ""

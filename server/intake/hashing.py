"""Hashing what is being written, in a thread of its own: the two take their time together, not one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from queue import Queue
from threading import Thread
from typing import Self

AT_ONCE = 4
"""How many pieces may wait to be hashed; whoever writes waits at the next."""


class HashAside:
    """The SHA-256 of all pieces that pass."""

    def __init__(self) -> None:
        self._waiting: Queue[bytes | None] = Queue(AT_ONCE)
        self._sha256 = hashlib.sha256()
        self._thread = Thread(target=self._hash, name="hash", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def passing(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the pieces while they are hashed."""
        for piece in pieces:
            self._waiting.put(piece)
            yield piece

    def hexdigest(self) -> str:
        """Return the hash once every piece is in it; nothing may pass after that."""
        self._end()
        return self._sha256.hexdigest()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _hash(self) -> None:
        for piece in iter(self._waiting.get, None):
            self._sha256.update(piece)

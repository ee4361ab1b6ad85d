"""Recordings in progress, in bounded memory only; nothing here ever touches a disk."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from typing import Literal, cast
from uuid import UUID

from vertelpaal.errors import Conflict, InvalidInput, NotFound, TooLarge
from vertelpaal.visit import MediaType, Recording, Way

MAX_TAKE_BYTES = 48 * 2**20
MAX_BYTES = 160 * 2**20
"""All takes of one visit together; an envelope holds 256 MiB."""


class Takes:
    """The takes of the visit that is going on, by id; safe to use from several threads."""

    def __init__(self, max_take_bytes: int = MAX_TAKE_BYTES, max_bytes: int = MAX_BYTES) -> None:
        self._max_take_bytes = max_take_bytes
        self._max_bytes = max_bytes
        self._bytes: dict[UUID, bytearray] = {}
        self._chunks: dict[UUID, int] = {}
        self._ways: dict[UUID, Literal[Way.VOICE, Way.VIDEO]] = {}
        self._lock = threading.Lock()

    def begin(self, take: UUID, way: Way) -> None:
        """Open an empty take."""
        if way is Way.TEXT:
            raise InvalidInput("a text is not recorded")
        with self._lock:
            self._bytes[take] = bytearray()
            self._chunks[take] = 0
            self._ways[take] = way

    def append(self, take: UUID, index: int, data: bytes) -> None:
        """Add the next chunk.

        Raises:
            NotFound: this take was dropped, or never begun.
            Conflict: a chunk is missing before this one.
            TooLarge: the memory for takes is full; the take stays as it was.
        """
        with self._lock:
            if take not in self._bytes:
                raise NotFound("no such take")
            if index != self._chunks[take]:
                raise Conflict(f"chunk {index} of a take that has {self._chunks[take]}")
            held = sum(len(one) for one in self._bytes.values())
            if len(self._bytes[take]) + len(data) > self._max_take_bytes or held + len(data) > self._max_bytes:
                raise TooLarge("the memory for recordings is full")
            self._bytes[take] += data
            self._chunks[take] += 1

    def finish(self, take: UUID, chunks: int, media_type: str, seconds: float) -> Recording:
        """Return what is known of a take whose last chunk came.

        Raises:
            NotFound: this take was dropped, or never begun.
            Conflict: not every chunk came.
            InvalidInput: nothing was recorded, or in a format that the pole does not make.
        """
        with self._lock:
            if take not in self._bytes:
                raise NotFound("no such take")
            data = self._bytes[take]
            if chunks != self._chunks[take]:
                raise Conflict(f"{self._chunks[take]} of {chunks} chunks came")
            if not data or media_type not in ("video/webm", "audio/webm"):
                raise InvalidInput("nothing was recorded")
            return Recording(
                id=take,
                way=self._ways[take],
                media_type=cast(MediaType, media_type),
                seconds=min(max(seconds, 0.0), 120.0),
                bytes=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
            )

    def read(self, take: UUID) -> bytes:
        """Return the bytes of a take.

        Raises:
            NotFound: this take was dropped, or never begun.
        """
        with self._lock:
            if take not in self._bytes:
                raise NotFound("no such take")
            return bytes(self._bytes[take])

    def drop(self, takes: Iterable[UUID]) -> None:
        """Forget these takes."""
        with self._lock:
            for take in takes:
                self._bytes.pop(take, None)
                self._chunks.pop(take, None)
                self._ways.pop(take, None)

    def clear(self) -> None:
        """Forget every take."""
        self.drop(list(self._bytes))

"""Everything that the agent can still reach in this process, searched for what a visitor left.

What is looked for is kept backwards, so that the search never finds itself.
"""

from __future__ import annotations

import gc
import io
import sys
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from socket import SocketIO
from types import FrameType, ModuleType
from typing import Any
from uuid import UUID

from flask import Flask

OURS = frozenset(
    {
        *(
            "kiosk",
            "vertelpaal",
            "flask",
            "flask_socketio",
            "socketio",
            "engineio",
            "simple_websocket",
            "wsproto",
            "h11",
        ),
        *("werkzeug", "jinja2", "requests", "urllib3", "pyrage", "pydantic", "threading", "queue", "logging", "json"),
        *("http", "socketserver", "zipfile", "uuid", "segno", "click", "itsdangerous", "blinker", "dataclasses"),
    }
)
"""Whose module-level names are searched; those of the tests, of pytest and of Playwright are not the agent's."""
FOREIGN = frozenset({"tests", "playwright", "asyncio", "greenlet", "pytest", "_pytest", "pluggy", "xdist", "execnet"})
"""Whose objects are the test's own, though a thread of theirs (that waits for the browser) may lead to them."""
MOST = 3_000_000
"""More objects than this are not looked at: the search would not be one of the agent any more."""
WINDOW = 32
_TOGETHER = 10_000
_SEAM = b"\0\xff\0"
"""Between what is searched together, so that no two of them make a mark."""


@dataclass(frozen=True)
class Marks:
    """What a visitor left, each backwards: words, and pieces of a sound."""

    backwards: tuple[bytes, ...]

    @classmethod
    def of(cls, *words: str, sound: bytes = b"") -> Marks:
        """Return the marks of these words, and of twelve places in a recording."""
        places = range(len(sound) // 4, len(sound) - WINDOW, max(1, len(sound) // 16)) if sound else ()
        windows = [sound[at : at + WINDOW] for at in places]
        return cls(tuple(mark[::-1] for mark in (*(word.encode() for word in words), *windows)))

    def __or__(self, other: Marks) -> Marks:
        """Return both."""
        return Marks((*self.backwards, *other.backwards))

    def are_in(self, data: str | bytes) -> bool:
        """Return whether one of them is in a text or in bytes."""
        held = _bytes(data)
        return any(mark[::-1] in held for mark in self.backwards)

    def holding(self, all_held: Sequence[str | bytes]) -> list[int]:
        """Return the places in a row of those that hold one; most pieces of a row hold none, and soon say so."""
        found: list[int] = []
        for start in range(0, len(all_held), _TOGETHER):
            piece = all_held[start : start + _TOGETHER]
            if self.are_in(_SEAM.join(map(_bytes, piece))):
                found += [at for at, held in enumerate(piece, start) if self.are_in(held)]
        return found


def _bytes(data: str | bytes) -> bytes:
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data


def found_in(app: Flask, marks: Marks, without: Collection[threading.Thread] = ()) -> list[str]:
    """Return for each object of the agent that holds a mark how it is reached; every thread but this one counts.

    `without` are threads of an agent that was killed, which in this process, and here alone, live on.
    """
    gc.collect()
    objects, parents = _reachable(app, without)
    held = [(at, data) for at, one in enumerate(objects) if (data := _data_of(one)) is not None]
    return [_way_to(objects, parents, held[place][0]) for place in marks.holding([data for _, data in held])]


def size_of_search(app: Flask) -> int:
    """Return how many objects the search looks at, to tell that it looks at all."""
    return len(_reachable(app)[0])


def _reachable(app: Flask, without: Collection[threading.Thread] = ()) -> tuple[list[Any], list[int]]:
    """Return every object that the agent reaches, nearest first, and for each the place of the one that leads to it."""
    others = {threading.get_ident(), *(thread.ident for thread in without if thread.is_alive())}
    frames = [frame for ident, frame in sys._current_frames().items() if ident not in others]
    objects: list[Any] = [app, app.extensions["kiosk"], *_locals_of(frames)]
    parents = [-1] * len(objects)
    seen = {id(one) for one in (*objects, *without)} | _foreign_names()
    for at, one in enumerate(objects):  # it grows while it is read
        for other in gc.get_referents(one):
            if id(other) not in seen and not _is_foreign(other):
                seen.add(id(other))
                objects.append(other)
                parents.append(at)
        assert at < MOST, "the search left the agent"
    return objects, parents


def _is_foreign(one: object) -> bool:
    return one is None or isinstance(one, ModuleType) or _is_of_foreign(type(one).__module__)


@cache
def _is_of_foreign(module: str) -> bool:
    return module.partition(".")[0] in FOREIGN


def _data_of(one: object) -> str | bytes | None:
    """Return what an object holds by itself, if it is one that holds text or bytes."""
    if isinstance(one, str | bytes):
        return one
    if isinstance(one, bytearray):
        return bytes(one)
    if isinstance(one, memoryview):
        return bytes(one)
    if isinstance(one, io.BytesIO | io.StringIO) and not one.closed:
        return one.getvalue()
    if isinstance(one, UUID):
        return str(one)
    return None


def _locals_of(frames: Iterable[FrameType]) -> list[dict[str, Any]]:
    """Return the local variables of every function that these threads are in.

    But of one that waits to fill a buffer, which is memory as it was found: what was freed there nobody holds.
    """
    found = []
    for frame in frames:
        inside: FrameType | None = frame
        while inside is not None:
            if inside.f_code is not SocketIO.readinto.__code__:
                found.append(inside.f_locals)
            inside = inside.f_back
    return found


def _foreign_names() -> set[int]:
    """Return the module-level names of every module that is not searched."""
    loaded = list(sys.modules.items())
    return {id(vars(module)) for name, module in loaded if name.partition(".")[0] not in OURS}


def _way_to(objects: list[Any], parents: list[int], at: int) -> str:
    """Return from which root, through which types, an object is reached."""
    steps = []
    while at >= 0:
        steps.append(type(objects[at]).__qualname__)
        at = parents[at]
    return " < ".join(steps)

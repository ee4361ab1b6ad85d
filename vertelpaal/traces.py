"""What a log tells of an error: its type and where it was, never its message, which may repeat a visitor."""

from __future__ import annotations

import traceback
from pathlib import Path

DEEPEST = 12


def trace(error: BaseException) -> str:
    """Return the types of an error and its causes, each with the last places that it went through."""
    chain: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(chain) < DEEPEST:
        frames = traceback.extract_tb(seen.__traceback__)[-DEEPEST:]
        places = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
        chain.append(f"{type(seen).__name__} at {places or 'no place'}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "; after ".join(chain)

"""Clips: sentences that were said, and the file that keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RATE = 16_000


class Clip(NamedTuple):
    """A sentence that was said: signed 16-bit samples, 16,000 a second, trimmed, as loud as the others."""

    sentence: str
    language: str
    voice: str
    samples: NDArray[np.int16]


def keep(clips: Iterable[Clip], target: Path) -> None:
    """Write clips into one file that `load` reads."""
    kept = list(clips)
    np.savez_compressed(
        target,
        sentences=np.array([clip.sentence for clip in kept]),
        languages=np.array([clip.language for clip in kept]),
        voices=np.array([clip.voice for clip in kept]),
        ends=np.cumsum([len(clip.samples) for clip in kept]),
        samples=np.concatenate([clip.samples for clip in kept]),
    )


def load(source: Path) -> list[Clip]:
    """Read the clips of a file."""
    with np.load(source) as kept:
        told = (kept["sentences"].tolist(), kept["languages"].tolist(), kept["voices"].tolist())
        return [Clip(*one) for one in zip(*told, np.split(kept["samples"], kept["ends"][:-1]), strict=True)]

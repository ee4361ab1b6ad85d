"""How much of a body is read at once: little while it trickles, so that a cut loses little, and much while it flows."""

from __future__ import annotations

SMALLEST, LARGEST = 2**16, 2**20
"""Bytes."""
FLOWING_SECONDS = 0.05
"""What came within so long came fast enough for twice as much."""


def next_size(size: int, seconds: float) -> int:
    """Return how many bytes to read after `size` bytes took so long."""
    return min(2 * size, LARGEST) if seconds < FLOWING_SECONDS else SMALLEST

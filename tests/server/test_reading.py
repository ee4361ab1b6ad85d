"""A body is read in pieces that grow while it flows, and are small as soon as it does not."""

from __future__ import annotations

from itertools import pairwise

from server.intake.reading import FLOWING_SECONDS, LARGEST, SMALLEST, next_size


def test_pieces_grow_while_bytes_flow_and_no_further() -> None:
    sizes = [SMALLEST]
    for _ in range(6):
        sizes.append(next_size(sizes[-1], FLOWING_SECONDS / 2))
    assert sizes[-1] == LARGEST
    assert all(after in (2 * before, LARGEST) for before, after in pairwise(sizes))


def test_a_line_that_trickles_is_read_in_the_smallest_pieces() -> None:
    """Whatever was read of a piece is lost with a cut; the pole sends it again."""
    assert next_size(LARGEST, FLOWING_SECONDS) == SMALLEST
    assert next_size(SMALLEST, 13.0) == SMALLEST

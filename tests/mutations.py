"""Bytes bent out of shape, always the same for a seed: what a broken pole, a bad disk or an enemy sends."""

from __future__ import annotations

import random
from collections.abc import Sequence

EXTREMES = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF)


def mutate(seeds: Sequence[bytes], rng: random.Random) -> bytes:
    """Return one of the seeds, bent one to four times."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 4)):
        _BENDS[rng.randrange(len(_BENDS))](data, seeds, rng)
    return bytes(data)


def _flip_bits(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    for _bit in range(rng.choice((1, 1, 2, 16, 256))):
        if data:
            data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _set_extremes(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    """Sizes, counts and offsets at their ends, in one to eight bytes in a row."""
    at, extreme = _place(data, rng), rng.choice(EXTREMES)
    for place in range(at, min(len(data), at + rng.choice((1, 2, 4, 8)))):
        data[place] = extreme


def _scribble(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    at = _place(data, rng)
    data[at : at + 64] = rng.randbytes(rng.randint(1, 64))


def _cut_out(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    at = _place(data, rng)
    del data[at : at + rng.choice((1, 4, 64, 4096))]


def _repeat(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    at = _place(data, rng)
    data[at:at] = data[at : at + rng.choice((1, 16, 512, 8192))] * rng.randint(1, 8)


def _truncate(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    del data[_place(data, rng) :]


def _splice(data: bytearray, seeds: Sequence[bytes], rng: random.Random) -> None:
    """The beginning of this and the end of another."""
    other = rng.choice(seeds)
    data[_place(data, rng) :] = other[rng.randrange(len(other)) :]


def _place(data: bytearray, rng: random.Random) -> int:
    """Return a place in it, half of the time in the head, where most of the structure is."""
    within = min(len(data), 512) if rng.random() < 0.5 else len(data)
    return rng.randrange(max(1, within))


_BENDS = (_flip_bits, _set_extremes, _scribble, _cut_out, _repeat, _truncate, _splice)

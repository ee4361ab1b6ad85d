"""Scenes: the narrator before a bookcase on the left, one big picture of the aspect on the right, 1280 × 720."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sample.drawing import Box, ease, render
from sample.narrator import ARMS, Pose, draw_narrator
from sample.pictures import draw_picture

if TYPE_CHECKING:
    from sample.drawing import Pixels

WIDTH, HEIGHT = 1280, 720
FRAME_RATE = 15
LEFT = Box(0, 0, 560, HEIGHT)
RIGHT = Box(560, 0, 720, HEIGHT)
HUNG = Box(596, 74, 640, 572)
"""Where the picture hangs, within its frame."""
PICTURE_SECONDS = 3.0
"""How long the movement in a picture takes; after that the picture holds its last moment."""
_ARM_RAISED_BY = 0.8
_BLINKS = (0.55, 2.9, 5.3)
_BOOKS = ("--mood-1", "--mood-2", "--mood-3", "--mood-4", "--mood-5", "--calm", "--accent", "--wood-light")


@dataclass(frozen=True)
class Moment:
    """One frame to come: seconds from the start, and how far the mouth is open."""

    seconds: float
    mouth: int


def draw_frames(aspect: str, moments: list[Moment], scale: float = 1.0) -> Iterator[Pixels]:
    """Draw the frames of a question's video."""
    for moment in moments:
        left = _left(_pose(moment), scale)
        right = _right(aspect, round(min(moment.seconds / PICTURE_SECONDS, 1.0), 3), scale)
        yield np.hstack((left, right))


def _pose(moment: Moment) -> Pose:
    blink = any(start <= moment.seconds < start + 0.14 for start in _BLINKS)
    arm = round(ARMS * ease(moment.seconds, 0.1, _ARM_RAISED_BY))
    tilt = round(1.6 * math.sin(moment.seconds * 2.1)) if arm == ARMS else 0
    return Pose(mouth=moment.mouth, blink=blink, tilt=tilt, arm=arm)


@lru_cache(maxsize=96)
def _left(pose: Pose, scale: float) -> Pixels:
    return render(f"{_bookcase()}{draw_narrator(pose)}", LEFT, scale)


@lru_cache(maxsize=64)
def _right(aspect: str, moment: float, scale: float) -> Pixels:
    picture = render(
        f'{_wall()}<g transform="translate(596 74)">{draw_picture(aspect, moment)}</g>{_mat()}', HUNG, scale
    )
    whole = _empty_frame(scale).copy()
    top, left = round((HUNG.y - RIGHT.y) * scale), round((HUNG.x - RIGHT.x) * scale)
    whole[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return whole


@cache
def _empty_frame(scale: float) -> Pixels:
    return render(
        f"{_wall()}"
        '<rect x="586" y="70" width="668" height="600" rx="44" fill="var(--ink)" fill-opacity=".07"/>'
        '<rect x="582" y="60" width="668" height="600" rx="42" fill="var(--white)"/>',
        RIGHT,
        scale,
    )


def _mat() -> str:
    """Round the corners of a picture: what a clip path would do, in a fraction of its time."""
    return (
        '<path d="M596 74 h640 v572 h-640 z M624 74 a28 28 0 0 0 -28 28 v516 a28 28 0 0 0 28 28 h584 '
        'a28 28 0 0 0 28 -28 v-516 a28 28 0 0 0 -28 -28 z" fill="var(--white)" fill-rule="evenodd"/>'
    )


def _wall() -> str:
    return f'<rect width="{WIDTH}" height="{HEIGHT}" fill="var(--paper-sunken)"/>'


@cache
def _bookcase() -> str:
    """Draw the wall with a bookcase in soft colours, so that the narrator stands out."""
    books = []
    for shelf, floor in enumerate((182, 372, 562)):
        x, number = 44, shelf * 5
        while x < 510:
            width, height = 20 + (number * 7) % 17, 96 + (number * 29) % 48
            lean = 7 if number % 11 == 4 else 0
            colour = _BOOKS[(number * 3 + shelf) % len(_BOOKS)]
            books.append(
                f'<rect x="{x}" y="{floor - height}" width="{width}" height="{height}" rx="3" fill="var({colour})" '
                f'fill-opacity=".34" transform="rotate({lean} {x + width} {floor})"/>'
            )
            x += width + 3 + lean * 2 + (34 if number % 9 == 7 else 0)
            number += 1
    shelves = "".join(
        f'<rect x="24" y="{floor}" width="524" height="14" fill="var(--wood)" fill-opacity=".34"/>'
        for floor in (182, 372, 562)
    )
    return (
        f"{_wall()}"
        '<rect x="24" y="12" width="524" height="720" fill="var(--wood-light)" fill-opacity=".19"/>'
        f"{''.join(books)}{shelves}"
        '<path d="M24 720 V12 H548 V720" fill="none" stroke="var(--wood)" stroke-width="14" stroke-opacity=".34"/>'
    )

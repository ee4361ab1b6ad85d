"""A film and a camera drawn by hand, where no real ones are given: a shelf of books, and somebody in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av
    import numpy
    from numpy.typing import NDArray

    Picture = NDArray[numpy.uint8]
    Colour = tuple[int, int, int]

WALL, SHELF, SKIN, HAIR, COAT, INK = (
    (226, 216, 200),
    (160, 124, 100),
    (232, 190, 160),
    (74, 54, 48),
    (47, 110, 122),
    (42, 36, 48),
)
BOOKS = ((178, 122, 104), (124, 158, 160), (152, 144, 152), (130, 160, 128), (204, 172, 112))
"""The covers of the attract screen, paler, so that the person stands out."""
RATE = 10
FRAMES = 10
BOOK_WIDTH = 26


def draw_film(path: Path) -> None:
    """Make a second of quiet film to stand in for a question video."""
    import av

    with av.open(str(path), "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for frame in _frames(640, 360):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def draw_camera(path: Path) -> None:
    """Make the file (YUV4MPEG2) that a Chromium takes for what its camera sees."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W640 H480 F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in _frames(640, 480):
            file.write(b"FRAME\n" + frame.reformat(format="yuv420p").to_ndarray().tobytes())


def _frames(wide: int, high: int) -> Iterator[av.VideoFrame]:
    """Yield the frames; they are all the same, so that it does not matter when a picture is taken."""
    import av
    import numpy

    picture = numpy.full((high, wide, 3), WALL, numpy.uint8)
    _draw_shelves(picture)
    _draw_person(picture)
    return (av.VideoFrame.from_ndarray(picture, format="rgb24") for _ in range(FRAMES))


def _draw_shelves(picture: Picture) -> None:
    high, wide, _ = picture.shape
    between = high // 3
    for board in range(between, high + between, between):
        for number, left in enumerate(range(6, wide, BOOK_WIDTH)):
            tall = between * (13 - (number * 7 + board) % 5) // 16
            picture[board - tall : board, left : left + BOOK_WIDTH - 3] = BOOKS[(number * 3 + board) % len(BOOKS)]
        picture[board - 6 : board + 4] = SHELF


def _draw_person(picture: Picture) -> None:
    high, wide, _ = picture.shape
    middle, eyes = wide // 2, high * 45 // 100
    size = high // 6
    _draw_oval(picture, middle, high + size // 2, size * 21 // 10, size * 23 // 10, COAT)
    _draw_oval(picture, middle, eyes - size // 5, size * 5 // 4, size * 27 // 20, HAIR)
    _draw_oval(picture, middle, eyes + size * 13 // 10, size // 2, size * 3 // 5, SKIN)
    _draw_oval(picture, middle, eyes + size // 6, size, size * 5 // 4, SKIN)
    for side in (-1, 1):
        _draw_oval(picture, middle + side * size * 2 // 5, eyes, size // 9, size // 8, INK)
    _draw_oval(picture, middle, eyes + size * 7 // 10, size // 3, size // 6, INK)
    _draw_oval(picture, middle, eyes + size * 6 // 10, size // 3, size // 7, SKIN)


def _draw_oval(picture: Picture, across: int, down: int, wide: int, high: int, colour: Colour) -> None:
    """Fill an oval around a place, so many pixels to each side of it."""
    import numpy

    rows, columns = numpy.ogrid[: picture.shape[0], : picture.shape[1]]
    picture[((columns - across) / wide) ** 2 + ((rows - down) / high) ** 2 <= 1] = colour

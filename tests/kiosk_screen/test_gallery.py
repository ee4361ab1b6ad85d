"""docs/screens.md: it shows every screen once, with a picture that is there and the words that are said."""

from __future__ import annotations

import re

import pytest

from kiosk.examples import example_journeys
from kiosk.gallery import SIZES
from kiosk.screens_page import FOLDER, MAIN, STORY, TARGET, make_page, pictures
from kiosk.stage import sentence
from kiosk.texts import texts

MOST_BYTES = 2_500_000
PAGE = TARGET.read_text(encoding="utf-8")
NAMES = [name for screens in STORY.values() for name in screens]
AGAIN = "run: python -m kiosk.screens_page"


def test_the_page_is_up_to_date() -> None:
    assert make_page() == PAGE, AGAIN


def test_the_page_names_every_screen_once_and_no_other() -> None:
    assert sorted(NAMES) == sorted(example_journeys("nl"))
    before_the_others = PAGE.partition("## On a pole that lies")[0]
    headed = re.findall(r"^(\| `.*)\n\| ---", before_the_others, re.MULTILINE)
    assert re.findall(r"`([\w-]+)`", "".join(headed)) == NAMES


def test_every_picture_on_the_page_is_there_and_no_picture_is_left_over() -> None:
    shown = re.findall(r"!\[[\w-]+\]\((.*?)\)", PAGE)
    assert len(shown) == len(set(shown)) == len(NAMES) + 2 * len(MAIN)
    assert {TARGET.parent / link for link in shown} == set(FOLDER.iterdir()), AGAIN
    assert [picture.file for picture in pictures()] == [TARGET.parent / link for link in shown]
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < MOST_BYTES


def test_each_picture_stands_as_its_pole_does() -> None:
    for picture in pictures():
        across, down, _ = SIZES[picture.size]
        wide, high = jpeg_size(picture.file.read_bytes())
        assert wide / high == pytest.approx(across / down, rel=0.01), picture.file.name


@pytest.mark.parametrize("name", NAMES)
def test_the_sentence_quoted_with_a_screen_is_the_one_of_the_catalogue(name: str) -> None:
    quoted = re.findall(r"“(.*?)”", cell_of(name))
    assert quoted == [texts("nl").says[sentence(example_journeys("nl")[name])]]


def cell_of(name: str) -> str:
    """Return what stands beneath the picture of a screen."""
    heads, _, drawn, said = next(
        rows
        for rows in ([line.strip("| ").split(" | ") for line in table.splitlines()] for table in PAGE.split("\n\n"))
        if len(rows) == 4 and f"`{name}`" in rows[0]
    )
    assert len(heads) == len(drawn) == len(said)
    return said[heads.index(f"`{name}`")]


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return width and height as the frame header (SOF0 or SOF2) of a JPEG says."""
    found = re.search(rb"\xff[\xc0\xc2]..\x08(..)(..)", data, re.DOTALL)
    assert found is not None
    return int.from_bytes(found[2], "big"), int.from_bytes(found[1], "big")

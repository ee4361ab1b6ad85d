"""The pictograms are one set: the same frame, the same pen, and no colour but those of the house style."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kiosk.pictograms import PICTOGRAMS_FOLDER, level, pictogram, pictogram_of

DRAWINGS = sorted(PICTOGRAMS_FOLDER.glob("*.svg"))
TOKENS = (Path(__file__).parents[2] / "vertelpaal/style/tokens.css").read_text()
PAINTS = {"none", "currentColor"}
LOCAL = {"--tone", "--signal"}
"""What screen.css derives from the tokens for each control."""
PEN = {
    "viewBox": "0 0 48 48",
    "fill": "none",
    "stroke": "currentColor",
    "stroke-width": "2.5",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
}


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_each_drawing_has_the_same_frame_pen_and_paint(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    assert {name: root.get(name) for name in PEN} == PEN
    for part in root.iter():
        assert part.get("style") is None
        for paint in (part.get("fill"), part.get("stroke")):
            if paint is None or paint in PAINTS:
                continue
            token = re.fullmatch(r"var\((--[a-z0-9-]+), (?:none|currentColor)\)", paint)
            assert token, f"{paint} is no colour of the house style"
            assert token[1] in LOCAL or f"{token[1]}:" in TOKENS


def test_the_five_faces_differ_without_their_colours() -> None:
    faces = [re.sub(r"--mood-\d", "", pictogram(f"smiley-{value}")) for value in range(1, 6)]
    bare = {re.sub(r"pictogram-smiley-\d", "", face) for face in faces}
    assert len(bare) == 5


def test_choices_are_told_apart_by_the_eyes_of_a_die() -> None:
    assert [pictogram_of("question", "choice:a", place) for place in (1, 6, 7)] == ["choice-1", "choice-6", "choice"]


def test_a_number_is_a_glass_filled_as_high() -> None:
    heights = [float(re.findall(r'height="([\d.]+)" fill="var', level(value))[0]) for value in (0, 5, 10)]
    assert heights == [0.0, 20.0, 40.0]

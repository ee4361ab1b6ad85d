"""The pictograms are one set: the same frame, the same pen, and no colour but those of the house style."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kiosk.pictogram_sheet import Use, drawing_path, read_manifest
from kiosk.pictograms import CODE_FOLDER, PICTOGRAMS_FOLDER, choice_pictogram, level, pictogram
from kiosk.texts import texts
from vertelpaal.withdrawal import PICTURES
from vertelpaal.words import Language

CODE_DRAWINGS = sorted(CODE_FOLDER.glob("*.svg"))
DRAWINGS = [*sorted(PICTOGRAMS_FOLDER.glob("*.svg")), *CODE_DRAWINGS]
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
    assert [choice_pictogram(None, place) for place in (1, 6, 7)] == ["choice-1", "choice-6", "choice"]


def test_the_loudspeaker_can_show_each_level_and_silence() -> None:
    root = ElementTree.parse(PICTOGRAMS_FOLDER / "volume.svg").getroot()
    assert [part.get("class") for part in root if part.get("class")] == [
        "wave wave-1",
        "wave wave-2",
        "wave wave-3",
        "mute",
    ]


def test_every_picture_of_a_code_is_drawn_and_nothing_else_is() -> None:
    assert {path.stem for path in CODE_DRAWINGS} == set(PICTURES)


def test_the_manifest_names_every_drawing_and_no_other() -> None:
    named = [drawing_path(name, meaning.use) for name, meaning in read_manifest().items()]
    assert sorted(named) == sorted(DRAWINGS)


def test_every_meaning_is_short() -> None:
    for name, meaning in read_manifest().items():
        assert 1 <= len(meaning.nl.split()) <= 4, name
        assert meaning.en.strip(), name


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_picture_of_a_code_has_one_name_on_the_sheet_and_on_the_screen(language: Language) -> None:
    on_sheet = {name: getattr(m, language) for name, m in read_manifest().items() if m.use is Use.CODE}
    assert on_sheet == texts(language).pictures


def test_a_number_is_a_glass_filled_as_high() -> None:
    heights = [float(re.findall(r'height="([\d.]+)" fill="var', level(value))[0]) for value in (0, 5, 10)]
    assert heights == [0.0, 20.0, 40.0]

"""Drawings: SVG in the library's own colours, turned into pixels.

Drawings name their colours `var(--accent)`, as a style sheet does; they come from the tokens that kiosk, admin and
report share, and from a few that only a drawing needs, such as skin and wood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import vl_convert

import vertelpaal
from vertelpaal.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    """Rows × columns × blue, green, red."""

TOKENS = Path(vertelpaal.__file__).parent / "style" / "tokens.css"
OWN_COLOURS = {
    "skin": "#c98d68",
    "skin-shade": "#b3764f",
    "skin-light": "#eec3a2",
    "hair": "#43302b",
    "wood": "#b98a5e",
    "wood-dark": "#8d6540",
    "wood-light": "#d9b48a",
    "glow": "#fff3cf",
    "white": "#ffffff",
}
_TOKEN = re.compile(r"--([a-z0-9-]+):\s*(#[0-9a-f]{3,8});")
_USE = re.compile(r"var\(--([a-z0-9-]+)\)")


@dataclass(frozen=True)
class Box:
    """A rectangle of the picture, in its own units."""

    x: int
    y: int
    width: int
    height: int


def render(shapes: str, box: Box, scale: float = 1.0) -> Pixels:
    """Draw the part of a drawing that lies in the box, as pixels.

    Raises:
        SettingsError: the drawing names a colour that the tokens do not have.
    """
    width, height = round(box.width * scale), round(box.height * scale)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="{box.x} {box.y} {box.width} {box.height}">{_coloured(shapes)}</svg>'
    )
    png = np.frombuffer(vl_convert.svg_to_png(svg), np.uint8)
    return np.asarray(cv2.imdecode(png, cv2.IMREAD_COLOR), np.uint8)


def ease(moment: float, start: float = 0.0, end: float = 1.0) -> float:
    """Return how far a movement from `start` to `end` is, from 0 to 1, slow at both ends."""
    part = min(max((moment - start) / (end - start), 0.0), 1.0)
    return part * part * (3 - 2 * part)


@cache
def colours() -> dict[str, str]:
    """Return every colour a drawing can name."""
    return dict(_TOKEN.findall(TOKENS.read_text(encoding="utf-8"))) | OWN_COLOURS


def _coloured(shapes: str) -> str:
    known = colours()
    if unknown := {name for name in _USE.findall(shapes) if name not in known}:
        raise SettingsError(f"a drawing names a colour that {TOKENS.name} does not have: {min(unknown)}")
    return _USE.sub(lambda use: known[use[1]], shapes)

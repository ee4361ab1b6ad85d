"""Pictures: one plain picture for each aspect, 640 × 572, that moves once and tells one thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sample.pictures.library import draw_building, draw_opening_hours
from sample.pictures.people import draw_ideas, draw_staff
from sample.pictures.rooms import draw_atmosphere, draw_workplaces
from sample.pictures.things import draw_coffee, draw_practical_matters
from vertelpaal.errors import NotFound

PICTURES: Mapping[str, Callable[[float], str]] = {
    "openingstijden": draw_opening_hours,
    "medewerkers": draw_staff,
    "sfeer": draw_atmosphere,
    "gebouw": draw_building,
    "horeca": draw_coffee,
    "werkplekken": draw_workplaces,
    "praktische-zaken": draw_practical_matters,
    "verbetering": draw_ideas,
}
"""Each aspect's drawing of a moment from 0 to 1."""


def draw_picture(aspect: str, moment: float) -> str:
    """Return the shapes of an aspect's picture at a moment from 0 to 1.

    Raises:
        NotFound: there is no picture of this aspect.
    """
    if aspect not in PICTURES:
        raise NotFound(f"there is no picture of {aspect}")
    return PICTURES[aspect](moment)

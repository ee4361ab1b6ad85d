"""The pictures of withdrawal codes as staff see them: their Dutch names and their drawings."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import MappingProxyType

from markupsafe import Markup

import vertelpaal
from vertelpaal.withdrawal import PICTURES

DRAWINGS = Path(vertelpaal.__file__).parent / "style" / "code"
"""Drawn once for both sides, so that the desk shows what the pole showed."""
HOW_MANY = 3
DUTCH = MappingProxyType(
    dict(
        zip(
            PICTURES,
            (
                *("appel", "bal", "banaan", "bel", "fiets", "vogel", "boot", "boek", "kaars", "auto", "kat"),
                *("wolk", "kopje", "ei", "vis", "bloem", "bril", "hoed", "hart", "huis", "sleutel", "vlieger"),
                *("blad", "maan", "paddenstoel", "schaar", "schoen", "ster", "zon", "trein", "boom", "paraplu"),
            ),
            strict=True,
        )
    )
)
"""What the pole says in Dutch for each."""
ALPHABETICAL = tuple(sorted(PICTURES, key=DUTCH.__getitem__))


def read_pictures(names: Iterable[str]) -> tuple[str, ...]:
    """Return the pictures among these names, at most three and none twice."""
    return tuple(dict.fromkeys(name for name in names if name in DUTCH))[:HOW_MANY]


@cache
def drawing(name: str, folder: Path = DRAWINGS) -> Markup:
    """Return a drawing to put inside a page, where it takes the page's colours; its name is written beside it."""
    svg = (folder / f"{name}.svg").read_text(encoding="utf-8")
    return Markup(svg.replace("<svg ", '<svg class="code-picture" aria-hidden="true" ', 1))  # noqa: S704 (our own)

"""The pictograms: one set of drawings in one style, put inside the page so that they take its colours."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from markupsafe import Markup

PICTOGRAMS_FOLDER = Path(__file__).parent / "screen" / "pictograms"
CODE_FOLDER = Path(__file__).parent.parent / "vertelpaal" / "style" / "code"
"""The drawings of the pictures of a withdrawal code, which the desk shows as well."""

_SAME_NAME = (
    "next",
    "back",
    "skip",
    "repeat",
    "leave",
    "yes",
    "no",
    "not-used",
    "record",
    "stop",
    "keep",
    "redo",
    "play",
)
_BY_ACTION = {
    **{name: name for name in (*_SAME_NAME, "delete", "done", "language", "volume", "help", "more", "erase", "play")},
    **{f"smiley:{value}": f"smiley-{value}" for value in range(1, 6)},
    "start": "touch",
    "way:voice": "microphone",
    "way:video": "camera",
    "way:text": "pencil",
    "age:under-16": "child",
    "age:16-plus": "adult",
    "more-time": "hand",
}
_DICE = 6


def pictogram_of(screen: str, action: str) -> str | None:
    """Return the name of the pictogram of a control; None for a number or a digit, which are drawn as they are."""
    verb = action.partition(":")[0]
    if verb in ("number", "digit"):
        return None
    return _BY_ACTION.get(f"{screen}/{action}") or _BY_ACTION.get(action) or _BY_ACTION[verb]


def choice_pictogram(wanted: str | None, place: int) -> str:
    """Return the name of a choice's pictogram: the wanted one, or the eyes of a die by its place from 1."""
    if wanted and (PICTOGRAMS_FOLDER / f"{wanted}.svg").is_file():
        return wanted
    return f"choice-{place}" if place <= _DICE else "choice"


@cache
def pictogram(name: str) -> Markup:
    """Return the drawing, hidden from assistive technology: the control's own name says what it is."""
    return _inline((PICTOGRAMS_FOLDER / f"{name}.svg").read_text(), name)


@cache
def code_picture(name: str) -> Markup:
    """Return the drawing of one picture of a withdrawal code."""
    return _inline((CODE_FOLDER / f"{name}.svg").read_text(), f"code-{name}")


def digit(value: int) -> Markup:
    """Return a digit, as large as any other drawing."""
    return _inline(
        '<svg viewBox="0 0 48 48" fill="currentColor">'
        f'<text x="24" y="38" font-size="40" font-weight="700" text-anchor="middle">{value}</text></svg>',
        f"digit-{value}",
    )


def level(value: int, highest: int = 10) -> Markup:
    """Return a glass that is filled as far as the number is high."""
    full = 40 * value / highest
    return _inline(
        '<svg viewBox="0 0 24 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round">'
        f'<rect x="4" y="{44 - full:g}" width="16" height="{full:g}" fill="var(--level, none)" stroke="none"/>'
        '<rect x="4" y="4" width="16" height="40" rx="4"/></svg>',
        "level",
    )


def _inline(drawing: str, name: str) -> Markup:
    return Markup(drawing.replace("<svg ", f'<svg class="pictogram pictogram-{name}" aria-hidden="true" ', 1))  # noqa: S704 (our own drawings, no visitor's text)

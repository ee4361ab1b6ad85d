"""The house style can be seen: text stands out 4.5 to 1 from what it is on, and what must be recognised 3 to 1.

WCAG 2.2, 1.4.3 and 1.4.11. axe-core measures text where it stands; of borders and drawings it knows nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOKENS = ROOT / "vertelpaal" / "style" / "tokens.css"
SHEETS = sorted({*ROOT.glob("kiosk/screen/static/*.css"), *ROOT.glob("server/**/static/*.css")})
TEXT, GRAPHICS = 4.5, 3.0
TEXTS: dict[tuple[str, str], str] = {
    ("ink", "paper"): "the sentence of each screen, and everything in the admin",
    ("ink", "paper-raised"): "answers, keys, digits, code, cards of the admin",
    ("ink", "paper-sunken"): "the bar, keys that do something, a hovered link",
    ("ink", "accent-soft"): "an answer that is touched or lit",
    ("ink", "calm-soft"): "the forms of a Tigrinya consonant, a picture of a code that was found",
    ("ink", "good-soft"): "what went well, in the admin",
    ("ink", "warn-soft"): "the note of the demo, a warning in the admin",
    ("ink-soft", "paper"): "beside the pairing code, and what is said in passing in the admin",
    ("ink-soft", "paper-raised"): "labels and dates in the admin",
    ("ink-soft", "paper-sunken"): "an answer that cannot be given yet, badges of the admin",
    ("accent", "paper"): "the name of the library",
    ("accent", "paper-raised"): "links in the admin",
    ("accent-strong", "paper"): "the place of a code that comes next, at the desk",
    ("accent-strong", "paper-raised"): "the code of an activity",
    ("accent-strong", "accent-soft"): "where one is in the admin, the digits on the sheet of an activity",
    ("good", "good-soft"): "a transcribed answer",
    ("good", "paper-raised"): "a consent that was given",
    ("stop", "stop-soft"): "what went wrong, in the admin",
    ("calm", "calm-soft"): "an answer without a picture",
    ("on-accent", "accent"): "Begin, Verder, the countdown, the letter that is spoken",
    ("on-accent", "accent-strong"): "the same, touched",
    ("on-accent", "calm"): "the form that was chosen",
    ("on-accent", "stop"): "the button that erases, in the admin",
    ("on-accent", "ink"): "the same, hovered",
}
"""Text, on what, and where that is."""
DRAWINGS: dict[tuple[str, str], str] = {
    ("line", "paper"): "the edge of answers, keys and fields",
    ("line", "paper-raised"): "the same edge from inside",
    ("line", "paper-sunken"): "the edge of keys that do something, of a digit to be typed",
    ("accent", "paper"): "the dot of this question, the edge of what is touched or lit",
    ("accent", "paper-raised"): "the edge of what is touched or lit, from inside",
    ("accent", "paper-sunken"): "the edge of a control of the bar that is lit",
    ("accent-strong", "paper"): "the shelf, the line above the bar",
    ("accent-strong", "paper-sunken"): "the line above the bar, from below",
    ("calm", "paper"): "the bars of the microphone, the ring of what is played",
    ("calm", "paper-raised"): "how full the glass of a number is",
    ("calm", "calm-soft"): "the ring while a voice is recorded",
    ("stop", "paper"): "the edge of the film while it is recorded, the ring's last seconds",
    ("stop", "calm-soft"): "the ring's last seconds",
    ("stop", "stop-soft"): "the red knob",
    ("focus", "paper"): "the ring around what has the focus",
    ("focus", "paper-raised"): "the same ring around the field one types in, from inside",
    ("focus", "paper-sunken"): "the same ring in the bar",
    ("good", "paper-raised"): "the edge of an answer that just came in",
    ("paper", "ink"): "the hourglass in the place of the film",
    **{("ink", f"mood-{value}"): "the strokes of a face" for value in range(1, 6)},
    **{("ink", f"{tone}-soft"): "a drawing on its disc" for tone in ("accent", "calm", "good", "warn", "stop")},
}
"""What must be recognised, on what, and where that is."""
DECORATION = {
    "line-soft": "parts what stands apart anyway: cards, rows of a table, the track of the ring",
    "warn": "the cover of a book on the attract screen",
}
"""Colours that nothing is told by."""


def tokens() -> dict[str, str]:
    """Return the colours by name, as #rrggbb."""
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", TOKENS.read_text(encoding="utf-8")))


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return how far two colours are apart, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def pair(both: tuple[str, str]) -> str:
    return " on ".join(both)


@pytest.mark.parametrize("both", TEXTS, ids=pair)
def test_text_can_be_read(both: tuple[str, str]) -> None:
    colours = tokens()
    assert contrast(colours[both[0]], colours[both[1]]) >= TEXT, TEXTS[both]


@pytest.mark.parametrize("both", DRAWINGS, ids=pair)
def test_what_is_drawn_can_be_recognised(both: tuple[str, str]) -> None:
    colours = tokens()
    assert contrast(colours[both[0]], colours[both[1]]) >= GRAPHICS, DRAWINGS[both]


def test_contrast_is_what_the_standard_says() -> None:
    """Control, with the two ends of the scale and a grey that just fails on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#1f5f6b", "#1f5f6b") == 1
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_every_colour_of_the_house_is_weighed_or_only_decorates() -> None:
    weighed = {name for both in (*TEXTS, *DRAWINGS) for name in both}
    assert weighed & set(DECORATION) == set()
    assert weighed | set(DECORATION) == set(tokens())


def test_every_rule_that_sets_text_on_a_ground_is_in_the_table() -> None:
    found = {both: f"{sheet.name}: {rule}" for sheet in SHEETS for both, rule in text_on_ground(sheet)}
    assert len(found) > 10, "the sheets are read"
    assert {both: where for both, where in found.items() if both not in TEXTS and both not in DRAWINGS} == {}


def text_on_ground(sheet: Path) -> list[tuple[tuple[str, str], str]]:
    """Return each colour and ground that one rule of a style sheet sets together, with its selector."""
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.S))
    found = []
    for selector, body in rules:
        colour = re.search(r"(?<![\w-])color: var\(--([\w-]+)\)", body)
        ground = re.search(r"(?<![\w-])background(?:-color)?: var\(--([\w-]+)\)", body)
        if colour and ground:
            found.append(((colour[1], ground[1]), selector.strip()))
    return found

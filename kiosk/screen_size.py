"""The screen's real size, from which every target, letter and reach follows: one style sheet from the settings."""

from __future__ import annotations

from dataclasses import dataclass

MM_PER_INCH = 25.4
LOWEST_MM, HIGHEST_MM = 900, 1200
"""Between which heights above the floor a child and who sits in a wheelchair can touch (EN 301 549, 8.3)."""


@dataclass(frozen=True)
class ScreenSize:
    """How large the picture is, corner to corner, and how high its lower edge hangs above the floor."""

    inches: float = 24.0
    bottom_mm: int = LOWEST_MM

    @property
    def below_mm(self) -> int:
        """Return how much of the screen, from its lower edge, hangs too low to touch."""
        return max(0, LOWEST_MM - self.bottom_mm)

    @property
    def reach_mm(self) -> int:
        """Return up to where, from its lower edge, the screen can be touched."""
        return HIGHEST_MM - self.bottom_mm

    def to_css(self) -> str:
        """Return the style sheet: pixels a millimetre, out of the browser's own size, and the band for controls."""
        return (
            ":root {\n"
            f"  --mm: calc(hypot(100vw, 100vh) / {self.inches * MM_PER_INCH:g});\n"
            f"  --below: calc({self.below_mm} * var(--mm));\n"
            f"  --reach: calc({self.reach_mm} * var(--mm));\n"
            "}\n"
        )

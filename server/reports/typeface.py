"""The typeface of the house as files: made by the build, outside git; without it, whatever the machine has."""

from __future__ import annotations

from pathlib import Path

FONT_NAME = "Atkinson Hyperlegible Next"
BUILT = Path(__file__).parents[2] / "build" / "fonts"


def font_folders() -> list[Path]:
    """Return the folders that hold the typeface; none where it was not built."""
    return [BUILT] if BUILT.is_dir() else []

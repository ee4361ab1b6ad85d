"""Make the fonts that typst sets a PDF with: it reads TrueType, and npm has only the web's formats."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont

from setup.front_end import FONT_FILE, FONT_PACKAGE, SUBSETS, WEIGHTS
from setup.layout import FONTS, NODE_MODULES


def merge(parts: list[Path], made: Path) -> None:
    """Unpack the subsets of one weight and join them into one TrueType file."""
    with tempfile.TemporaryDirectory() as folder:
        unpacked = []
        for part in parts:
            font = TTFont(part)
            font.flavor = None
            unpacked.append(str(Path(folder) / f"{part.stem}.ttf"))
            font.save(unpacked[-1])
        Merger().merge(unpacked).save(made)


def main() -> None:
    """Write one file a weight to build/fonts."""
    files = NODE_MODULES / FONT_PACKAGE / "files"
    for weight in WEIGHTS:
        parts = [files / f"{FONT_FILE.format(subset=subset, weight=weight)}.woff" for subset in SUBSETS]
        merge(parts, FONTS / f"atkinson-hyperlegible-next-{weight}.ttf")


if __name__ == "__main__":
    main()

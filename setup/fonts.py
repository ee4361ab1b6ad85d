"""Make the fonts that typst sets a PDF with: it reads TrueType, and npm has only the web's formats."""

from __future__ import annotations

import shutil
import tempfile
from itertools import product
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont

from setup.front_end import TYPEFACES, WEIGHTS
from setup.layout import FONTS


def merge(parts: list[Path], made: Path) -> None:
    """Unpack the subsets of one weight and join them into one TrueType file; one subset alone needs no joining."""
    with tempfile.TemporaryDirectory() as folder:
        unpacked = []
        for part in parts:
            font = TTFont(part)
            font.flavor = None
            unpacked.append(str(Path(folder) / f"{part.stem}.ttf"))
            font.save(unpacked[-1])
        if len(unpacked) == 1:
            shutil.copyfile(unpacked[0], made)
        else:
            Merger().merge(unpacked).save(made)


def main() -> None:
    """Write one file for each typeface and weight to build/fonts; typst falls back on whichever has the letter."""
    for typeface, weight in product(TYPEFACES, WEIGHTS):
        files = typeface.package / "files"
        parts = [files / f"{typeface.file(subset, weight)}.woff" for subset in typeface.subsets]
        merge(parts, FONTS / f"{typeface.name}-{weight}.ttf")


if __name__ == "__main__":
    main()

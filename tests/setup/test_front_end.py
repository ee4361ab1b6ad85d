"""The screens get finished files, with their licences, and nothing from elsewhere."""

from __future__ import annotations

import json
import re

from fontTools.ttLib import TTFont

from setup.front_end import FAMILY, WEIGHTS
from setup.layout import FONTS, ROOT, VENDOR


def test_every_file_that_a_screen_names_is_there() -> None:
    pages = [
        path for part in ("kiosk", "server") for path in (ROOT / part).rglob("*") if path.suffix in (".js", ".html")
    ]
    named = {name for page in pages for name in re.findall(r"/vendor/([\w./-]+)", page.read_text(encoding="utf-8"))}
    assert named, "the screens use the vendor folder"
    assert [name for name in sorted(named) if not (VENDOR / name).is_file()] == []


def test_the_style_sheet_of_the_fonts_names_files_that_are_there() -> None:
    sheet = (VENDOR / "fonts.css").read_text(encoding="utf-8")
    addresses = re.findall(r'url\("([^"]+)"\)', sheet)
    assert len(addresses) == len(WEIGHTS) * 2
    assert all((VENDOR / address).read_bytes()[:4] == b"wOF2" for address in addresses)
    assert FAMILY in sheet


def test_the_fonts_for_pdf_speak_dutch() -> None:
    for weight in WEIGHTS:
        font = TTFont(FONTS / f"atkinson-hyperlegible-next-{weight}.ttf")
        assert font["OS/2"].usWeightClass == weight
        assert set(map(ord, "aZ09éëïöüĳĲ€–‘’…·×%")) <= font.getBestCmap().keys()


def test_every_package_has_its_licence_beside_it() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    licences = {path.name for path in (VENDOR / "licences").iterdir()}
    for name in filter(None, lock["packages"]):
        assert f"{name.removeprefix('node_modules/').lstrip('@').replace('/', '-')}.txt" in licences

"""The screens get finished files, with their licences, and nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple, get_args

import pytest
from fontTools.ttLib import TTFont

from setup.front_end import TYPEFACES, WEIGHTS
from setup.layout import FONTS, ROOT, VENDOR
from vertelpaal.words import Language

SERIES = "ሀለሐመሠረሰሸቀቐበቨተቸኀነኘአከኸወዐዘዠየደጀገጠጨጰጸፀፈፐ"
WRITING: dict[Language, str] = {
    "nl": "Pa's wijze lynx bezag vroom het fikse aquaduct. Één ideeënbus, coöperatie, naïef: €5?",
    "en": "The quick brown fox jumps over the lazy dog! “Don’t”, she said – (1234567890).",
    "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي ءآأؤإئةى ً ّ ، ؛ ؟ «»",
    "uk": "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ абвгґдеєжзиіїйклмнопрстуфхцчшщьюя № ₴ м’яч",
    "tr": "ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZ abcçdefgğhıijklmnoöprsştuüvyz âîû",
    "pl": "AĄBCĆDEĘFGHIJKLŁMNŃOÓPRSŚTUWYZŹŻ aąbcćdeęfghijklłmnńoóprsśtuwyzźż „”",
    "fa": "اآبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی ءأؤئۀ می\u200cروم ، ؛ ؟",
    "ti": "".join(chr(ord(first) + order) for first in SERIES for order in range(7)) + "ቈቊቋቌቍቘቛኈኋኰኳዀዃጐጓ ፡ ። ፣ ፤",
}
"""Every letter of each language, and the signs that go between its words."""


class Face(NamedTuple):
    """One @font-face: for which characters the browser opens which file."""

    weight: int
    file: str
    characters: frozenset[int]


def declared_faces() -> Iterator[Face]:
    sheet = (VENDOR / "fonts.css").read_text(encoding="utf-8")
    for rule in re.findall(r"@font-face \{(.*?)\}", sheet, re.DOTALL):
        told = dict(re.findall(r"([\w-]+): (.*);", rule))
        spans = [span.removeprefix("U+").split("-") for span in told["unicode-range"].split(",")]
        characters = {code for span in spans for code in range(int(span[0], 16), int(span[-1], 16) + 1)}
        file = re.findall(r'url\("fonts/(.+)\.woff2"\)', told["src"])[0]
        yield Face(int(told["font-weight"]), file, frozenset(characters))


def drawn(file: str) -> set[int]:
    """Return what a file has a glyph for; asked of its WOFF twin, for fontTools reads no WOFF2 by itself."""
    (twin,) = [path for typeface in TYPEFACES for path in (typeface.package / "files").glob(f"{file}.woff")]
    return set(TTFont(twin).getBestCmap())


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
    assert len(addresses) == len(WEIGHTS) * sum(len(typeface.subsets) for typeface in TYPEFACES)
    assert all((VENDOR / address).read_bytes()[:4] == b"wOF2" for address in addresses)


def test_the_tokens_name_every_typeface_in_order() -> None:
    tokens = (ROOT / "vertelpaal" / "style" / "tokens.css").read_text(encoding="utf-8")
    families = re.findall(r'"([^"]+)"', re.findall(r"--font: (.*);", tokens)[0])
    assert families == [typeface.family for typeface in TYPEFACES]


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("language", get_args(Language))
def test_every_letter_of_a_language_is_in_a_file_that_the_browser_opens_for_it(language: Language, weight: int) -> None:
    opened: set[int] = set()
    for face in declared_faces():
        if face.weight == weight:
            opened |= face.characters & drawn(face.file)
    assert "".join(letter for letter in WRITING[language] if ord(letter) not in opened) == ""


@pytest.mark.parametrize("weight", WEIGHTS)
def test_the_fonts_for_pdf_speak_every_language(weight: int) -> None:
    fonts = [TTFont(FONTS / f"{typeface.name}-{weight}.ttf") for typeface in TYPEFACES]
    assert {font["OS/2"].usWeightClass for font in fonts} == {weight}
    assert set(map(ord, "aZ09éëïöüĳĲ€–‘’…·×%")) <= fonts[0].getBestCmap().keys()
    letters = set().union(*(font.getBestCmap() for font in fonts))
    assert [letter for letter in "".join(WRITING.values()) if ord(letter) not in letters] == []


def test_every_package_has_its_licence_beside_it() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    licences = {path.name for path in (VENDOR / "licences").iterdir()}
    for name in filter(None, lock["packages"]):
        assert f"{name.removeprefix('node_modules/').lstrip('@').replace('/', '-')}.txt" in licences

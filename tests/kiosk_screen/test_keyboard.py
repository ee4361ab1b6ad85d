"""The keyboard in a real Chromium: every language is typed by touching keys that are large, apart and legible.

Each language types a word, and one of each script stands for most of the rest, on an upright screen; the others, and a
screen that lies, wait for `make proof`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from playwright.sync_api import Browser, Error, Page

from kiosk.gallery import open_screen
from kiosk.texts import texts
from setup.front_end import TYPEFACES
from tests.kiosk_screen.languages import EACH_KEYBOARD, EACH_SCRIPT, sooner_or_later
from tests.kiosk_screen.typist import CONSONANTS, KEY, Typist
from vertelpaal.words import RIGHT_TO_LEFT, Language

pytestmark = pytest.mark.browser

LANGUAGES = get_args(Language)
LIBRARY: dict[Language, tuple[str, ...]] = {
    "nl": ("bibliotheek",),
    "en": ("library",),
    "ar": ("مكتبة",),
    "uk": ("бібліотека",),
    "tr": ("kütüphane",),
    "pl": ("biblioteka",),
    "fa": ("کتابخانه",),
    "ti": ("ቤተ-መጻሕፍቲ", "ቤት ንባብ"),
}
ALPHABET: dict[Language, str] = {
    "nl": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZëïöüéèàç",
    "en": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'",
    "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئةى،؛؟",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ",
    "tr": "abcçdefgğhıijklmnoöprsştuüvyzABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZâîû",
    "pl": "aąbcćdeęfghijklłmnńoópqrsśtuvwxyzźżAĄBCĆDEĘFGHIJKLŁMNŃOÓPQRSŚTUVWXYZŹŻ",
    "fa": "اآبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیءأؤئ،؛؟",
    "ti": CONSONANTS + "፡።፣፤",
}
WITH_FIVE, WITHOUT_W = "ቀቐኀከኸገ", "ሀወዐየፀ"
"""First orders that have five forms with a w, and those that have none; the others have one, after the seventh."""

KEYS = """() => {
  const probe = document.body.appendChild(document.createElement('div'));
  probe.style.inlineSize = 'calc(1000 * var(--mm))';
  const mm = probe.getBoundingClientRect().width / 1000;
  probe.remove();
  return {
    mm,
    rows: document.querySelectorAll('.keyboard :is(.hg-row, .orders:not([hidden]))').length,
    boxes: [...document.querySelectorAll('.keyboard :is(.hg-row, .orders:not([hidden])) .hg-button')].map((one) => ({
      name: one.dataset.skbtn ?? one.dataset.order, spills: one.scrollWidth > one.clientWidth,
      ...one.getBoundingClientRect().toJSON(),
    })),
  };
}"""
OFFERED = """(firsts) => [...firsts].map((first) => {
  const key = document.querySelector(`.hg-row .hg-button[data-skbtn=${first}]`);
  key.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, cancelable: true }));
  key.dispatchEvent(new PointerEvent('pointerup', { bubbles: true }));
  return document.querySelector('.orders').textContent;
})"""


@pytest.fixture(scope="module")
def poles(browser: Browser, film: Path) -> Iterator[dict[str, Page]]:
    """Open an upright pole and one that lies, for one visitor after the other, as in a library."""
    complaints: list[Error] = []
    pages = {size: open_screen(browser, size, film) for size in ("portrait", "landscape")}
    for page in pages.values():
        page.on("pageerror", lambda error: complaints.append(error))
    yield pages
    for page in pages.values():
        page.close()
    assert not complaints


@pytest.fixture
def typist(poles: dict[str, Page]) -> Typist:
    """Return who types on an upright pole."""
    return Typist(poles["portrait"])


def each_page_of_keys(typist: Typist, language: Language) -> Iterator[str]:
    """Touch one key after the other that brings another page of keys, and yield each; first the page as it comes."""
    typist.begins(language)
    yield ""
    for key in ("{shift}", "{symbols}", "{letters}", "{script}", "{shift}", "{symbols}"):
        if key == "{script}" and not typist.has(key):
            return
        if typist.has(key):
            typist.touches(key)
            yield key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_for_library_is_typed_by_touching_keys(typist: Typist, language: Language) -> None:
    for word in LIBRARY[language]:
        typist.begins(language)
        typist.types(word)
        assert typist.typed == word
        assert typist.page.evaluate("() => document.activeElement.localName") == "textarea"


@pytest.mark.parametrize("language", EACH_KEYBOARD)
def test_every_letter_of_the_alphabet_has_a_key(typist: Typist, language: Language) -> None:
    keys: set[str] = set()
    for touched in each_page_of_keys(typist, language):
        if touched == "{script}":
            break
        shown = typist.page.locator(".hg-row .hg-button")
        keys |= set(shown.evaluate_all("all => all.map((one) => one.dataset.skbtn)"))
    assert "".join(letter for letter in ALPHABET[language] if letter not in keys) == ""


def test_a_consonant_offers_its_seven_orders_and_those_with_a_w(typist: Typist) -> None:
    typist.begins("ti")
    assert typist.offered == ""
    for first, offered in zip(CONSONANTS, typist.page.evaluate(OFFERED, CONSONANTS), strict=True):
        more = (8, 10, 11, 12, 13) if first in WITH_FIVE else () if first in WITHOUT_W else (7,)
        assert offered == "".join(chr(ord(first) + order) for order in (*range(7), *more))
    assert typist.typed == CONSONANTS


def test_the_letter_before_the_caret_is_the_one_that_gets_another_order(typist: Typist) -> None:
    typist.begins("ti")
    typist.touches("ሰ")
    typist.chooses("ሶ")
    typist.chooses("ስ")
    typist.touches("ለ")
    assert typist.typed == "ስለ"
    typist.touches("{space}")
    assert typist.offered == ""
    typist.touches("{backspace}", "{backspace}")
    typist.chooses("ሳ")
    assert typist.typed == "ሳ"
    assert typist.page.get_attribute(".orders [data-order='ሳ']", "aria-pressed") == "true"
    typist.touches("{symbols}")
    assert typist.offered == "", "only letters have orders"


@pytest.mark.parametrize("size", ["portrait", pytest.param("landscape", marks=pytest.mark.proof)])
@pytest.mark.parametrize("language", EACH_KEYBOARD)
def test_every_key_is_large_and_apart_and_its_letter_fits(
    poles: dict[str, Page], language: Language, size: str
) -> None:
    typist = Typist(poles[size])
    faults = []
    for touched in each_page_of_keys(typist, language):
        if language == "ti" and touched == "":
            typist.touches("ቀ")
        faults += list(faults_of_keys(typist.page, most_rows=5 if language == "ti" else 4))
    assert not faults


def faults_of_keys(page: Page, most_rows: int) -> Iterator[str]:
    """Yield what is wrong with the keys that are shown."""
    seen = page.evaluate(KEYS)
    width, height = (page.viewport_size or {}).values()
    mm, boxes = seen["mm"], seen["boxes"]
    if seen["rows"] > most_rows:
        yield f"{seen['rows']} rows"
    for at, one in enumerate(boxes):
        if min(one["width"], one["height"]) < 19.99 * mm:
            yield f"{one['name']} is {one['width'] / mm:.1f} by {one['height'] / mm:.1f} mm"
        if one["left"] < 10 * mm - 0.1 or one["right"] > width - 10 * mm + 0.1 or one["bottom"] > height:
            yield f"{one['name']} is outside"
        if one["spills"]:
            yield f"{one['name']} is too narrow for what it says"
        for other in boxes[at + 1 :]:
            across = max(one["left"], other["left"]) - min(one["right"], other["right"])
            down = max(one["top"], other["top"]) - min(one["bottom"], other["bottom"])
            if max(across, down) < 2.99 * mm:
                yield f"{one['name']} touches {other['name']}"


@pytest.mark.parametrize("language", sooner_or_later(LANGUAGES, EACH_SCRIPT))
def test_words_run_in_the_direction_of_the_language_and_keys_stay_where_they_are(
    typist: Typist, language: Language
) -> None:
    typist.begins(language)
    area, first, last = (typist.page.locator(one) for one in ("textarea", *(f".hg-row >> nth={at}" for at in (0, -1))))
    assert (area.get_attribute("dir"), area.get_attribute("lang")) == (
        "rtl" if language in RIGHT_TO_LEFT else "ltr",
        language,
    )
    assert first.evaluate("(row) => getComputedStyle(row).direction") == "ltr"
    lefts = last.locator(".hg-button").evaluate_all("all => all.map((one) => one.getBoundingClientRect().left)")
    assert lefts == sorted(lefts)
    assert last.locator(".hg-button").first.get_attribute("data-skbtn") in ("{symbols}", "{shift}")


@pytest.mark.parametrize("language", EACH_KEYBOARD)
def test_every_key_is_drawn_in_the_typeface_of_the_house(typist: Typist, language: Language) -> None:
    cdp = typist.page.context.new_cdp_session(typist.page)
    cdp.send("DOM.enable")
    cdp.send("CSS.enable")
    strange = []
    for _ in each_page_of_keys(typist, language):
        typist.page.evaluate("() => document.fonts.ready")
        root = cdp.send("DOM.getDocument")["root"]["nodeId"]
        nodes = cdp.send("DOM.querySelectorAll", {"nodeId": root, "selector": ".hg-button span"})["nodeIds"]
        for node in nodes:
            fonts = cdp.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
            strange += [font["familyName"] for font in fonts if not (font["isCustomFont"] and of_the_house(font))]
    cdp.detach()
    assert not strange


def of_the_house(font: dict[str, Any]) -> bool:
    return str(font["familyName"]).startswith(tuple(typeface.family for typeface in TYPEFACES))


def test_turkish_keeps_its_two_letters_i_apart(typist: Typist) -> None:
    typist.begins("tr")
    typist.touches("I", "ı", "{shift}", "İ", "i")
    assert typist.typed == "Iıİi"


@pytest.mark.parametrize("language", LANGUAGES)
def test_capitals_come_first_where_the_script_has_them(typist: Typist, language: Language) -> None:
    typist.begins(language)
    if language in ("ar", "fa", "ti"):
        assert not typist.has("{shift}")
        return
    first = typist.page.locator(".hg-row >> nth=0").locator(".hg-button >> nth=0").get_attribute("data-skbtn") or ""
    assert first.isupper()
    typist.touches(first)
    assert typist.has(first.lower())


@pytest.mark.parametrize("language", sooner_or_later(("ar", "fa", "ti", "uk"), EACH_SCRIPT))
def test_latin_letters_are_a_touch_away_and_so_is_the_way_back(typist: Typist, language: Language) -> None:
    typist.begins(language)
    assert typist.page.inner_text(KEY.format("{script}")) == "abc"
    own = LIBRARY[language][0][0]
    typist.types_letter(own)
    typist.touches("{script}")
    typist.types_letter("w")
    typist.touches("{symbols}")
    assert typist.page.inner_text(KEY.format("{letters}")) == "abc"
    typist.touches("1", "{letters}", "f", "{script}")
    typist.types_letter(own)
    assert typist.typed == f"{own}w1f{own}"
    assert typist.page.get_attribute("textarea", "dir") == ("rtl" if language in RIGHT_TO_LEFT else "ltr")


@pytest.mark.parametrize("language", ["nl", "en", "tr", "pl"])
def test_who_writes_latin_letters_has_no_key_for_them(typist: Typist, language: Language) -> None:
    typist.begins(language)
    assert not typist.has("{script}")


def test_persian_joins_no_letters_across_its_half_space(typist: Typist) -> None:
    typist.begins("fa")
    typist.types("می")
    typist.touches("{joiner}")
    typist.types("روم")
    assert typist.typed == "می\u200cروم"


def test_words_stay_while_the_visitor_chooses_another_language_and_the_keys_change(typist: Typist) -> None:
    typist.begins("nl")
    typist.types("Ja ")
    typist.sees("language")
    typist.language = "uk"
    typist.sees("text")
    typist.types("так")
    assert typist.typed == "Ja так"
    typist.sees("warning")
    typist.sees("text")
    assert typist.typed == "Ja так"
    typist.sees("consent-review")
    typist.sees("text")
    assert typist.typed == ""


@pytest.mark.parametrize("language", EACH_KEYBOARD)
def test_every_key_that_is_a_drawing_or_an_act_has_a_name(typist: Typist, language: Language) -> None:
    for _ in each_page_of_keys(typist, language):
        acts = typist.page.locator(".hg-functionBtn")
        names = acts.evaluate_all("all => all.map((one) => one.ariaLabel ?? one.textContent.trim())")
        assert all(names)
        for key in ("backspace", "space"):
            named = typist.page.get_attribute(KEY.format(f"{{{key}}}"), "aria-label")
            assert named == texts(language).notes[f"key-{key}"]

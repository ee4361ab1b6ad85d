"""A visitor who types on the pole, for the stories of the keyboard."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

from kiosk.examples import example_journeys
from kiosk.gallery import show
from vertelpaal.words import Language

KEY = ".hg-row .hg-button[data-skbtn={!r}]"
MIDDLE = """(selector) => {
  const key = document.querySelector(selector);
  if (!key?.getClientRects().length) throw new Error(`${selector} is not shown`);
  const { left, top, width, height } = key.getBoundingClientRect();
  const middle = [left + width / 2, top + height / 2];
  if (!key.contains(document.elementFromPoint(...middle))) throw new Error(`${selector} is covered`);
  return middle;
}"""
"""Where a key is touched."""
CONSONANTS = "ሀለሐመሠረሰሸቀቐበቨተቸኀነኘአከኸወዐዘዠየደጀገጠጨጰጸፀፈፐ"
"""Those that Tigrinya is written with, in their first order."""


@dataclass
class Typist:
    """A visitor who types in one language, with one finger."""

    page: Page
    language: Language = "nl"
    serial: int = 0

    def sees(self, screen: str) -> None:
        self.serial += 1
        show(self.page, example_journeys(self.language)[screen], self.serial)

    def begins(self, language: Language) -> None:
        """Come to the empty text screen, in a language."""
        self.language = language
        self.sees("attract")
        self.sees("text")

    def has(self, key: str) -> bool:
        return self.page.locator(KEY.format(key)).count() > 0

    def touches(self, *keys: str) -> None:
        for key in keys:
            self._touches_middle_of(KEY.format(key))

    def types(self, text: str) -> None:
        for letter in text:
            self.types_letter("{space}" if letter == " " else letter)

    def types_letter(self, letter: str) -> None:
        """Look for a letter where it may be: here, among the other case, the signs, or the forms of its consonant."""
        for way in ("", "{shift}", "{symbols}", "{letters}", "{shift}"):
            if way and self.has(way):
                self.touches(way)
            if self.has(letter):
                self.touches(letter)
                return
        self.touches(first_order(letter))
        self.chooses(letter)

    def chooses(self, form: str) -> None:
        self._touches_middle_of(f".orders [data-order='{form}']")

    def _touches_middle_of(self, selector: str) -> None:
        """Touch a key at once: keys stand still, and one that something lies over cannot be touched."""
        self.page.mouse.click(*self.page.evaluate(MIDDLE, selector))

    @property
    def offered(self) -> str:
        """Return the forms that can be chosen."""
        return "".join(self.page.locator(".orders:not([hidden]) .hg-button").all_text_contents())

    @property
    def typed(self) -> str:
        return self.page.input_value("textarea")


def first_order(letter: str) -> str:
    """Return the form of an Ethiopic letter that its key shows: the first of its eight, or of the eight before."""
    first = ord(letter) - ord(letter) % 8
    return chr(first) if chr(first) in CONSONANTS else chr(first - 8)

"""Word errors: how far what was heard is from what was said, and how sure that figure is."""

from __future__ import annotations

import random
import re
import statistics
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

RESAMPLES = 1000
_DIGITS = ("nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf",
           "dertien", "veertien", "vijftien", "zestien", "zeventien", "achttien", "negentien")  # fmt: skip
_TENS = ("", "", "twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig")


class WordErrors(NamedTuple):
    """Words that were said, and how many were heard as another, not heard, and made up."""

    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def errors(self) -> int:
        """Return all errors together."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Return the word error rate: over 1 if more was made up than was said; 0 words count as 1."""
        return self.errors / max(1, self.words)


def add(counts: Sequence[WordErrors]) -> WordErrors:
    """Return counts together; a rate of the sum weighs each word the same."""
    return WordErrors(*(sum(numbers) for numbers in zip(*counts, strict=True)))


def words_of(text: str, language: str = "nl") -> list[str]:
    """Return a text's words as they are compared: lower case, no accents, apostrophes or punctuation.

    In Dutch a whole number up to 99 becomes the word that is said, and "7,5" becomes "zeven komma vijf".
    """
    letters = "".join(mark for mark in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(mark))
    if language == "nl":
        letters = re.sub(r"(?<=\d)[.,](?=\d{1,2}\b)", " komma ", letters)
    words = re.findall(r"[^\W_]+", re.sub(r"['’`]", "", letters))
    return [_as_said(word) if language == "nl" else word for word in words]


def _as_said(word: str) -> str:
    """Return the Dutch word for a number below 100, any other word as it is."""
    if not re.fullmatch(r"[0-9]{1,2}", word):
        return word
    tens, ones = divmod(int(word), 10)
    if tens < 2:
        return _DIGITS[int(word)]
    joined = "en" if ones else ""
    return f"{_DIGITS[ones] if ones else ''}{joined}{_TENS[tens]}"


def compare(said: Sequence[str], heard: Sequence[str]) -> WordErrors:
    """Count the fewest errors that turn what was said into what was heard (Levenshtein, 1966, over words)."""
    best = [WordErrors(0, insertions=column) for column in range(len(heard) + 1)]
    for row, word in enumerate(said, start=1):
        above, best = best, [WordErrors(row, deletions=row)]
        for column, other in enumerate(heard, start=1):
            slipped = above[column - 1]
            ways = (
                slipped._replace(words=row, substitutions=slipped.substitutions + (word != other)),
                above[column]._replace(words=row, deletions=above[column].deletions + 1),
                best[-1]._replace(insertions=best[-1].insertions + 1),
            )
            best.append(min(ways, key=lambda way: way.errors))
    return best[-1]


def interval(speakers: Sequence[WordErrors], rng: random.Random) -> tuple[float, float] | None:
    """Return the 95% interval of a word error rate by bootstrap over speakers; None for fewer than two.

    Whole speakers are drawn, for the errors of one go together (Bisani and Ney, ICASSP 2004). Where nobody has an
    error, both ends are 0: that says that none was seen, not that none will be.
    """
    if len(speakers) < 2:
        return None
    rates = [add(rng.choices(speakers, k=len(speakers))).rate for _ in range(RESAMPLES)]
    cuts = statistics.quantiles(rates, n=40, method="inclusive")
    return cuts[0], cuts[-1]

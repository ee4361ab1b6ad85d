"""In which languages a test of the screens runs each time, and which of them wait for `make proof`."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from kiosk.texts import written_languages
from vertelpaal.words import Language

EACH_DIRECTION = ("nl", "ar")
EACH_SCRIPT = ("nl", "uk", "ar", "ti")
"""Latin, Cyrillic, letters that join from right to left, and signs of a syllable."""


def sooner_or_later(languages: tuple[Language, ...], sooner: tuple[str, ...]) -> list[Any]:
    """Return one case for each language; those that are not among `sooner` wait for `make proof`."""
    return [pytest.param(one, marks=() if one in sooner else pytest.mark.proof) for one in languages]


DUTCH_SOONER = sooner_or_later(written_languages(), ("nl",))
EACH_KEYBOARD = sooner_or_later(tuple(one for one in get_args(Language) if one != "en"), EACH_SCRIPT)
"""One language for each keyboard: English is typed on the Dutch one."""

"""The languages that the screens are tested in: one of each direction always, the others in `make proof`."""

from __future__ import annotations

import pytest

from kiosk.texts import written_languages

EACH_DIRECTION = ("nl", "ar")
TESTED = [
    pytest.param(language, marks=() if language in EACH_DIRECTION else pytest.mark.proof)
    for language in written_languages()
]

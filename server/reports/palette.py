"""The colours of the house style, out of its one file of tokens."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from vertelpaal.errors import SettingsError

_COLOUR = re.compile(r"--([a-z0-9-]+):\s*(#[0-9a-fA-F]{6});")

NAMES = ("paper", "paper-raised", "paper-sunken", "ink", "ink-soft", "line", "line-soft", "accent", "calm", "calm-soft")
"""The colours that a report uses."""


@cache
def palette() -> dict[str, str]:
    """Return the colours of a report by the name of their token, as #rrggbb.

    Raises:
        SettingsError: names the token that the house style lacks.
    """
    tokens = files("vertelpaal").joinpath("style", "tokens.css").read_text("utf-8")
    colours = dict(_COLOUR.findall(tokens))
    for name in NAMES:
        if name not in colours:
            raise SettingsError(f"style/tokens.css: --{name} is no colour written as #rrggbb")
    return {name: colours[name] for name in NAMES}

"""Settings that both sides share: where data lives. Every setting is an environment variable VERTELPAAL_…"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from vertelpaal.errors import SettingsError
from vertelpaal.words import first_problem

PREFIX = "VERTELPAAL_"
SETTINGS_FILE = "settings.env"
MISSING = f"missing; set it in the environment or in {SETTINGS_FILE} of the home folder (docs/settings.md)"
_NO_FIELDS = frozenset({f"{PREFIX}CHROMIUM", f"{PREFIX}ADDRESS"})
"""Settings of the browser's and the proxy's own."""
DEFAULT_HOME = Path("~/.local/share/vertelpaal")


def home_folder() -> Path:
    """Return the folder where data lives: VERTELPAAL_HOME, or the user's own."""
    return Path(os.environ.get(f"{PREFIX}HOME") or DEFAULT_HOME.expanduser()).absolute()


class Settings(BaseSettings):
    """The base of both sides' settings: from the environment, then from `settings.env` in the home folder."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    home: Path

    @classmethod
    def load(cls) -> Self:
        """Read the settings.

        Raises:
            SettingsError: names the first setting that is missing or makes no sense.
        """
        home = home_folder()
        try:
            return cls(_env_file=home / SETTINGS_FILE, home=home)
        except ValidationError as error:
            raise SettingsError(_named(error)) from None
        except UnicodeDecodeError as error:
            raise SettingsError(f"{home / SETTINGS_FILE} is not a text in UTF-8") from error


def unknown_settings(known: Iterable[type[Settings]]) -> list[str]:
    """Return what is set in the environment or in `settings.env` and is no setting, such as a misspelt one."""
    names = {f"{PREFIX}{name.upper()}" for kind in known for name in kind.model_fields} | _NO_FIELDS
    said = {*os.environ, *dotenv_values(home_folder() / SETTINGS_FILE)}
    return sorted(name for name in said if name.upper().startswith(PREFIX) and name.upper() not in names)


def _named(error: ValidationError) -> str:
    name, _, problem = first_problem(error).partition(": ")
    if problem == "Field required":
        problem = MISSING
    return f"{PREFIX}{name.upper()}: {problem}"

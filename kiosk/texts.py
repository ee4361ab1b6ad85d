"""What the pole writes and says, in each language that it speaks: one catalogue of texts for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from vertelpaal.errors import SettingsError
from vertelpaal.withdrawal import ALPHABET
from vertelpaal.words import Language, Word, first_problem

TEXTS_FOLDER = Path(__file__).parent / "screen" / "texts"
SOUNDS = ("touch", "cue")
"""Sounds without words, the same in every language, in the folder `sounds` of the prompts."""


class _Catalogue(Word):
    name: str
    needs_check: bool
    says: dict[str, str]
    labels: dict[str, str]
    notes: dict[str, str]
    pictures: dict[str, str]


@dataclass(frozen=True)
class Texts:
    """The texts of one language.

    `says` holds the sentence of each screen, which is written and spoken; `labels` the names of controls, by action
    or, where a screen has its own, by `screen/action`; `notes` what only stands beside something; `pictures` the names
    of the pictures of a withdrawal code. `needs_check`: a native speaker should read it before a library offers it.
    """

    language: Language
    name: str
    needs_check: bool
    says: Mapping[str, str]
    labels: Mapping[str, str]
    notes: Mapping[str, str]
    pictures: Mapping[str, str]

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the keys that Dutch has and this catalogue lacks."""
        dutch = texts("nl")
        parts = ("says", "labels", "notes", "pictures")
        return tuple(
            f"{part}/{key}" for part in parts for key in getattr(dutch, part) if key not in getattr(self, part)
        )

    def label_key(self, screen: str, action: str) -> str:
        """Return under which key the label of this control stands."""
        own = f"{screen}/{action}"
        return own if own in self.labels else action

    def label(self, screen: str, action: str) -> str:
        """Return the name of a control on a screen."""
        return self.labels[self.label_key(screen, action)]

    @property
    def prompts(self) -> dict[str, str]:
        """Return everything that is spoken in this language: the text of each prompt, by name."""
        return {
            **self.says,
            **{label_prompt(key): text for key, text in self.labels.items()},
            **{character_prompt(character): character for character in ALPHABET},
            **{picture_prompt(picture): name for picture, name in self.pictures.items()},
            "name": self.name,
        }


def label_prompt(key: str) -> str:
    """Return the name of the prompt that speaks a label."""
    return "label-" + key.replace("/", "-").replace(":", "-")


def character_prompt(character: str) -> str:
    """Return the name of the prompt that speaks one character of a withdrawal code."""
    return f"character-{character.lower()}"


def picture_prompt(picture: str) -> str:
    """Return the name of the prompt that names one picture of a withdrawal code."""
    return f"picture-{picture}"


def prompt_url(folder: str, name: str) -> str:
    """Return where the screen fetches a prompt (folder is a language) or a sound (folder is `sounds`)."""
    return f"/prompts/{folder}/{name}.webm"


@cache
def texts(language: Language) -> Texts:
    """Return the texts of a language that the pole speaks.

    Raises:
        SettingsError: there is no catalogue of this language, or it is not whole.
    """
    path = TEXTS_FOLDER / f"{language}.json"
    try:
        found = _Catalogue.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise SettingsError(f"the pole has no texts in {language}: {path.name} is missing") from None
    except ValidationError as error:
        raise SettingsError(f"{path.name}: {first_problem(error)}") from None
    return Texts(language, found.name, found.needs_check, found.says, found.labels, found.notes, found.pictures)


def written_languages() -> tuple[Language, ...]:
    """Return the languages in which the pole has its texts, Dutch first."""
    return tuple(language for language in get_args(Language) if (TEXTS_FOLDER / f"{language}.json").is_file())

"""What the pole writes and says, in each language that it speaks: one catalogue of texts for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from vertelpaal.errors import SettingsError
from vertelpaal.withdrawal import ALPHABET
from vertelpaal.words import Language, Word, first_problem

TEXTS_FOLDER = Path(__file__).parent / "screen" / "texts"
SOUNDS = ("touch", "cue")
"""Sounds without words, the same in every language, in the folder `sounds` of the prompts."""


class _Catalogue(Word):
    name: str
    says: dict[str, str]
    labels: dict[str, str]
    notes: dict[str, str]


@dataclass(frozen=True)
class Texts:
    """The texts of one language.

    `says` holds the sentence of each screen, which is written and spoken; `labels` the names of controls, by action
    or, where a screen has its own, by `screen/action`; `notes` what only stands beside something.
    """

    language: Language
    name: str
    says: Mapping[str, str]
    labels: Mapping[str, str]
    notes: Mapping[str, str]

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
            "name": self.name,
        }


def label_prompt(key: str) -> str:
    """Return the name of the prompt that speaks a label."""
    return "label-" + key.replace("/", "-").replace(":", "-")


def character_prompt(character: str) -> str:
    """Return the name of the prompt that speaks one character of a withdrawal code."""
    return f"character-{character.lower()}"


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
    return Texts(language, found.name, found.says, found.labels, found.notes)

"""The catalogue: which speech models this house knows, read strictly from `catalog.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from vertelpaal.errors import ModelError, NotFound
from vertelpaal.words import Sha256, Slug, Word, first_problem

CATALOG_FILE = Path(__file__).parent / "catalog.toml"

Device = Literal["cpu", "cuda"]
FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+\.[a-z]+$", max_length=64)]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]

ALWAYS_NEEDED = frozenset({"config.json", "model.bin", "tokenizer.json"})
"""Without its tokenizer.json a model would be completed from the network when it is loaded."""
VOCABULARIES = frozenset({"vocabulary.txt", "vocabulary.json"})


class ModelFile(Word):
    """One file of a model; `size` in bytes."""

    name: FileName
    size: Annotated[int, Field(gt=0)]
    sha256: Sha256


class Model(Word):
    """A speech model: where it comes from, what it consists of, what it knows and how it is decoded.

    `repository` is None for a model that comes with the code. `languages` names one of the catalogue's families.
    """

    name: Slug
    repository: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,40}$")]
    licence: str
    languages: Slug
    beam_size: Annotated[int, Field(ge=1, le=10)]
    files: Annotated[tuple[ModelFile, ...], Field(strict=False)]

    @property
    def size(self) -> int:
        """Return how many bytes all of its files take."""
        return sum(file.size for file in self.files)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        names = {file.name for file in self.files}
        if len(names) != len(self.files) or not names >= ALWAYS_NEEDED or not names & VOCABULARIES:
            raise ValueError(f"{self.name}: files twice, or one of {sorted(ALWAYS_NEEDED)} or a vocabulary missing")
        return self


class Catalog(Word):
    """The models this house knows, and which one it takes by itself on each device."""

    hub: Annotated[str, StringConstraints(pattern=r"^https://[^/]+$")]
    choice: dict[Device, Slug]
    languages: dict[Slug, Annotated[tuple[LanguageCode, ...], Field(strict=False)]]
    models: Annotated[tuple[Model, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        names = [model.name for model in self.models]
        if len(set(names)) != len(names) or not set(self.choice.values()) <= set(names):
            raise ValueError("a model's name is there twice, or the choice is not in the catalogue")
        if not {model.languages for model in self.models} <= set(self.languages):
            raise ValueError("a model speaks a family of languages that is not in the catalogue")
        return self

    def find(self, name: str) -> Model:
        """Return a model by its name.

        Raises:
            NotFound: there is none; the sentence tells which there are.
        """
        for model in self.models:
            if model.name == name:
                return model
        raise NotFound(f"no speech model is called {name}; there are: {', '.join(model.name for model in self.models)}")

    def languages_of(self, model: Model) -> frozenset[str]:
        """Return the languages that a model knows, as ISO 639-1 codes (a few as Whisper has them)."""
        return frozenset(self.languages[model.languages])

    def choose(self, wanted: str, device: Device) -> Model:
        """Return the model that a setting means: `auto` depends on the device.

        Raises:
            NotFound: there is no such model.
        """
        return self.find(self.choice[device] if wanted == "auto" else wanted)


def read_catalog(file: Path) -> Catalog:
    """Read a catalogue.

    Raises:
        ModelError: it is no catalogue; names the first thing that is wrong.
    """
    try:
        return Catalog.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{file.name}: {error}") from error
    except ValidationError as error:
        raise ModelError(f"{file.name}: {first_problem(error)}") from None


@cache
def catalog() -> Catalog:
    """Return the catalogue that comes with the code."""
    return read_catalog(CATALOG_FILE)

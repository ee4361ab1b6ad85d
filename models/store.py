"""The store: which speech models are installed, and whether they are what they say.

A model lies in a folder of its own name, beside it a manifest `model.json`. It gets there by one rename, after all of
its files were verified; so a folder with a manifest is a whole model, and anything else is none.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from models.catalog import Catalog, Device, Model, ModelFile, catalog
from vertelpaal.durable import sync_folder, write_durably
from vertelpaal.errors import InvalidInput, ModelError, NotFound
from vertelpaal.words import Sha256, Slug, Word

MANIFEST = "model.json"
SHIPPED = Path(__file__).parent / "mini"
"""The model that comes with the code."""


class Manifest(Word):
    """What lies in a model's folder: written when it is installed, held against its files ever after."""

    name: Slug
    revision: str
    sha256: Sha256
    files: Annotated[tuple[ModelFile, ...], Field(strict=False)]


@dataclass(frozen=True)
class InstalledModel:
    """A model that is here. `sha256` is over all of its files and goes with each transcript it makes."""

    name: str
    revision: str
    sha256: str
    folder: Path
    files: tuple[ModelFile, ...]
    languages: frozenset[str]
    beam_size: int


def overall_sha256(files: tuple[ModelFile, ...]) -> str:
    """Return one hash over a model: that of the lines `sha256sum` writes for its files, sorted by name."""
    lines = "".join(f"{file.sha256}  {file.name}\n" for file in sorted(files, key=lambda file: file.name))
    return hashlib.sha256(lines.encode()).hexdigest()


def find_model(folder: Path, wanted: str, device: Device, *, known: Catalog | None = None) -> InstalledModel | None:
    """Return the model that a setting means if it is installed; `auto` depends on the device.

    It looks at names and sizes, not at every byte: `verify` does that.

    Raises:
        NotFound: no model is called so.
        ModelError: it is there, but incomplete.
    """
    known = known or catalog()
    model = known.choose(wanted, device)
    place = place_of(folder, model)
    return _read(place, model, known) if (place / MANIFEST).is_file() else None


def place_of(folder: Path, model: Model) -> Path:
    """Return where a model lies once it is installed."""
    return folder / model.name if model.repository else SHIPPED


def verify(installed: InstalledModel) -> None:
    """Hold every byte of an installed model against its manifest; takes seconds for a large one.

    Raises:
        ModelError: a file is missing or changed; names it.
    """
    for file in installed.files:
        check_file(installed.folder / file.name, file)


def check_file(path: Path, file: ModelFile) -> None:
    """Hold a file against what it should be.

    Raises:
        ModelError: it is missing, or has another size or hash.
    """
    _check_size(path, file)
    with open(path, "rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != file.sha256:
        raise ModelError(f"{path} is changed or damaged: its SHA-256 is {found}, not {file.sha256}")


def install(staging: Path, folder: Path, model: Model, *, known: Catalog | None = None) -> InstalledModel:
    """Make a model of the files in a staging folder, which lies in `folder`; it takes the place of what was there.

    Raises:
        ModelError: a file is missing or is not what the catalogue says; nothing is installed.
        StorageFull: there is no room for the manifest.
    """
    for file in model.files:
        check_file(staging / file.name, file)
        _sync(staging / file.name)
    manifest = Manifest(name=model.name, revision=model.revision, sha256=overall_sha256(model.files), files=model.files)
    write_durably(staging / MANIFEST, lambda opened: opened.write(manifest.model_dump_json(indent=2).encode() + b"\n"))
    place = place_of(folder, model)
    retired = folder / f".{model.name}.retired"
    shutil.rmtree(retired, ignore_errors=True)
    if place.exists():
        os.rename(place, retired)
    os.rename(staging, place)
    sync_folder(folder)
    shutil.rmtree(retired, ignore_errors=True)
    return _read(place, model, known or catalog())


def _read(place: Path, model: Model, known: Catalog) -> InstalledModel:
    """Read an installed model's manifest and hold the sizes of its files against it."""
    try:
        manifest = Manifest.from_json((place / MANIFEST).read_bytes())
    except InvalidInput as error:
        raise ModelError(f"{place / MANIFEST} cannot be read: {error}") from error
    if manifest.name != model.name or manifest.sha256 != overall_sha256(manifest.files):
        raise ModelError(f"{place / MANIFEST} was changed: it does not agree with itself")
    for file in manifest.files:
        _check_size(place / file.name, file)
    return InstalledModel(
        name=model.name,
        revision=manifest.revision,
        sha256=manifest.sha256,
        folder=place,
        files=manifest.files,
        languages=known.languages_of(model),
        beam_size=model.beam_size,
    )


def _sync(path: Path) -> None:
    """Make a file's bytes durable before its name is."""
    with open(path, "rb") as opened:
        os.fsync(opened.fileno())


def _check_size(path: Path, file: ModelFile) -> None:
    if not path.is_file():
        raise ModelError(f"{path} is missing")
    size = path.stat().st_size
    if size != file.size:
        raise ModelError(f"{path} is incomplete or changed: {size} bytes, not {file.size}")


def find_installed(folder: Path, *, known: Catalog | None = None) -> dict[str, InstalledModel | ModelError]:
    """Return by name every model of the catalogue that is here, or what is wrong with it."""
    known = known or catalog()
    found: dict[str, InstalledModel | ModelError] = {}
    for model in known.models:
        try:
            installed = find_model(folder, model.name, "cpu", known=known)
        except ModelError as error:
            found[model.name] = error
        else:
            if installed:
                found[model.name] = installed
    return found


def identify(folder: Path, *, known: Catalog | None = None) -> Model:
    """Tell which model of the catalogue lies in a folder, by the size of its model.bin.

    Raises:
        NotFound: there is no model.bin, or it is none of the catalogue's.
    """
    known = known or catalog()
    weights = folder / "model.bin"
    if not weights.is_file():
        raise NotFound(f"{folder} has no model.bin, so it is no speech model")
    size = weights.stat().st_size
    for model in known.models:
        if any(file.name == weights.name and file.size == size for file in model.files):
            return model
    raise NotFound(f"{weights} ({size} bytes) is the model.bin of no model in the catalogue")

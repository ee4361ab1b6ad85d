"""Put a converted model where the code ships it, with its manifest; print what the catalogue has to say of it.

    python -m models.mini.recipe.ship FOLDER REVISION

The lines it prints take the place of the old ones in `models/catalog.toml`; a test holds the two against each other.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

import click

from models.catalog import ModelFile
from models.store import MANIFEST, SHIPPED, Manifest, overall_sha256

FILES = ("config.json", "model.bin", "preprocessor_config.json", "tokenizer.json", "vocabulary.json")
MOST_BYTES = 4_000_000
"""It lies in git, so it stays small."""


def ship(folder: Path, revision: str, place: Path = SHIPPED) -> Manifest:
    """Copy the files of a converted model and write its manifest.

    Raises:
        ValueError: it is too large for git.
    """
    files = tuple(_describe(folder / name) for name in FILES)
    if (size := sum(file.size for file in files)) > MOST_BYTES:
        raise ValueError(f"{folder} has {size} bytes, more than {MOST_BYTES}")
    for name in FILES:
        shutil.copyfile(folder / name, place / name)
    manifest = Manifest(name="mini", revision=revision, sha256=overall_sha256(files), files=files)
    (place / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def _describe(file: Path) -> ModelFile:
    content = file.read_bytes()
    return ModelFile(name=file.name, size=len(content), sha256=hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    shipped = ship(Path(sys.argv[1]), sys.argv[2])
    click.echo(f'revision = "{shipped.revision}"')
    for part in shipped.files:
        click.echo(f'    {{ name = "{part.name}", size = {part.size}, sha256 = "{part.sha256}" }},')

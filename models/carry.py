"""Carrying a model in from a folder, such as a stick: for a server without internet."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from models.catalog import Catalog, Model
from models.fetch import Progress
from models.store import InstalledModel, install
from vertelpaal.durable import OUT_OF_ROOM
from vertelpaal.errors import ModelError, StorageFull

_CHUNK_BYTES = 1 << 20


def carry(
    source: Path, model: Model, folder: Path, progress: Progress, *, known: Catalog | None = None
) -> InstalledModel:
    """Copy a model's files from `source`, verify the copies and install them; other files stay behind.

    Raises:
        ModelError: files are missing, all named, or one is not what the catalogue says; nothing is installed.
        StorageFull: there is no room; nothing is left behind.
    """
    if model.repository is None:
        raise ModelError(f"the model {model.name} comes with the code; there is nothing to import")
    missing = [file.name for file in model.files if not (source / file.name).is_file()]
    if missing:
        raise ModelError(f"{source} is not the whole model {model.name}; missing: {', '.join(missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{model.name}.carry-", dir=folder))
    staging.chmod(0o755)  # the worker may be another user than who imports
    try:
        for file in model.files:
            _copy(source / file.name, staging / file.name, progress)
        return install(staging, folder, model, known=known)
    except OSError as error:
        if error.errno in OUT_OF_ROOM:
            raise StorageFull(f"no room for {model.name} in {folder}") from error
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _copy(source: Path, target: Path, progress: Progress) -> None:
    with open(source, "rb") as reader, open(target, "wb") as writer:
        while chunk := reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            progress(len(chunk))

"""Fetching a model: file by file into a staging folder, resumed after a cut, verified, and only then installed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from models.catalog import Catalog, Model, ModelFile
from models.hub import Hub, InterruptedTransferError
from models.store import InstalledModel, check_file, install
from vertelpaal.durable import OUT_OF_ROOM
from vertelpaal.errors import Conflict, ModelError, StorageFull

_CHUNK_BYTES = 64 << 10
"""Little is lost where the line is cut in the middle of one."""
_TRIES = 6
"""How often in a row the line may be cut without a single byte gained."""
_SPARE_BYTES = 256 << 20
"""Room that stays free: the same disk takes the envelopes of the poles."""

Progress = Callable[[int], object]
"""Is told each time how many bytes came in; a negative number when a file starts over."""


@dataclass(frozen=True)
class Fetcher:
    """Fetches models from a hub; `pause` takes seconds, `free_bytes` tells the room on a folder's disk."""

    hub: Hub
    pause: Callable[[float], object]
    free_bytes: Callable[[Path], int]

    def fetch(self, model: Model, folder: Path, progress: Progress, *, known: Catalog | None = None) -> InstalledModel:
        """Bring a model into `folder`; what an earlier try left is used.

        Raises:
            ModelError: the hub does not give it, or gives something else; a bad file is removed.
            Conflict: somebody else is fetching a model into this folder.
            StorageFull: there is no room; nothing of it is left.
        """
        if model.repository is None:
            raise ModelError(f"the model {model.name} comes with the code; there is nothing to fetch")
        folder.mkdir(parents=True, exist_ok=True)
        staging = folder / f".{model.name}.staging"
        with _alone(folder):
            staging.mkdir(exist_ok=True)
            try:
                self._check_room(model, staging)
                for file in model.files:
                    self._bring(model, file, staging, progress)
                return install(staging, folder, model, known=known)
            except StorageFull:
                # half a model is of no use on a full disk, and the poles' envelopes need the room
                shutil.rmtree(staging)
                raise

    def _check_room(self, model: Model, staging: Path) -> None:
        needed = model.size - sum(path.stat().st_size for path in staging.iterdir()) + _SPARE_BYTES
        free = self.free_bytes(staging)
        if free < needed:
            raise StorageFull(f"{model.name} needs {needed >> 20} MB of room on this disk; there are {free >> 20} MB")

    def _bring(self, model: Model, file: ModelFile, staging: Path, progress: Progress) -> None:
        """Bring one file, going on after each cut as long as that helps."""
        done, part = staging / file.name, staging / f"{file.name}.part"
        if done.exists():
            progress(file.size)
            return
        progress(_length(part))
        failures = 0
        while _length(part) < file.size:
            before = _length(part)
            try:
                self._append(model, file, part, progress)
            except InterruptedTransferError as error:
                failures = 0 if _length(part) > before else failures + 1
                if failures >= _TRIES:
                    raise ModelError(f"{file.name} did not come in whole: {error}; try again to go on") from error
                self.pause(2.0**failures)
        try:
            check_file(part, file)
        except ModelError:
            part.unlink()
            raise
        part.rename(done)

    def _append(self, model: Model, file: ModelFile, part: Path, progress: Progress) -> None:
        """Append to a part what is missing of it.

        Raises:
            InterruptedTransferError: the line was cut; what came in is kept.
            ModelError: more came in than the file is long; the part is removed.
            StorageFull: there is no room.
        """
        with self.hub.open(model, file, _length(part)) as answer:
            if answer.status_code == 200:
                progress(-_length(part))
                part.unlink(missing_ok=True)
            try:
                with open(part, "ab") as opened:
                    for chunk in answer.iter_content(_CHUNK_BYTES):
                        opened.write(chunk)
                        progress(len(chunk))
                        if opened.tell() > file.size:
                            raise ModelError(f"the hub gives more than the {file.size} bytes of {file.name}")
            except requests.RequestException as error:
                raise InterruptedTransferError(f"the line was cut ({type(error).__name__})") from error
            except ModelError:
                part.unlink()
                raise
            except OSError as error:
                if error.errno in OUT_OF_ROOM:
                    raise StorageFull(f"no room for {file.name}") from error
                raise
        if _length(part) < file.size:
            raise InterruptedTransferError("the answer ended early")


def free_bytes(folder: Path) -> int:
    """Return the room on a folder's disk."""
    return shutil.disk_usage(folder).free


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep others from fetching into the same folder meanwhile; the lock of a process that died is no lock."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Conflict(f"a model is being fetched into {folder} already") from error
    finally:
        os.close(descriptor)

"""Files that survive a power cut: written aside, synced, renamed, and the folder synced too."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from vertelpaal.errors import StorageFull

OUT_OF_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_durably(target: Path, write: Callable[[IO[bytes]], object], reserved: Path | None = None) -> None:
    """Make `target` hold exactly what `write` puts into the file it is given, or leave it as it was.

    After a return the bytes and the name are on the disk; after a crash the name is there with all of its bytes or
    not at all. `reserved` is a file with room taken ahead, which is used up.

    Raises:
        StorageFull: there is no room; nothing is left behind.
    """
    part = reserved or target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.part")
    with out_of_room(target.name):
        try:
            with open(part, "r+b" if reserved else "wb") as file:
                write(file)
                if reserved:
                    file.truncate()
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, target)
            sync_folder(target.parent)
        except BaseException:
            with suppress(OSError):  # what went wrong first is what matters; a start removes halves too
                part.unlink(missing_ok=True)
            raise


def reserve(file: Path, size: int) -> None:
    """Let `file` hold room for so many bytes, which nobody else gets; it never gives any back.

    Raises:
        StorageFull: there is no room; what was held before still is.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        held = os.fstat(descriptor).st_size
        if held >= size:
            return
        with out_of_room(f"{size} bytes more"):
            try:
                os.posix_fallocate(descriptor, 0, size)
            except OSError:
                os.ftruncate(descriptor, held)
                raise
    finally:
        os.close(descriptor)


@contextmanager
def out_of_room(what: str) -> Iterator[None]:
    """Call a full disk, a quota and a limit by one name.

    Raises:
        StorageFull: there is no room for `what`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in OUT_OF_ROOM:
            raise StorageFull(f"no room for {what} now") from error
        raise


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, if it is not there, and make its name durable either way.

    A folder that was made and not synced takes everything in it along in a power cut, however well that was synced.
    """
    if not folder.parent.exists():
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True, mode=0o700)
    sync_folder(folder.parent)


def remove_halves(folder: Path) -> None:
    """Remove what a crash left half written in a folder that only this process writes durably."""
    for half in folder.glob(".*.part"):
        half.unlink()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable (a rename is only that once its folder is synced)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(file: Path) -> None:
    """Make the bytes of a file durable that somebody else wrote."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_durably(source: Path, target: Path) -> None:
    """Make `target` a durable copy of `source`, or leave it as it was.

    Raises:
        StorageFull: there is no room; nothing is left behind.
    """
    with open(source, "rb") as file:
        write_durably(target, lambda copy: shutil.copyfileobj(file, copy))


def remove_durably(target: Path) -> None:
    """Remove a file if it is there, and make that survive a power cut."""
    target.unlink(missing_ok=True)
    sync_folder(target.parent)

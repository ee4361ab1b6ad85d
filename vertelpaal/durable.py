"""Files that survive a power cut: written aside, synced, renamed, and the folder synced too."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from vertelpaal.errors import StorageFull

OUT_OF_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_durably(target: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Make `target` hold exactly what `write` puts into the file it is given, or leave it as it was.

    After a return the bytes and the name are on the disk; after a crash the name is there with all of its bytes or
    not at all.

    Raises:
        StorageFull: there is no room; nothing is left behind.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with open(part, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
        sync_folder(target.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno in OUT_OF_ROOM:
            raise StorageFull(f"no room for {target.name}") from error
        raise
    except BaseException:
        part.unlink(missing_ok=True)
        raise


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

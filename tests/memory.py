"""A folder in memory, for what tests write and nobody keeps."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")


def memory_with_room(needed_bytes: int) -> Path | None:
    """Return shared memory where it can be written and has so much free; None where tests write to a disk."""
    roomy = os.access(SHARED_MEMORY, os.W_OK) and shutil.disk_usage(SHARED_MEMORY).free > needed_bytes
    return SHARED_MEMORY if roomy else None

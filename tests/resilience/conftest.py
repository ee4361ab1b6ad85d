"""Where stories are played: in memory, as `Disk` decides what a power cut leaves and nothing waits for a real one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.memory import memory_with_room
from tests.resilience.story import Props, prepare

NEEDED_BYTES = 256 * 2**20


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """Yield an empty folder in memory; on a disk where memory is scarce."""
    folder = Path(tempfile.mkdtemp(prefix="vp-crash-", dir=memory_with_room(NEEDED_BYTES) or tmp_path))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(memory: Path) -> Path:
    """Return where the library and the pole of the story live."""
    return memory / "home"


@pytest.fixture
def props(home: Path) -> Props:
    """Set up the library and the pole of the story."""
    return prepare(home)

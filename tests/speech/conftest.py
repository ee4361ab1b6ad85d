from __future__ import annotations

from pathlib import Path

import pytest

from models.store import find_model
from server.speech.whisper import WhisperTranscriber, load_whisper


@pytest.fixture(scope="session")
def mini() -> WhisperTranscriber:
    """The real mini model, loaded once and kept warm, as a worker does."""
    installed = find_model(Path("nowhere"), "mini", "cpu")
    assert installed is not None
    return load_whisper(installed, "cpu")

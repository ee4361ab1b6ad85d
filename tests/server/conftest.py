"""What tests of the server's commands may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.makers import WITHDRAWAL_KEY, SampleLibrary


@pytest.fixture
def machine(sample: SampleLibrary, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands work on the sample library, as on the machine of its server."""
    home = tmp_path / "machine"
    home.mkdir()
    (home / "server").symlink_to(sample.home)
    environment = {
        "HOME": str(home),
        "DATABASE_URL": database_url,
        "SECRET_KEY": "s" * 40,
        "WITHDRAWAL_KEY": WITHDRAWAL_KEY.decode(),
    }
    for name, value in environment.items():
        monkeypatch.setenv(f"VERTELPAAL_{name}", value)

"""Where PostgreSQL's programs are. The tests start a server of their own with them."""

from __future__ import annotations

import shutil
from pathlib import Path

from setup.system import SystemPackage

DEBIAN = Path("/usr/lib/postgresql")


def find_postgres(debian: Path = DEBIAN) -> Path | None:
    """Return the folder with `initdb` and `postgres` of the newest version here, or None."""
    versions = sorted(debian.glob("*/bin"), key=lambda folder: _number(folder.parent.name), reverse=True)
    on_path = shutil.which("initdb") if debian == DEBIAN else None
    for folder in [*versions, *([Path(on_path).resolve().parent] if on_path else [])]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def postgres_package() -> SystemPackage:
    """Return the Debian package that brings PostgreSQL."""
    return SystemPackage("postgresql", "the second database that the tests run on", lambda: find_postgres() is not None)


def _number(version: str) -> float:
    try:
        return float(version)
    except ValueError:
        return 0

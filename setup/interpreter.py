"""Which Python the house is built with, and the virtual environment it lives in."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from setup.errors import CannotPrepare
from setup.progress import Follower, nothing
from setup.system import SystemPackage

OLDEST = (3, 11)
KNOWN = ("python3.11", "python3.12", "python3.13", "python3.14")


def newer_python(
    version: Sequence[int] = tuple(sys.version_info[:2]), find: Callable[[str], str | None] = shutil.which
) -> str | None:
    """Return the Python to start again with, or None when this one will do.

    Raises:
        CannotPrepare: no Python here is new enough.
    """
    if tuple(version[:2]) >= OLDEST:
        return None
    for name in KNOWN:
        found = find(name)
        if found is not None:
            return found
    raise CannotPrepare(
        f"This needs Python {OLDEST[0]}.{OLDEST[1]} or newer; python3 here is {version[0]}.{version[1]}.\n"
        "Debian 12 and Ubuntu 24.04 have it. With another one installed: make PYTHON=/path/to/python3.12 …"
    )


def venv_package() -> SystemPackage:
    """Return the Debian package without which this Python makes no virtual environment."""
    return SystemPackage(
        f"python{sys.version_info[0]}.{sys.version_info[1]}-venv",
        "makes the virtual environment that everything is installed in",
        lambda: importlib.util.find_spec("ensurepip") is not None and importlib.util.find_spec("venv") is not None,
    )


def is_sound(venv: Path) -> bool:
    """Tell whether a virtual environment works, is new enough, and was made in this place.

    One that was moved or copied has programs that still start the Python of the old place.
    """
    python, pip = venv / "bin" / "python", venv / "bin" / "pip"
    if not python.exists() or not pip.exists():
        return False
    question = f"import sys, pip; sys.exit(sys.version_info[:2] < {OLDEST})"
    if subprocess.run([str(python), "-c", question], capture_output=True, check=False).returncode:
        return False
    with pip.open(encoding="utf-8", errors="replace") as program:
        return program.read(500).find(str(venv / "bin")) > 0


def make_venv(venv: Path, follow: Follower) -> None:
    """Make the virtual environment anew with this Python."""
    follow.run([sys.executable, "-m", "venv", "--clear", venv], nothing)

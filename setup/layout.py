"""Where installed things go: inside the clone, outside git."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
BUILD = ROOT / "build"
VENDOR = BUILD / "vendor"
FONTS = BUILD / "fonts"
BROWSERS = BUILD / "browsers"
LOG = BUILD / "setup.log"
LOCKS = ROOT / "locks"

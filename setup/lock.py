"""Write the locks anew: `make lock`. What a lock has already stays, unless --upgrade is given."""

from __future__ import annotations

import os
import subprocess
import sys

from setup.front_end import NPM
from setup.layout import PYTHON, ROOT, VENV

LOCKS = {
    "kiosk": ["kiosk", "build"],
    "server": ["server", "build"],
    "everything": ["kiosk", "server", "build", "dev"],
}
"""Each lock and the extras it covers; `build` makes front end, fonts and prompts on the machine that shows them."""

HASHES_WITHOUT_ADDRESSES = ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header"]


def compile_command(name: str, extras: list[str], options: list[str]) -> list[str]:
    """Return the command that writes one lock; it works for every system and Python from 3.11 on."""
    chosen = [word for extra in extras for word in ("--extra", extra)]
    # setuptools is part of `build`: the house is built with it, and without isolation.
    return [
        *(str(VENV / "bin" / "uv"), "pip", "compile", "--quiet", "--python-version", "3.11", "--allow-unsafe"),
        *HASHES_WITHOUT_ADDRESSES,
        *chosen,
        *options,
        *("--output-file", f"locks/{name}.txt", "pyproject.toml"),
    ]


def main(options: list[str]) -> int:
    """Write all locks; return the exit status of what failed, or 0."""
    environment = {**os.environ, "UV_PYTHON": str(PYTHON)}
    commands = [compile_command(name, extras, options) for name, extras in LOCKS.items()]
    commands.append([str(PYTHON), "-c", NPM, "update" if options else "install", "--package-lock-only"])
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The dependency check: `make audit` asks pip-audit which pinned Python packages have a known vulnerability."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from setup.layout import LOCKS, VENV

KNOWN, NOT_CHECKED = 1, 2
"""The exit statuses besides 0: there are vulnerabilities, or nobody could be asked."""


def audit_command(report: Path, options: Sequence[str]) -> list[str]:
    """Return the command that checks the lock; it installs nothing and resolves nothing."""
    lock = ("--requirement", str(LOCKS / "everything.txt"), "--require-hashes", "--disable-pip", "--strict")
    told = ("--progress-spinner", "off", "--format", "markdown", "--output", str(report))
    return [str(VENV / "bin" / "pip-audit"), *lock, *told, *options]


def main(options: Sequence[str]) -> int:
    """Check, tell, and return 0, KNOWN or NOT_CHECKED.

    `options` go to pip-audit: `--vulnerability-service osv --osv-url ADDRESS` asks a database that is stored nearby.
    """
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.md"
        done = subprocess.run(audit_command(report, options), capture_output=True, text=True, check=False)
        found = report.read_text(encoding="utf-8") if report.exists() else ""
    if done.returncode == 0:
        print("No known vulnerabilities found")
        return 0
    if found:
        print(found)
        print("See docs/security.md for what to do.")
        return KNOWN
    last = done.stderr.strip().splitlines()[-1:] or ["pip-audit said nothing"]
    print(f"NOT CHECKED: the database of vulnerabilities could not be asked. {last[0]}", file=sys.stderr)
    print("Try again with network, or name a stored one (docs/security.md).", file=sys.stderr)
    return NOT_CHECKED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A machine that is a folder: the install scripts write into it, and no command touches the real one."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from setup.layout import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*/files/etc/systemd/system/*.service"))


@dataclass(frozen=True)
class Machine:
    """A folder that stands for the root of a machine."""

    root: Path

    def runs(self, script: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a script of deploy/ with this folder as the machine; every name it looks up is an address already."""
        command = [str(DEPLOY / script), "--root", str(self.root), *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def installs(self, script: str, *options: str) -> str:
        """Run a script that must succeed, and return what it said."""
        done = self.runs(script, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def file(self, place: str) -> Path:
        """Return a file of the machine by its full name there."""
        return self.root / place.lstrip("/")

    def settings(self, name: str = "settings") -> dict[str, str]:
        """Return the settings in a file by their names."""
        lines = self.file(f"/etc/vertelpaal/{name}.env").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def everything(self) -> dict[str, tuple[int, bytes]]:
        """Return the mode and bytes of every file, and where every link leads."""
        return {
            str(path.relative_to(self.root)): (
                path.lstat().st_mode,
                str(path.readlink()).encode() if path.is_symlink() else path.read_bytes(),
            )
            for path in sorted(self.root.rglob("*"))
            if path.is_symlink() or path.is_file()
        }


@dataclass(frozen=True)
class Unit:
    """A unit of systemd: each setting with its values in order."""

    name: str
    values: dict[str, list[str]]

    def says(self, setting: str) -> str | None:
        """Return the last value of a setting, as systemd takes it."""
        return self.values[setting][-1] if setting in self.values else None


def read_unit(path: Path) -> Unit:
    """Read a unit; a line without `=` is a section or a comment."""
    values: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith(("#", "[")) and "=" in line:
            setting, _, value = line.partition("=")
            values.setdefault(setting, []).append(value)
    return Unit(path.stem, values)

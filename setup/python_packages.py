"""The Python packages of the lock, and the house itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from setup.layout import LOCKS, PYTHON, ROOT, VENV
from setup.progress import Count, Follower, nothing
from setup.stamp import Stamp, fingerprint

PIP_INSTALL = (PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps")
EXACTLY = (*PIP_INSTALL, "--no-compile", "--progress-bar=off", "--require-hashes", "--only-binary=:all:")
COMPILE = "import compileall, sysconfig; compileall.compile_dir(sysconfig.get_path('purelib'), quiet=1, workers=0)"
"""On every core, where pip uses one. A file that this Python cannot compile is named in the log and passed over."""
LARGE_DOWNLOAD = 30.0
"""In MB."""


@dataclass(frozen=True)
class PipNotice:
    """Notices how many packages pip has looked up, the large downloads, and the last long step."""

    collected: Count

    def __call__(self, line: str) -> str | None:
        """Return what to show for this line, if anything."""
        if line.startswith("Installing collected packages"):
            return "all here; unpacking and compiling them, which takes a minute"
        large = re.match(r"\s*Downloading (\S+) \(([\d.]+) MB\)", line)
        if large and float(large[2]) >= LARGE_DOWNLOAD:
            return f"downloading {large[1]}, {large[2]} MB"
        return self.collected(line)


def requirement_of(package: str, text: str) -> str:
    """Return the lines of a lock's text that name a package and its hashes; nothing if it does not name it."""
    found = re.search(rf"^{re.escape(package)}==(?:.*\\\n)*.*\n?", text, flags=re.MULTILINE)
    return found[0] if found else ""


def packages_stamp(lock: str) -> Stamp:
    """Return the stamp of a lock's packages."""
    return Stamp(VENV / "packages.stamp", fingerprint(LOCKS / f"{lock}.txt"))


def install_packages(lock: str, follow: Follower) -> None:
    """Install exactly what a lock names, refusing what has another hash; pip first, where the lock names it.

    That is the lock of everything, which has the most to install: the pip that comes with a Python may be years old,
    and 23.2 took half as long again for it as 26.3. A machine of a library gets no other pip than its Python's.
    """
    pip = requirement_of("pip", (LOCKS / f"{lock}.txt").read_text(encoding="utf-8"))
    if pip:
        pip_alone = VENV / "pip.txt"
        pip_alone.write_text(pip, encoding="utf-8")
        follow.run([*EXACTLY, "-r", pip_alone], nothing)
    follow.run([*EXACTLY, "-r", LOCKS / f"{lock}.txt"], PipNotice(Count("Collecting ")))
    follow.run([PYTHON, "-W", "ignore", "-c", COMPILE], nothing)


def house_stamp() -> Stamp:
    """Return the stamp of the editable install: it maps the folders that were there when it was made."""
    folders = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
    return Stamp(VENV / "house.stamp", fingerprint(ROOT / "pyproject.toml", *folders))


def install_house(follow: Follower) -> None:
    """Install this clone editable, building with the setuptools of the lock."""
    follow.run([*PIP_INSTALL, "--no-build-isolation", "--editable", ROOT], nothing)

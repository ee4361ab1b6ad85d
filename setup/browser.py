"""Which Chromium the browser stories drive."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from setup.errors import CannotPrepare
from setup.layout import BROWSERS, PYTHON
from setup.progress import Count, Follower
from setup.system import SystemPackage

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHELL_NAMES = ("chromium-headless-shell", "chrome-headless-shell")
ATOMIC = "libatomic.so.1"
OS_RELEASE = Path("/etc/os-release")


def find_chromium(
    environment: Mapping[str, str] = os.environ,
    find: Callable[[str], str | None] = shutil.which,
    own: Path = BROWSERS,
) -> Path | None:
    """Return the program: VERTELPAAL_CHROMIUM, else the system's, else Playwright's own, else None."""
    chosen = environment.get("VERTELPAAL_CHROMIUM")
    if chosen:
        return Path(chosen) if starts(Path(chosen)) else None
    system = [Path(found) for found in map(find, NAMES) if found is not None]
    for program in [*system, *sorted(own.glob("chromium-*/chrome-linux*/chrome"), reverse=True)]:
        if not is_snap(program) and starts(program):
            return program
    return None


def find_headless(
    environment: Mapping[str, str] = os.environ,
    find: Callable[[str], str | None] = shutil.which,
    own: Path = BROWSERS,
) -> Path | None:
    """Return the Chromium that opens a page at the least cost: the headless shell, else what `find_chromium` finds.

    The shell is the same engine with no browser around it. It cannot ask whether a page may use the camera, so what
    tests that, or what a browser leaves on a disk, takes the whole one.
    """
    shell = None if environment.get("VERTELPAAL_CHROMIUM") else find_headless_shell(find)
    return shell or find_chromium(environment, find, own)


def find_headless_shell(find: Callable[[str], str | None] = shutil.which) -> Path | None:
    """Return the system's headless shell, else None."""
    found = [Path(program) for program in map(find, SHELL_NAMES) if program is not None]
    return next((program for program in found if starts(program)), None)


def is_snap(program: Path) -> bool:
    """Tell whether this is Ubuntu's snap or the script that would fetch it.

    A snap sees no /tmp and no hidden folder, so the fake microphone's sound cannot reach it.
    """
    if "/snap/" in f"{program}{program.resolve()}" or program.resolve().name == "snap":
        return True
    with program.open("rb") as file:
        start = file.read(4096)
    return start.startswith(b"#!") and b"snap" in start


def starts(program: Path) -> bool:
    """Tell whether a program runs and says that it is some Chromium or Chrome."""
    try:
        said = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and "Chrom" in said.stdout


def chromium_package() -> SystemPackage:
    """Return the Debian package that brings Chromium."""
    return SystemPackage(
        "chromium", "the browser that the visitors' stories drive", lambda: find_chromium() is not None
    )


def headless_package() -> SystemPackage:
    """Return the Debian package that brings Chromium's headless shell."""
    return SystemPackage(
        "chromium-headless-shell",
        "Chromium without a window: most stories take half the time in it",
        lambda: find_headless_shell() is not None,
    )


def driver_package() -> SystemPackage:
    """Return the Debian package of a library that Playwright's own Node is linked to."""
    return SystemPackage("libatomic1", "a library that Playwright needs to drive the browser", lambda: loads(ATOMIC))


def loads(library: str) -> bool:
    """Tell whether a shared library can be loaded here."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def apt_has_chromium(os_release: Path = OS_RELEASE) -> bool:
    """Tell whether this system's package `chromium` is a browser: Ubuntu's only fetches a snap."""
    release = _release(os_release)
    family = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    return "debian" in family and "ubuntu" not in family


def apt_has_headless(os_release: Path = OS_RELEASE) -> bool:
    """Tell whether this is Debian itself; not all that come after it have the headless shell as a package."""
    return _release(os_release).get("ID") == "debian"


def _release(os_release: Path) -> dict[str, str]:
    if not os_release.is_file():
        return {}
    lines = (line.partition("=") for line in os_release.read_text(encoding="utf-8").splitlines())
    return {name: value.strip('"') for name, _, value in lines}


def install_own(follow: Follower, user: int | None = None) -> None:
    """Let Playwright fetch its own Chromium; root also gets the system libraries that it needs.

    Raises:
        CannotPrepare: it could not be fetched or does not run; it says what to do.
    """
    root = (os.geteuid() if user is None else user) == 0
    playwright = Follower(follow.log, follow.say, follow.sign_of_life, {"PLAYWRIGHT_BROWSERS_PATH": str(BROWSERS)})
    options = ["--with-deps"] if root and shutil.which("apt-get") else []
    try:
        playwright.run(
            [PYTHON, "-m", "playwright", "install", *options, "--no-shell", "chromium"], Count("|", every=20)
        )
    except CannotPrepare as error:
        raise CannotPrepare(f"{error}\n\n{ADVICE}") from None
    if find_chromium() is None:
        raise CannotPrepare(f"Playwright's own Chromium is here, and does not start.\n\n{ADVICE}")


ADVICE = """The browser stories need a Chromium. One of these helps:
  Debian:  sudo apt-get update && sudo apt-get install chromium
  Ubuntu:  sudo .venv/bin/playwright install-deps chromium
  other:   install Chromium or Chrome, and name it: VERTELPAAL_CHROMIUM=/path/to/chrome make test"""

"""System packages: what is missing, and getting it with apt where we may."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from setup.errors import CannotPrepare
from setup.progress import Count, Follower

CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")
CADDY_UNIT = Path("/etc/systemd/system/caddy.service")


@dataclass(frozen=True)
class SystemPackage:
    """A Debian package: why it is needed, and how to tell that what it brings is here."""

    name: str
    reason: str
    here: Callable[[], bool]


def missing(packages: Sequence[SystemPackage]) -> list[SystemPackage]:
    """Return the packages that are not here yet."""
    return [package for package in packages if not package.here()]


def install(packages: Sequence[SystemPackage], follow: Follower, user: int | None = None) -> None:
    """Install packages with apt.

    Raises:
        CannotPrepare: not root, or no apt here; it says which command to run instead.
    """
    names = [package.name for package in packages]
    needs = "\n".join(f"  {package.name}: {package.reason}" for package in packages)
    if shutil.which("apt-get") is None:
        raise CannotPrepare(f"This needs the following, and there is no apt-get here to install it with:\n{needs}")
    if (os.geteuid() if user is None else user) != 0:
        raise CannotPrepare(
            f"This needs the following, and only root may install it:\n{needs}\n\n"
            f"Please run:  sudo apt-get update && sudo apt-get install {' '.join(names)}\n"
            "and then make again."
        )
    if "postgresql" in names:
        _leave_databases_to_us(CLUSTER_SETTINGS)
    if "caddy" in names:
        _start_no_web_server(CADDY_UNIT)
    apt = Follower(follow.log, follow.say, follow.sign_of_life, {"DEBIAN_FRONTEND": "noninteractive"})
    wait = ["-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Options::=--force-confold"]
    apt.run(["apt-get", *wait, "update"], Count("Get:", every=20))
    apt.run(["apt-get", *wait, "install", "-y", "--no-install-recommends", *names], Count("Setting up ", every=20))
    still = [package.name for package in missing(packages)]
    if still:
        raise CannotPrepare(f"apt-get installed {', '.join(still)}, and what it should bring is still not here.")


def _leave_databases_to_us(settings: Path) -> None:
    # The tests start their own server on a free port; a second one, always running, is nobody's wish.
    if not settings.exists():
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text("create_main_cluster = false\n", encoding="ascii")


def _start_no_web_server(unit: Path) -> None:
    # The tests start Caddy themselves; Debian's package would serve this machine's port 80 from now on.
    if not os.path.lexists(unit):
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.symlink_to("/dev/null")

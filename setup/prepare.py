"""Make this machine ready for a goal: `python3 -m setup.prepare demo|test|lint|server|kiosk`.

Each step is done once and again only when what it is made from changed, so the second time takes no time.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from setup import front_end
from setup.browser import (
    apt_has_chromium,
    apt_has_headless,
    chromium_package,
    driver_package,
    find_chromium,
    headless_package,
    install_own,
)
from setup.deploy import deploy_packages
from setup.errors import CannotPrepare
from setup.interpreter import is_sound, make_venv, newer_python, venv_package
from setup.layout import BUILD, LOG, PYTHON, ROOT, VENV
from setup.postgres import postgres_package
from setup.progress import Follower, nothing, tell
from setup.python_packages import house_stamp, install_house, install_packages, packages_stamp
from setup.stamp import Stamp, fingerprint
from setup.system import SystemPackage, install, missing

GOALS = ("demo", "test", "lint", "server", "kiosk")
"""The first three are for who works on the house, the last two for the machines of a library (deploy/)."""
SCREENS = ("demo", "test", "server", "kiosk")
"""The goals that need the front end."""
SPEAKING = ("demo", "test", "kiosk")
"""The goals that need espeak-ng, for the spoken prompts."""


@dataclass(frozen=True)
class Step:
    """One thing to get ready: whether it is, and how to get it so."""

    title: str
    done: Callable[[], bool]
    do: Callable[[Follower], None]


def stamped(title: str, stamp: Callable[[], Stamp], do: Callable[[Follower], None]) -> Step:
    """Return a step that a stamp remembers."""

    def do_and_stamp(follow: Follower) -> None:
        do(follow)
        stamp().set()

    return Step(title, lambda: stamp().matches(), do_and_stamp)


def system_packages(goal: str) -> list[SystemPackage]:
    """Return what a goal needs of the system."""
    needed = [venv_package()]
    if goal in SPEAKING:
        speaks = "speaks the prompts and the question videos"
        needed.append(SystemPackage("espeak-ng", speaks, lambda: bool(shutil.which("espeak-ng"))))
    if goal == "test":
        needed += [postgres_package(), driver_package(), *deploy_packages()]
        # Without root Playwright's own browser will do, unless root is asked for something anyway.
        if apt_has_chromium() and (os.geteuid() == 0 or missing(needed)):
            needed.append(chromium_package())
            if apt_has_headless():
                needed.append(headless_package())
    return needed


def lock_of(goal: str) -> str:
    """Return the lock of a goal: a machine of a library gets its own side alone."""
    return goal if goal in ("server", "kiosk") else "everything"


def spoken_prompts_stamp() -> Stamp:
    """Return the stamp of the sounds that the screen speaks with."""
    sources = [ROOT / "kiosk" / "prompts.py", ROOT / "kiosk" / "sounds.py", *sorted(ROOT.glob("kiosk/screen/texts/*"))]
    return Stamp(BUILD / "prompts" / "prompts.stamp", fingerprint(*sources))


def make_spoken_prompts(follow: Follower) -> None:
    """Let espeak-ng speak every prompt that changed."""
    follow.run([PYTHON, "-m", "kiosk.prompts"], nothing)


def steps(goal: str) -> list[Step]:
    """Return the steps towards a goal, in an order in which each finds what it needs."""
    needed, lock = system_packages(goal), lock_of(goal)
    found = [
        Step("system packages", lambda: not missing(needed), lambda follow: install(missing(needed), follow)),
        Step("virtual environment", lambda: is_sound(VENV), lambda follow: make_venv(VENV, follow)),
        stamped("Python packages", lambda: packages_stamp(lock), lambda follow: install_packages(lock, follow)),
        stamped("the house itself", house_stamp, install_house),
    ]
    if goal in SCREENS:
        found += [
            stamped("npm packages", front_end.npm_stamp, front_end.install_npm_packages),
            stamped("front end and fonts", front_end.vendor_stamp, front_end.fill_vendor),
        ]
    if goal in SPEAKING:
        found.append(stamped("spoken prompts", spoken_prompts_stamp, make_spoken_prompts))
    if goal == "test":
        found.append(Step("browser", lambda: find_chromium() is not None, install_own))
    return found


def prepare(todo: list[Step], follow: Follower) -> int:
    """Do the steps that are not done yet; return how many that were."""
    did = 0
    for number, step in enumerate(todo, start=1):
        if step.done():
            continue
        if not did:
            follow.say("Getting ready. This is needed once; the first time takes some minutes.")
        did += 1
        started = time.monotonic()
        follow.say(f"[{number}/{len(todo)}] {step.title}")
        step.do(follow)
        follow.say(f"      done in {time.monotonic() - started:.0f} s")
    return did


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait while another make in this clone is getting ready."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("Another make is getting this clone ready; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Get ready and return the exit status."""
    if len(arguments) != 1 or arguments[0] not in GOALS:
        tell(f"usage: python3 -m setup.prepare {'|'.join(GOALS)}")
        return 2
    try:
        newer = newer_python()
        if newer is not None:
            os.execv(newer, [newer, "-m", "setup.prepare", *arguments])  # noqa: S606  it is this program, started again
        with one_at_a_time():
            prepare(steps(arguments[0]), Follower(LOG))
    except CannotPrepare as problem:
        tell(f"\n{problem}")
        return 1
    except KeyboardInterrupt:
        tell("\nStopped. Run make again to go on from here.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

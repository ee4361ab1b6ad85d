"""Make this machine ready for a goal: `python3 -m setup.prepare demo|test|lint`.

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

from setup import front_end, python_packages
from setup.browser import apt_has_chromium, chromium_package, driver_package, find_chromium, install_own
from setup.errors import CannotPrepare
from setup.interpreter import is_sound, make_venv, newer_python, venv_package
from setup.layout import BUILD, LOG, PYTHON, ROOT, VENV
from setup.postgres import postgres_package
from setup.progress import Follower, nothing, tell
from setup.stamp import Stamp, fingerprint
from setup.system import SystemPackage, install, missing

GOALS = ("demo", "test", "lint")


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
    if goal in ("demo", "test"):
        speaks = SystemPackage("espeak-ng", "speaks the question videos", lambda: bool(shutil.which("espeak-ng")))
        needed.append(speaks)
    if goal == "test":
        needed += [postgres_package(), driver_package()]
        # Without root Playwright's own browser will do, unless root is asked for something anyway.
        if apt_has_chromium() and (os.geteuid() == 0 or missing(needed)):
            needed.append(chromium_package())
    return needed


def spoken_prompts_stamp() -> Stamp:
    """Return the stamp of the sounds that the screen speaks with."""
    sources = [ROOT / "kiosk" / "prompts.py", ROOT / "kiosk" / "sounds.py", *sorted(ROOT.glob("kiosk/screen/texts/*"))]
    return Stamp(BUILD / "prompts" / "prompts.stamp", fingerprint(*sources))


def make_spoken_prompts(follow: Follower) -> None:
    """Let espeak-ng speak every prompt that changed."""
    follow.run([PYTHON, "-m", "kiosk.prompts"], nothing)


def steps(goal: str) -> list[Step]:
    """Return the steps towards a goal, in an order in which each finds what it needs."""
    needed = system_packages(goal)
    found = [
        Step("system packages", lambda: not missing(needed), lambda follow: install(missing(needed), follow)),
        Step("virtual environment", lambda: is_sound(VENV), lambda follow: make_venv(VENV, follow)),
        stamped("Python packages", python_packages.packages_stamp, python_packages.install_packages),
        stamped("the house itself", python_packages.house_stamp, python_packages.install_house),
    ]
    if goal in ("demo", "test"):
        found += [
            stamped("npm packages", front_end.npm_stamp, front_end.install_npm_packages),
            stamped("front end and fonts", front_end.vendor_stamp, front_end.fill_vendor),
            stamped("spoken prompts", spoken_prompts_stamp, make_spoken_prompts),
        ]
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

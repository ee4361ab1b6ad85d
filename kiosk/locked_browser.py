"""The locked browser of a pole: Chromium with nothing but the agent's screen, its profile is gone when it ends."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from vertelpaal.clock import Clock
from vertelpaal.errors import SettingsError

log = logging.getLogger(__name__)

PROGRAM = "chromium"
FLAGS = (
    "--kiosk",
    "--ozone-platform=wayland",
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--hide-crash-restore-bubble",
    "--disable-session-crashed-bubble",
    "--disable-infobars",
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--disable-features=Translate,OverscrollHistoryNavigation,TouchpadOverscrollHistoryNavigation,MediaRouter,GlobalMediaControls",
    "--disable-touch-drag-drop",
    "--autoplay-policy=no-user-gesture-required",
    "--password-store=basic",
    "--disk-cache-size=1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-quic",
    "--disable-breakpad",
    "--no-pings",
)
"""What policies cannot say: one window, no gesture that leaves or enlarges the page, nothing fetched by itself.

Chromium's own sandbox stays on: there is no flag against it here.
"""

SILENT_SECONDS = 60.0
"""How long a browser may go without a live line to the agent. A line that broke is noticed within 45 s."""
EVERY_SECONDS = 2.0
ENDING_SECONDS = 5.0
"""How long a browser may take to end when it is told to, and its profile to be gone after that."""


class Browser(Protocol):
    """A browser that runs, as the watch sees it."""

    def ended(self) -> bool:
        """Tell whether it has ended by itself."""
        ...

    def end(self) -> None:
        """End it, and remove what it wrote."""
        ...


class Chromium:
    """The system's Chromium on one address; its profile is a fresh folder in `runtime`, which lies in memory."""

    def __init__(self, url: str, runtime: Path, program: str = PROGRAM, extra: Sequence[str] = ()) -> None:
        found = shutil.which(program)
        if found is None:
            raise SettingsError(f"{program} is not here; install Debian's package chromium")
        self._profile = Path(tempfile.mkdtemp(prefix="profile-", dir=runtime))
        self._process = subprocess.Popen(
            [found, *FLAGS, *extra, f"--user-data-dir={self._profile}", url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(self._profile), "TMPDIR": str(self._profile)},
            start_new_session=True,
        )

    @property
    def profile(self) -> Path:
        """Return where all that it writes lies."""
        return self._profile

    def ended(self) -> bool:
        """Tell whether it has ended by itself, and leave it to be waited for: until then its group keeps its number."""
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def end(self) -> None:
        """End it with every process that it started, and remove its profile; once."""
        os.kill(self._process.pid, signal.SIGTERM)  # Popen would take its end away when it looks whether it runs
        _wait_for(self.ended)
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if not _wait_for(self._is_removed):
            log.error("what the browser wrote could not be removed: %s", self._profile)

    def _is_removed(self) -> bool:
        """Remove the profile; what writes in it at this moment, before it dies, may hinder that."""
        shutil.rmtree(self._profile, ignore_errors=True)
        return not self._profile.exists()


def _wait_for(happened: Callable[[], bool]) -> bool:
    """Wait until this is so, for some seconds at most; return whether it is."""
    until = time.monotonic() + ENDING_SECONDS
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def watch(
    open_browser: Callable[[], Browser],
    is_connected: Callable[[], bool | None],
    clock: Clock,
    wait: Callable[[float], bool],
) -> str:
    """Open the browser once the agent answers, watch it, and return why it had to end.

    `is_connected` tells whether the agent has a live line to a screen, None when the agent does not answer; `wait`
    waits that many seconds and tells whether to stop.
    """
    while is_connected() is None:
        if wait(EVERY_SECONDS):
            return "told to stop"
    browser = open_browser()
    heard = clock.monotonic()
    try:
        while not wait(EVERY_SECONDS):
            if browser.ended():
                return "the browser ended"
            if is_connected():
                heard = clock.monotonic()
            elif clock.monotonic() - heard > SILENT_SECONDS:
                return "the browser went silent"
        return "told to stop"
    finally:
        browser.end()

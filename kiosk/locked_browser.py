"""The locked browser of a pole: Chromium with nothing but the agent's screen, its profile is gone when it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from vertelpaal.clock import Clock
from vertelpaal.errors import SettingsError

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
        """Tell whether it has ended by itself."""
        return self._process.poll() is not None

    def end(self) -> None:
        """End it with every process that it started, and remove its profile."""
        for told in (self._process.terminate, self._process.kill):
            told()
            try:
                self._process.wait(timeout=5)
                break
            except subprocess.TimeoutExpired:
                continue
        shutil.rmtree(self._profile, ignore_errors=True)


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

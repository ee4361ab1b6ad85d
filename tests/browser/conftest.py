"""A whole library for browser stories: real processes, a real Chromium with a fake camera and a voice as microphone."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from sample.household import Household
from sample.library import PreparedLibrary, prepare_library
from server.database import Database, make_engine
from setup.browser import find_chromium

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-quic",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass(frozen=True)
class RunningLibrary:
    """A sample library whose processes run."""

    home: Path
    library: PreparedLibrary
    household: Household
    database: Database

    def tell_logs(self) -> None:
        """Print what the processes said, for a story that failed."""
        for log in sorted((self.home / "logs").glob("*.log")):
            text = log.read_text(errors="replace").strip()
            if text:
                print(f"--- {log.name}\n{text[-4000:]}")


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_library(home: Path, *, visits: int = 0, recordings: int = 0) -> Iterator[RunningLibrary]:
    """Run a sample library in a folder and on ports of its own; the caller's settings do not reach it."""
    saved = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("VERTELPAAL_") and name != "VERTELPAAL_CHROMIUM"]:
        del os.environ[name]
    os.environ["VERTELPAAL_HOME"] = str(home)
    os.environ["VERTELPAAL_SERVER_PORT"] = str(free_port())
    os.environ["VERTELPAAL_KIOSK_PORT"] = str(free_port())
    said: list[str] = []
    now = datetime.now(UTC) - timedelta(minutes=1)
    library = prepare_library(home, now, say=said.append, visits=visits, recordings=recordings)
    household = Household(home, library)
    database = Database(make_engine(library.settings.database))
    running = RunningLibrary(home, library, household, database)
    try:
        household.start(say=said.append, ended=threading.Event())
        yield running
    finally:
        household.stop()
        running.tell_logs()
        database.engine.dispose()
        os.environ.clear()
        os.environ.update(saved)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLibrary]:
    """Run a sample library for the stories of one module."""
    with running_library(tmp_path_factory.mktemp("home")) as library:
        yield library


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Start Playwright."""
    with sync_playwright() as started:
        yield started


OpenBrowser = Callable[..., Browser]


@pytest.fixture
def open_browser(playwright: Playwright) -> Iterator[OpenBrowser]:
    """Return a function that starts a Chromium, with a WAV file as what its microphone hears."""
    with ExitStack() as opened:

        def open_it(microphone: Path | None = None) -> Browser:
            browser = launch_chromium(playwright, microphone)
            opened.callback(browser.close)
            return browser

        yield open_it


def launch_chromium(playwright: Playwright, microphone: Path | None = None) -> Browser:
    """Start the Chromium of this machine."""
    program = find_chromium()
    assert program is not None, "no Chromium; `make test` installs one"
    heard = [f"--use-file-for-fake-audio-capture={microphone}%noloop"] if microphone else []
    return playwright.chromium.launch(
        executable_path=str(program), args=[*CHROMIUM_FLAGS, *heard], chromium_sandbox=False
    )

"""A pole whose agent and browser have homes and temporary folders of their own: all that they write can be searched."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from playwright.sync_api import BrowserContext, Page, Playwright, WebSocket, expect
from playwright.sync_api import Error as PlaywrightError

from kiosk.waits import WARNING_SECONDS
from setup.browser import find_chromium
from setup.layout import ROOT
from tests.browser.conftest import CHROMIUM_FLAGS, free_port
from tests.kiosk_live.makers import create_files, create_home, create_noise, create_talk, create_token
from tests.kiosk_live.visitor import KEY, PATIENCE_MS
from tests.open_question import comes_to_the_ways
from tests.resilience.plaintext import Search, Sought, processes_of, search

READY_SECONDS = 60.0
FOLDERS = ("agent", "agent-tmp", "browser", "browser-tmp", "profile")


class OwnPole:
    """An agent and a Chromium with a profile, what the page really sent, and what was typed."""

    def __init__(self, folder: Path, playwright: Playwright, leak: str | None = None) -> None:
        self.place = folder / "place"
        for name in FOLDERS:
            (self.place / name).mkdir(parents=True)
        self._playwright = playwright
        self._leak = [] if leak is None else [str(self.place / "agent-tmp" / leak)]
        self._steering = folder / "steering"
        self._ahead = 0.0
        self._steer(0.0)
        self._port = free_port()
        self._noise = create_noise(folder / "noise.wav", seed=20261124)
        files = create_files(folder)
        create_home(self.place / "agent", files.shelved(create_talk()), files)
        self.sent: list[bytes] = []
        self.typed: list[str] = []
        self._agent: subprocess.Popen[bytes] | None = None
        self._context: BrowserContext | None = None

    def starts(self) -> None:
        """Start agent and browser."""
        self.starts_agent()
        self.opens_browser()

    @property
    def outbox(self) -> list[Path]:
        """Return the sealed visits."""
        return sorted((self.place / "agent" / "kiosk" / "outbox").glob("*.age"))

    def starts_agent(self) -> None:
        """Start the agent, and wait until it answers."""
        settings = {
            "HOME": str(self.place / "agent"),
            "TMPDIR": str(self.place / "agent-tmp"),
            "VERTELPAAL_HOME": str(self.place / "agent"),
            "VERTELPAAL_KIOSK_PORT": str(self._port),
            "VERTELPAAL_SERVER_URL": "http://127.0.0.1:9",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._agent = subprocess.Popen(
            [sys.executable, "-m", "tests.resilience.pole_process", str(self._steering), *self._leak],
            cwd=ROOT,
            env={**_without_ours(), **settings},
            start_new_session=True,
        )
        until = time.monotonic() + READY_SECONDS
        while not self._answers():
            assert time.monotonic() < until, "the agent does not answer"
            time.sleep(0.1)

    def opens_browser(self) -> None:
        """Open the browser on the profile that it left."""
        program = find_chromium()
        assert program is not None, "no Chromium; `make test` installs one"
        own = {"HOME": str(self.place / "browser"), "TMPDIR": str(self.place / "browser-tmp")}
        self._context = self._playwright.chromium.launch_persistent_context(
            self.place / "profile",
            executable_path=str(program),
            args=[*CHROMIUM_FLAGS, f"--use-file-for-fake-audio-capture={self._noise}"],
            chromium_sandbox=False,
            ignore_default_args=["--disable-dev-shm-usage"],  # shared memory lies where it does on a pole
            env={**_without_ours(), **own},
            permissions=["camera", "microphone"],
            reduced_motion="reduce",
            viewport={"width": 1280, "height": 800},
        )
        self.page: Page = self._context.new_page()
        self.page.on("websocket", self._listens)
        self.page.goto(f"http://127.0.0.1:{self._port}/")

    def _listens(self, line: WebSocket) -> None:
        line.on("framesent", lambda frame: self.sent.append(frame) if isinstance(frame, bytes) else None)

    def sees(self, screen: str) -> None:
        """Wait until the page shows this screen, ready to be touched."""
        body = self.page.locator("body")
        expect(body).to_have_attribute("data-screen", screen, timeout=PATIENCE_MS)
        expect(body).not_to_have_attribute("data-busy", "true", timeout=PATIENCE_MS)

    def touches(self, *actions: str) -> None:
        """Touch one control after the other."""
        for action in actions:
            self.page.locator(f'[data-action="{action}"]').click(timeout=PATIENCE_MS)
            expect(self.page.locator("body")).not_to_have_attribute("data-busy", "true", timeout=PATIENCE_MS)

    def tells(self, way: str) -> None:
        """Somebody comes, types a word that nobody else types, and is being recorded."""
        self.sees("attract")
        self.touches("start", "language:nl", "smiley:4")
        comes_to_the_ways(self.page)
        self.touches("way:text", "age:16-plus")
        word = create_token(random.Random())
        for letter in word:
            self.page.locator(KEY.format(letter)).click(timeout=PATIENCE_MS)
        self.typed.append(word[1:])
        self.touches("keep")
        comes_to_the_ways(self.page)
        self.touches(f"way:{way}", "yes")
        self.sees("ready")
        before = len(self.sent)
        self.touches("record")
        self.sees("recording")
        until = time.monotonic() + READY_SECONDS
        while len(self.sent) < before + 2:
            assert time.monotonic() < until, "nothing is recorded"
            self.page.wait_for_timeout(100)

    def looks_back(self) -> None:
        """Stop, and play the recording."""
        self.touches("stop")
        self.sees("playback")
        self.touches("repeat")
        self.page.wait_for_timeout(1000)

    def walks_away(self) -> None:
        """Touch nothing any more until the pole is ready for the next."""
        until = time.monotonic() + READY_SECONDS
        while self.page.locator("body").get_attribute("data-screen") != "attract":
            assert time.monotonic() < until, "the pole waits for ever"
            self._steer(WARNING_SECONDS + 5)
            self.page.wait_for_timeout(500)

    def kills_agent(self) -> None:
        """Take the agent away as a power cut does."""
        if self._agent is not None:
            os.killpg(self._agent.pid, signal.SIGKILL)
            self._agent.wait()
        self._agent = None

    def kills_browser(self) -> None:
        """Take the browser away, with all of its processes."""
        for process in processes_of(self.place):
            if f"--user-data-dir={self.place}" in Path(f"/proc/{process}/cmdline").read_text().replace("\0", " "):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        with contextlib.suppress(PlaywrightError):  # nobody is left to answer
            self.closes_browser()
        self._context = None

    def closes_browser(self) -> None:
        """Close the browser, so that it writes what it would still write."""
        if self._context is not None:
            self._context.close()
        self._context = None

    def ends(self) -> None:
        """Stop all that was started."""
        self.closes_browser()
        self.kills_agent()

    def search_while_somebody_stays(self) -> Search:
        """Search as below, which takes longer than a visitor may be silent; they touch the screen now and then."""
        with ThreadPoolExecutor(1) as beside:
            searching = beside.submit(self.search)
            while not searching.done():
                self.page.mouse.click(2, 2)
                self.page.wait_for_timeout(2000)
            return searching.result()

    def search(self) -> Search:
        """Look for what was sent and typed in all that the two can write."""
        return search(Sought(self.sent, self.typed), self.place)

    def _steer(self, seconds: float) -> None:
        self._ahead += seconds
        part = self._steering.with_suffix(".part")
        part.write_text(str(self._ahead))
        part.replace(self._steering)

    def _answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{self._port}/", timeout=5).status_code == 200
        return False


def _without_ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("VERTELPAAL_", "XDG_"))}

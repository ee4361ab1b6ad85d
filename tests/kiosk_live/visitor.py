"""Somebody before a live pole, who touches what the page offers and nothing else."""

from __future__ import annotations

import re
import time

from playwright.sync_api import BrowserContext, Page, WebSocket, expect

from kiosk.journey import Screen
from kiosk.waits import WARNING_SECONDS
from tests.kiosk_live.pole import LivePole
from tests.open_question import comes_to_the_ways

PATIENCE_MS = 30_000
FARTHEST_STEP = WARNING_SECONDS + 5
"""Seconds to jump at once: less than the wait before the warning, so that the warning is never jumped over."""
SHOW = re.compile(r'42\["show",\{"serial":(\d+)')
KEY = ".hg-row .hg-button[data-skbtn={!r}]"


class LiveVisitor:
    """A visitor of one live pole, and what the browser told meanwhile."""

    def __init__(self, context: BrowserContext, pole: LivePole) -> None:
        self.pole = pole
        self.page: Page = context.new_page()
        self.frames: list[str | bytes] = []
        self.errors: list[str] = []
        self._told = -1
        """The serial of the scene that the agent told last."""
        self.page.on("websocket", self._listens)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(pole.url)
        self.arrives()

    def _listens(self, line: WebSocket) -> None:
        line.on("framereceived", self._hears)

    def _hears(self, frame: str | bytes) -> None:
        self.frames.append(frame)
        if isinstance(frame, str) and (show := SHOW.match(frame)):
            self._told = int(show[1])

    def sees(self, screen: str) -> None:
        """Wait until the page shows this screen, ready to be touched."""
        body = self.page.locator("body")
        expect(body).to_have_attribute("data-screen", screen, timeout=PATIENCE_MS)
        expect(body).not_to_have_attribute("data-busy", "true", timeout=PATIENCE_MS)

    def arrives(self) -> None:
        """Wait until the page shows what the agent shows, which may change meanwhile."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not self._is_where_the_agent_is():
            assert time.monotonic() < deadline, f"the page does not come to {self.pole.screen}"
            self.page.wait_for_timeout(20)

    def _is_where_the_agent_is(self) -> bool:
        shown: list[str | None] = self.page.evaluate("() => [document.body.dataset.screen, document.body.dataset.busy]")
        scene = self.pole.scene
        return self._told == scene.serial and shown == [scene.screen.value, None]

    def touches(self, *actions: str) -> None:
        """Touch one control after the other."""
        for action in actions:
            self.page.locator(f'[data-action="{action}"]').click(timeout=PATIENCE_MS)
            expect(self.page.locator("body")).not_to_have_attribute("data-busy", "true", timeout=PATIENCE_MS)

    def comes_to_the_ways(self) -> None:
        """Go on from an open question."""
        comes_to_the_ways(self.page)

    def types(self, text: str) -> None:
        """Type with the keys on the glass."""
        for letter in text:
            self.page.locator(KEY.format(letter)).click(timeout=PATIENCE_MS)

    def waits(self, seconds: float, screen: str) -> None:
        """Let the pole's clock go ahead, and see what it shows then."""
        self.pole.clock.forward(seconds)
        self.sees(screen)

    def walks_away(self) -> None:
        """Touch nothing any more, until the pole has asked whether somebody is there and is ready for the next."""
        heard = len(self.frames)
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while self.pole.screen is not Screen.ATTRACT:
            assert time.monotonic() < deadline, f"the pole stays on {self.pole.screen}"
            self.pole.clock.forward(FARTHEST_STEP)
            self.page.wait_for_timeout(250)
        self.sees(Screen.ATTRACT)
        assert any('"screen":"warning"' in str(frame) for frame in self.frames[heard:]), "it asked first"

    def records(self, seconds: float = 2.0) -> None:
        """Record from the preview on, and stop."""
        self.sees("ready")
        self.touches("record")
        self.sees("countdown")
        self.waits(3.1, "recording")
        self.page.wait_for_timeout(seconds * 1000)
        self.touches("stop")
        self.sees("playback")

    def take(self) -> str:
        """Return the id of the recording that can be looked back at."""
        found = re.search(r"/take/([0-9a-f-]{36})", self.pole.scene.html)
        assert found, "there is a recording on the playback"
        return found[1]

    def reloads(self) -> None:
        """Let the browser load the page anew."""
        self.page.reload()
        self.arrives()

    def offered(self) -> list[str]:
        """Return every control that can be touched now, as the page shows it."""
        actions: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll("main [data-action]:not([aria-disabled=true])")]
                 .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
                 .map((one) => one.dataset.action)"""
        )
        return actions

    def leaves_the_room(self) -> None:
        """Close the page."""
        self.page.close()

"""The visitor at the pole: what a person does there, without a selector in the story."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from tests.open_question import comes_to_the_ways

PATIENCE_MS = 15_000


class Visitor:
    """Somebody in front of the screen; the scripts are what watches or changes the page before its own begin."""

    def __init__(
        self, browser: Browser, url: str, *, width: int = 1080, height: int = 1920, scripts: tuple[str, ...] = ()
    ) -> None:
        self._context = browser.new_context(
            viewport={"width": width, "height": height}, permissions=["camera", "microphone"]
        )
        self.page: Page = self._context.new_page()
        for script in scripts:
            self.page.add_init_script(script)
        self.complaints: list[str] = []
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        try:
            self.page.goto(url)
        except PlaywrightError:
            self.leaves()  # Chromium would load it again by itself, and a pole has one screen
            raise

    def sees(self, screen: str) -> None:
        """Wait until the pole shows this screen."""
        expect(self.page.locator("body")).to_have_attribute("data-screen", screen, timeout=PATIENCE_MS)

    def is_connected(self) -> bool:
        """Return whether the page is there and the agent tells it what to show."""
        try:
            screen = self.page.locator("body").get_attribute("data-screen", timeout=500)
        except PlaywrightError:
            return False
        return screen not in (None, "", "waiting")

    def touches(self, *actions: str) -> None:
        """Touch one control after the other."""
        for action in actions:
            self.page.locator(f'[data-action="{action}"]').click(timeout=PATIENCE_MS)

    def begins(self) -> None:
        """Touch the attract screen, and see the languages."""
        self.sees("attract")
        self.touches("start")
        self.sees("language")

    def turns_the_sound_off(self) -> None:
        """Touch the loudspeaker until it is off."""
        for volume in ("3", "0"):
            self.touches("volume")
            expect(self.page.locator("body")).to_have_attribute("data-volume", volume, timeout=PATIENCE_MS)

    def starts(self, language: str = "nl") -> None:
        """Touch the attract screen and choose a language."""
        self.begins()
        self.touches(f"language:{language}")
        self.sees("question")

    def gives_smileys(self, *values: int) -> None:
        """Answer smiley questions, one after the other."""
        for value in values:
            self.says(f"smiley:{value}")

    def comes_to_the_ways(self) -> None:
        """Go on from the open question."""
        comes_to_the_ways(self.page)

    def says(self, answer: str) -> None:
        """Touch an answer, and see something else to read."""
        before = self.reads()
        self.touches(answer)
        self.page.wait_for_function(
            "before => document.querySelector('main')?.innerText !== before", arg=before, timeout=PATIENCE_MS
        )

    def reads(self) -> str:
        """Return what stands on the screen."""
        return self.page.locator("main").inner_text()

    def hears_the_question(self) -> None:
        """Check that the question's video plays with sound, and has captions."""
        self.page.wait_for_function(
            """() => { const video = document.querySelector('main video');
               return video && !video.muted && video.currentTime > 0.2 && video.textTracks.length > 0; }""",
            timeout=PATIENCE_MS,
        )

    def reads_captions(self, *, playing: bool) -> None:
        """Check that the question's captions are there and shown; while it plays, also that a line of them is."""
        self.page.wait_for_function(
            """playing => { const video = document.querySelector('main video');
               const track = video?.textTracks[0];
               return track?.mode === 'showing' && track.cues?.length > 0
                 && (!playing || (video.currentTime > 0.2 && track.activeCues.length > 0)); }""",
            arg=playing,
            timeout=PATIENCE_MS,
        )

    def records(self, seconds: float) -> None:
        """Say yes to the notice, record for some seconds, and stop."""
        self.sees("notice")
        self.touches("yes")
        self.sees("ready")
        self.touches("record")
        self.sees("recording")
        self.page.wait_for_timeout(seconds * 1000)
        self.touches("stop")
        self.sees("playback")

    def looks_back(self) -> None:
        """Play the recording and see that it runs."""
        self.touches("play")
        self.page.wait_for_function(
            """() => [...document.querySelectorAll('video, audio')].some(one => one.currentTime > 0.3)""",
            timeout=PATIENCE_MS,
        )

    def withdrawal_code(self) -> str:
        """Read the code on the thanks screen."""
        self.sees("thanks")
        found = re.search(r"[0-9A-Z]{4}\s*-?\s*[0-9A-Z]{4}\s*-?\s*[0-9A-Z]{4}", self.reads())
        assert found, f"no code on the thanks screen: {self.reads()!r}"
        return "-".join(re.findall(r"[0-9A-Z]{4}", found.group(0)))

    def live_tracks(self) -> int:
        """Return how many tracks of camera and microphone are live in the page's media elements."""
        count: int = self.page.evaluate(
            """() => [...document.querySelectorAll('video, audio')]
                 .flatMap(one => one.srcObject ? one.srcObject.getTracks() : [])
                 .filter(track => track.readyState === 'live').length"""
        )
        return count

    def leaves(self) -> None:
        """Close the page."""
        self._context.close()

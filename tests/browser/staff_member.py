"""The staff member in the web admin: what somebody with ten minutes does there."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

PATIENCE_MS = 30_000


class StaffMember:
    """Somebody at a desk."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._url = url
        self._context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="nl-NL")
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def signs_in(self, email: str, password: str) -> None:
        """Sign in and arrive at the answers."""
        self.opens("/antwoorden")
        self.page.get_by_label("E-mailadres").fill(email)
        self.page.get_by_label("Wachtwoord").fill(password)
        self.page.get_by_role("button", name="Inloggen").click()
        expect(self.page.get_by_role("heading", name="Antwoorden")).to_be_visible()

    def opens(self, path: str) -> None:
        """Open a page."""
        self.page.goto(f"{self._url}{path}")

    def is_on_the_live_line(self) -> None:
        """Wait until news comes by itself."""
        expect(self.page.locator("#live-state")).to_have_attribute("data-live", "on", timeout=PATIENCE_MS)

    def sees_a_new_answer(self) -> None:
        """Wait, without reloading, until an answer appears."""
        expect(self.page.locator("[data-answer].is-new").first).to_be_visible(timeout=PATIENCE_MS)

    def sees_newest_say(self, words: str) -> None:
        """Wait, without reloading, until the newest answer is transcribed as these words."""
        expect(self.page.locator("[data-answer]").first.locator("q")).to_have_text(words, timeout=PATIENCE_MS)

    def sees_newest_state(self, state: str) -> None:
        """Wait, without reloading, until the newest answer has this state."""
        expect(self.page.locator("[data-answer]").first).to_contain_text(state, timeout=PATIENCE_MS)

    def opens_newest(self) -> None:
        """Open the page of the newest answer."""
        self.page.locator("[data-answer] a").first.click()
        expect(self.page.get_by_role("heading", name="Smileys van dit bezoek")).to_be_visible()

    def reads(self) -> str:
        """Return what stands on the page."""
        return self.page.locator("main").inner_text()

    def plays_it(self) -> None:
        """Play the recording, and see that it has a length and runs."""
        self.page.evaluate("document.querySelector('video, audio').play()")
        self.page.wait_for_function(
            """() => { const player = document.querySelector('video, audio');
               return player && Number.isFinite(player.duration) && player.currentTime > 0.3; }""",
            timeout=PATIENCE_MS,
        )

    def takes_back(self, code: str) -> None:
        """Erase a visit on the public page, as a visitor does at home."""
        self.opens("/intrekken")
        self.page.get_by_label("Uw code").fill(code)
        self.page.get_by_role("button", name="Wis mijn antwoord").click()
        expect(self.page.get_by_role("heading", name="Het is gewist")).to_be_visible()

"""The staff member in the web admin: what somebody with ten minutes does there."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator, Page, expect

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

    def sees(self, words: str) -> None:
        """Wait until the page says this."""
        expect(self.page.locator("main")).to_contain_text(words, ignore_case=True)

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
        self.page.get_by_label("Jouw code").fill(code)
        self.page.get_by_role("button", name="Wis mijn antwoord").click()
        expect(self.page.get_by_role("heading", name="Het is gewist")).to_be_visible()

    def plans_activity(self, name: str, place: str, *, hours: int = 2, day: str = "", time: str = "") -> None:
        """Fill in the form of an activity, and send it; without a time it begins now."""
        self.opens("/activiteiten")
        self.page.get_by_label("Naam").fill(name)
        self.page.get_by_label("Waar").select_option(label=place)
        if time:
            self.page.get_by_role("radio", name="Later").check()
            self.page.get_by_label("Dag").fill(day)
            self.page.get_by_label("Tijd").fill(time)
        else:
            expect(self.page.get_by_label("Tijd")).to_be_hidden()
        self.page.get_by_role("radio", name=str(hours), exact=True).check()
        self.page.get_by_role("button", name="Zet klaar").click()

    def sees_code_of(self, name: str) -> str:
        """Return the code that stands on the card of an activity."""
        code = self._card_of(name).locator("strong").inner_text()
        assert len(code) == 3
        return code

    def shows_code_to_group(self, name: str) -> str:
        """Open the sheet of an activity for the wall; return its code, and go back."""
        self._card_of(name).get_by_role("link", name="Toon groot").click()
        expect(self.page.get_by_role("heading", name=name)).to_be_visible()
        expect(self.page.get_by_role("button", name="Druk af")).to_be_visible()
        digits = self.page.locator(".digits [aria-hidden]").all_inner_texts()
        self.page.get_by_role("link", name="Alle activiteiten").click()
        return "".join(digits)

    def stops_activity(self, name: str) -> None:
        """Stop an activity that goes on, or take back one that comes."""
        self._card_of(name).get_by_role("button").click()
        expect(self._card_of(name)).to_have_count(0)

    def chooses_pictures(self, branch: str, day: str, *names: str) -> None:
        """Touch the pictures that a visitor shows at the desk, one after the other."""
        self.opens("/intrekken/balie")
        self.page.get_by_label("Vestiging").select_option(label=branch)
        self.page.get_by_label("Dag").fill(day)
        chosen = self.page.get_by_role("list", name="Gekozen plaatjes").locator(".filled")
        for number, name in enumerate(names, start=1):
            self.page.get_by_role("button", name=name, exact=True).click()
            expect(chosen).to_have_count(number)

    def withdraws_found_visit(self) -> None:
        """Withdraw the visit that was found, and say yes to the question whether this is the one."""
        self.page.get_by_role("link", name="Intrekken het bezoek").click()
        expect(self.page.get_by_role("heading", name="Dit bezoek intrekken?")).to_be_visible()
        self.page.get_by_role("button", name="Ja, trek dit bezoek in").click()
        expect(self.page.get_by_role("status")).to_contain_text("Het bezoek is ingetrokken")

    def _card_of(self, name: str) -> Locator:
        return self.page.get_by_role("listitem").filter(has=self.page.get_by_role("heading", name=name, exact=True))

"""A real Chromium with the pole's page, and the agent acted; shared by every test of the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from kiosk.drawn_film import draw_film
from kiosk.gallery import open_browser, open_screen
from setup.browser import find_headless


class OpenScreen(Protocol):
    """Opens the pole's page at a size of the gallery; it must not have complained when it closes."""

    def __call__(self, size: str = "small", *, voiceless: bool = False) -> AbstractContextManager[Page]:
        """Open the page; in a voiceless language the prompts that nobody has spoken yet are no complaint."""
        ...


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw a second of quiet film."""
    path = tmp_path_factory.mktemp("film") / "film.webm"
    draw_film(path)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a Chromium."""
    program = find_headless()
    assert program is not None, "no Chromium; `make test` installs one"
    with sync_playwright() as playwright:
        chromium = open_browser(playwright, program=program)
        yield chromium
        chromium.close()


@pytest.fixture
def screen(browser: Browser, film: Path) -> OpenScreen:
    """Return what opens the pole's page."""

    @contextmanager
    def open_it(size: str = "small", *, voiceless: bool = False) -> Iterator[Page]:
        page = open_screen(browser, size, film)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        page.close()
        assert not [one for one in complaints if not (voiceless and "404" in one)]

    return open_it

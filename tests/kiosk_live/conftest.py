"""A real Chromium before the real agent; one browser for a module, a pole for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from kiosk.examples import WHEN
from setup.browser import find_chromium, find_headless
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.kiosk_live.makers import Files, create_activity, create_files, create_home, create_noise
from tests.kiosk_live.page import WATCH
from tests.kiosk_live.pole import LivePole
from tests.makers import HandClock
from vertelpaal.publication import Publication

ASKING_FLAGS = tuple(flag for flag in CHROMIUM_FLAGS if flag != "--use-fake-ui-for-media-stream")
"""Without the one that says yes to every page: whether a page may is then its context's to say, and real."""
PERMISSIONS = ("camera", "microphone")

SCREEN: ViewportSize = {"width": 1280, "height": 800}


class MakePole(Protocol):
    """Starts a pole."""

    def __call__(self, publication: Publication, *, with_activity: bool = False) -> LivePole: ...


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Draw a film."""
    return create_files(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write what the microphone hears."""
    return create_noise(tmp_path_factory.mktemp("noise") / "noise.wav", seed=20260512)


@pytest.fixture(scope="module")
def browser(noise: Path) -> Iterator[Browser]:
    """Start a Chromium whose microphone hears the noise, over and over; every page may use it."""
    with open_chromium(find_headless(), noise, CHROMIUM_FLAGS) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def asking_browser(noise: Path) -> Iterator[Browser]:
    """Start a whole Chromium, in which a page may use camera and microphone if its context says so."""
    with open_chromium(find_chromium(), noise, ASKING_FLAGS) as chromium:
        yield chromium


@contextmanager
def open_chromium(program: Path | None, noise: Path, flags: tuple[str, ...]) -> Iterator[Browser]:
    """Start this Chromium, and close it."""
    assert program is not None, "no Chromium; `make test` installs one"
    heard = f"--use-file-for-fake-audio-capture={noise}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(program), args=[*flags, heard], chromium_sandbox=False
        )
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Open a profile of its own, in which camera and microphone are allowed and watched."""
    context = browser.new_context(viewport=SCREEN, reduced_motion="reduce", permissions=list(PERMISSIONS))
    context.add_init_script(WATCH)
    yield context
    context.close()


@pytest.fixture
def make_pole(tmp_path: Path, files: Files) -> Iterator[MakePole]:
    """Return what starts a pole that asks a publication of the examples."""
    with ExitStack() as running:

        def make(publication: Publication, *, with_activity: bool = False) -> LivePole:
            home = tmp_path / "home"
            activities = (create_activity(),) if with_activity else ()
            identity = create_home(home, files.shelved(publication), files, activities)
            pole = LivePole(home, identity, files, HandClock(WHEN))
            pole.start()
            running.callback(pole.close)
            return pole

        yield make

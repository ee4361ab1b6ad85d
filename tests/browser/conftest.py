"""A whole library for browser stories: real processes, a real Chromium with a fake camera and a voice as microphone."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Playwright, sync_playwright
from sqlalchemy import select

from kiosk.shelf import Shelf
from sample.household import Household
from sample.library import PreparedLibrary, prepare_library
from sample.sentences import SPOKEN
from server.database import Database, make_engine
from server.tables import RecordingRow, VisitRow
from setup.browser import find_headless
from tests.browser.staff_member import StaffMember
from tests.serving import serving
from tests.sound import spoken_after_silence
from tests.web import EMAIL, PASSWORD
from vertelpaal.withdrawal import keyed_hash

ARRIVAL_SECONDS = 60.0

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
class ArrivedVisit:
    """What the server knows of a visit."""

    language: str
    ending: str
    age_band: str | None
    member: bool | None
    pictures: tuple[str, ...]
    smileys: tuple[int, ...]
    ways: tuple[str, ...]
    consents: dict[str, bool]
    seconds: float = field(compare=False)
    """How long its recordings are together."""


@dataclass(frozen=True)
class RunningLibrary:
    """A sample library whose processes run."""

    home: Path
    library: PreparedLibrary
    household: Household
    database: Database

    def arrived(self, code: str) -> ArrivedVisit:
        """Wait until the visit with this withdrawal code was opened, its recordings too, and return what is in it."""
        key = self.library.settings.withdrawal_key.get_secret_value().encode()
        until = time.monotonic() + ARRIVAL_SECONDS
        while (visit := self._find(keyed_hash(code, key))) is None:
            assert time.monotonic() < until, f"no visit came within {ARRIVAL_SECONDS:g} seconds"
            time.sleep(0.2)
        return visit

    def waits_for_publication(self, number: int) -> None:
        """Wait until the pole has fetched this publication with its files."""
        shelf = Shelf(self.home / "kiosk")
        until = time.monotonic() + ARRIVAL_SECONDS
        while (publication := shelf.publication()) is None or publication.number < number:
            assert time.monotonic() < until, f"the pole has no publication {number} within {ARRIVAL_SECONDS:g} seconds"
            time.sleep(0.2)

    def _find(self, withdrawal_hash: str) -> ArrivedVisit | None:
        with self.database.reading() as session:
            visit = session.scalar(select(VisitRow).where(VisitRow.withdrawal_hash == withdrawal_hash))
            if visit is None:
                return None
            recordings = session.scalars(select(RecordingRow).where(RecordingRow.visit_id == visit.id)).all()
            return ArrivedVisit(
                visit.language,
                visit.ending,
                visit.age_band,
                visit.member,
                tuple((visit.pictures or "").split(",")),
                tuple(answer.smiley for answer in visit.answers if answer.smiley is not None),
                tuple(recording.way for recording in recordings),
                {consent.purpose: consent.given for consent in visit.consents},
                sum(recording.seconds or 0.0 for recording in recordings),
            )

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


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write what a microphone hears of somebody who talks for a minute and more."""
    words = " ".join(one.text for one in SPOKEN)
    return spoken_after_silence(words, 0.0, tmp_path_factory.mktemp("talking") / "talking.wav")


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


@pytest.fixture
def member(app: Flask, open_browser: OpenBrowser) -> Iterator[StaffMember]:
    """Return a staff member who is signed in."""
    with serving(app) as url:
        someone = StaffMember(open_browser(), url)
        someone.signs_in(EMAIL, PASSWORD)
        yield someone


def launch_chromium(playwright: Playwright, microphone: Path | None = None) -> Browser:
    """Start the Chromium of this machine."""
    program = find_headless()
    assert program is not None, "no Chromium; `make test` installs one"
    heard = [f"--use-file-for-fake-audio-capture={microphone}%noloop"] if microphone else []
    return playwright.chromium.launch(
        executable_path=str(program), args=[*CHROMIUM_FLAGS, *heard], chromium_sandbox=False
    )

"""When something goes wrong the pole says what, offers what still works, and heals: stories by touch alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from kiosk.texts import texts
from tests.kiosk_live.conftest import MakePole
from tests.kiosk_live.faults import deafens, ends_the_track, permits, plugs_out
from tests.kiosk_live.makers import create_talk
from tests.kiosk_live.visitor import LiveVisitor
from tests.kiosk_live.walk import shown_to

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("kiosk-live-faults")]

ALL = ["way:voice", "way:video", "way:text"]


@pytest.fixture(scope="module")
def browser(asking_browser: Browser) -> Browser:
    """Return a Chromium that can refuse a page the camera and the microphone."""
    return asking_browser


@pytest.fixture
def visitor(make_pole: MakePole, context: BrowserContext) -> LiveVisitor:
    """Return somebody at the first of two open questions, who chooses how to answer."""
    visitor = LiveVisitor(context, make_pole(create_talk()))
    comes_from_the_start_to_the_ways(visitor)
    return visitor


def comes_from_the_start_to_the_ways(visitor: LiveVisitor) -> None:
    visitor.touches("start", "language:nl", "smiley:4")
    visitor.comes_to_the_ways()


def reads(visitor: LiveVisitor, key: str) -> bool:
    visitor.arrives()
    return shown_to(visitor).heading == texts("nl").says[key]


def ways(visitor: LiveVisitor) -> list[str]:
    return [action for action in visitor.offered() if action.startswith("way:")]


@pytest.mark.parametrize(
    "is_recording", [pytest.param(False, id="preview", marks=pytest.mark.proof), pytest.param(True, id="recording")]
)
def test_a_camera_that_goes_away(visitor: LiveVisitor, is_recording: bool) -> None:
    assert ways(visitor) == ALL
    visitor.touches("way:video", "age:16-plus", "yes")
    visitor.sees("ready")
    visitor.page.wait_for_selector("[data-preview] video")
    if is_recording:
        visitor.touches("record")
        visitor.waits(3.1, "recording")
        visitor.page.wait_for_timeout(1200)
    ends_the_track(visitor, "video")
    plugs_out(visitor, "videoinput")
    visitor.sees("way")
    assert reads(visitor, "way-camera")
    assert ways(visitor) == ["way:voice", "way:text"]
    assert visitor.pole.takes == []
    visitor.touches("way:voice", "yes")
    visitor.records()
    visitor.touches("keep")
    plugs_out(visitor)
    visitor.comes_to_the_ways()
    visitor.page.wait_for_selector("[data-action='way:video']")
    assert ways(visitor) == ALL, "what came back is offered again"


def test_a_camera_that_failed_once_is_offered_to_the_next(visitor: LiveVisitor) -> None:
    visitor.touches("way:video", "age:16-plus", "yes")
    visitor.sees("ready")
    visitor.page.wait_for_selector("[data-preview] video")
    ends_the_track(visitor, "video")
    visitor.sees("way")
    assert ways(visitor) == ["way:voice", "way:text"]
    visitor.touches("leave")
    comes_from_the_start_to_the_ways(visitor)
    assert reads(visitor, "way")
    assert ways(visitor) == ALL


def test_who_may_not_be_recorded_types(visitor: LiveVisitor, tmp_path: Path) -> None:
    permits(visitor)
    visitor.touches("way:voice", "age:16-plus", "yes")
    visitor.sees("way")
    assert reads(visitor, "way-microphone")
    assert ways(visitor) == ["way:text"]
    visitor.touches("way:text")
    visitor.types("Mooi")
    visitor.touches("keep")
    visitor.comes_to_the_ways()
    visitor.touches("skip", "yes", "no", "no", "skip")
    visitor.sees("thanks")
    (visit,) = visitor.pole.visits(tmp_path / "opened")
    assert [answer.kind for answer in visit.answers] == ["smiley", "text", "skip"]


def test_a_microphone_that_hears_nothing(visitor: LiveVisitor) -> None:
    deafens(visitor, True)
    visitor.touches("way:voice", "age:16-plus", "yes")
    visitor.page.wait_for_selector("[data-action='way:text']", timeout=30_000)
    assert reads(visitor, "ready-silent")
    visitor.records()
    assert reads(visitor, "playback-silent")
    assert "way:text" in visitor.offered()
    visitor.touches("redo")
    deafens(visitor, False)
    visitor.sees("ready")
    assert reads(visitor, "ready-voice")
    visitor.records()
    assert reads(visitor, "playback-voice")
    visitor.touches("redo")
    deafens(visitor, True)
    visitor.page.wait_for_selector("[data-action='way:text']", timeout=30_000)
    deafens(visitor, False)
    visitor.page.wait_for_selector("main:not(:has([data-action='way:text']))", timeout=30_000)
    assert reads(visitor, "ready-voice"), "who is heard after all is told so"


def test_a_browser_that_is_loaded_anew_while_somebody_speaks(visitor: LiveVisitor) -> None:
    visitor.touches("way:voice", "age:16-plus", "yes", "record")
    visitor.waits(3.1, "recording")
    visitor.page.wait_for_timeout(1500)
    assert visitor.pole.takes != []
    visitor.reloads()
    visitor.sees("way")
    assert reads(visitor, "way-interrupted")
    assert ways(visitor) == ALL
    assert visitor.pole.takes == []


def test_a_disk_that_fills_before_the_thanks(visitor: LiveVisitor, tmp_path: Path) -> None:
    visitor.touches("way:text", "age:16-plus")
    visitor.types("Mooi")
    visitor.pole.fill_disk()
    while visitor.pole.agent._journey.ways:
        visitor.page.wait_for_timeout(50)  # until the pole noticed, after which no open question is asked any more
    visitor.touches("keep", "yes", "no", "no", "skip")
    visitor.sees("closed")
    assert reads(visitor, "closed")
    visitor.touches("done")
    assert reads(visitor, "closed-full")
    assert visitor.offered() == []
    visitor.pole.empty_disk()
    visitor.sees("attract")
    assert visitor.pole.visits(tmp_path / "opened") == []


@pytest.mark.proof
def test_an_agent_that_dies_while_somebody_speaks(visitor: LiveVisitor, tmp_path: Path) -> None:
    visitor.touches("way:voice", "age:16-plus", "yes", "record")
    visitor.waits(3.1, "recording")
    visitor.page.wait_for_timeout(1500)
    visitor.pole.stop()
    visitor.sees("waiting")
    assert shown_to(visitor).heading == texts("nl").says["waiting"]
    visitor.pole.start()
    visitor.sees("attract")
    assert visitor.pole.visits(tmp_path / "opened") == [], "nothing was promised, and nothing remains"
    assert visitor.pole.takes == []
    comes_from_the_start_to_the_ways(visitor)
    assert ways(visitor) == ALL

"""The screen in a real Chromium, with an acted agent: it fits, answers touches, speaks, and closes its devices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page

from kiosk.examples import TAKE, example_journeys
from kiosk.gallery import show
from kiosk.journey import Screen
from tests.kiosk_screen.conftest import OpenScreen

pytestmark = pytest.mark.browser

WATCH_TRACKS = """() => {
  window.tracks = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
}"""
LIVE = "() => window.tracks.filter((track) => track.readyState === 'live').length"
Message = dict[str, Any]


def sent(page: Page, event: str) -> list[Message]:
    messages: list[Message] = page.evaluate(
        "(event) => (window.sent ?? []).filter(([name]) => name === event).map(([, message]) => message)", event
    )
    return messages


def test_a_touch_is_told_once_with_the_scene_it_was_meant_for(screen: OpenScreen) -> None:
    with screen() as page:
        show(page, example_journeys("nl")["question-smiley"], 7)
        page.click("[data-action='smiley:4']")
        page.click("[data-action='smiley:1']", force=True)
        assert sent(page, "act") == [{"serial": 7, "action": "smiley:4"}]
        assert page.get_attribute("[data-action='smiley:4']", "data-touched") == "true"
        show(page, example_journeys("nl")["profile-member"], 8)
        page.click("[data-action='yes']")
        assert sent(page, "act")[-1] == {"serial": 8, "action": "yes"}


def test_the_question_is_said_and_then_each_face_lights_up(screen: OpenScreen) -> None:
    with screen() as page:
        show(page, example_journeys("nl")["question-smiley"], 3)
        page.wait_for_selector("[data-action='smiley:1'][data-lit]")
        assert sent(page, "speech") == [{"serial": 3, "playing": True}]
        page.wait_for_selector("[data-action='smiley:2'][data-lit]")
        page.dispatch_event("main", "pointerdown")
        assert page.locator("[data-lit]").count() == 0
        page.wait_for_timeout(300)
        assert page.locator("[data-lit]").count() == 0
        assert len(sent(page, "speech")) == 1, "who was silenced did not come to the end"


@pytest.mark.parametrize(("volume", "written"), [(0, '"Weggaan"'), (2, "none")])
def test_help_writes_the_names_large_when_the_sound_is_off(screen: OpenScreen, volume: int, written: str) -> None:
    with screen() as page:
        show(page, replace(example_journeys("nl")["ready-voice"], volume=volume), 3)
        page.click("[data-action=help]")
        page.wait_for_selector("[data-action=leave][data-lit]")
        above = "(one) => getComputedStyle(one, '::after').content"
        assert page.locator("[data-action=leave]").evaluate(above) == written
        page.dispatch_event("main", "pointerdown")
        assert page.locator("[data-lit]").count() == 0


def test_the_end_of_what_is_said_is_told(screen: OpenScreen) -> None:
    with screen() as page:
        show(page, example_journeys("nl")["question-open"], 4)
        page.wait_for_function("() => window.sent?.filter(([name]) => name === 'speech').length === 2")
        assert sent(page, "speech") == [{"serial": 4, "playing": True}, {"serial": 4, "playing": False}]


@pytest.mark.parametrize(("way", "tracks", "media_type"), [("voice", 1, "audio/webm"), ("video", 2, "video/webm")])
def test_devices_are_open_from_preview_to_the_end_of_the_take_and_no_longer(
    screen: OpenScreen, way: str, tracks: int, media_type: str
) -> None:
    journeys = example_journeys("nl")
    with screen() as page:
        page.evaluate(WATCH_TRACKS)
        show(page, journeys[f"notice-{way}"], 1)
        assert page.evaluate(LIVE) == 0
        show(page, journeys[f"ready-{way}"], 2)
        page.wait_for_function(f"() => window.tracks.length === {tracks}")
        show(page, journeys[f"countdown-{way}"], 3)
        show(page, journeys[f"recording-{way}"], 4)
        page.wait_for_function("() => document.querySelector('[data-seconds]')?.textContent === '58'")
        show(page, journeys[f"stopping-{way}"], 5)
        page.wait_for_function("() => window.sent?.some(([name]) => name === 'take-finished')")
        finished = sent(page, "take-finished")[0]
        assert (finished["take"], finished["media_type"]) == (str(TAKE), media_type)
        assert finished["chunks"] >= 2 and 1 <= finished["seconds"] <= 10
        assert page.evaluate("() => window.tracks.length") == tracks, "one stream through preview, countdown and take"
        show(page, journeys[f"playback-{way}"], 6)
        assert page.evaluate(LIVE) == 0
        assert page.locator("video").evaluate_all("all => all.every((one) => one.srcObject === null)")


def test_without_a_camera_it_says_so_and_lets_go_of_the_microphone(screen: OpenScreen) -> None:
    with screen() as page:
        page.evaluate(
            """() => {
              const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
              navigator.mediaDevices.getUserMedia = (wanted) =>
                wanted.video ? Promise.reject(new DOMException('', 'NotFoundError')) : open(wanted);
            }"""
        )
        page.evaluate(WATCH_TRACKS)
        show(page, example_journeys("nl")["ready-video"], 9)
        page.wait_for_function("() => window.sent?.some(([name]) => name === 'capture-failed')")
        assert sent(page, "capture-failed") == [{"serial": 9, "device": "camera"}]
        assert page.evaluate(LIVE) == 0


def test_words_are_typed_on_the_screen_and_stay_only_while_the_pole_asks_who_is_there(screen: OpenScreen) -> None:
    journeys = example_journeys("nl")
    with screen() as page:
        show(page, journeys["text"], 1)
        assert page.get_attribute("[data-action=keep]", "aria-disabled") == "true"
        for key in ("M", "o", "o", "x", "{backspace}", "i", "{space}", "."):
            page.click(f".hg-button[data-skbtn='{key}']")
        assert page.input_value("textarea") == "Mooi ."
        show(page, journeys["warning"], 2)
        show(page, journeys["text"], 3)
        assert page.input_value("textarea") == "Mooi ."
        page.click("[data-action=keep]")
        assert sent(page, "act")[-1] == {"serial": 3, "action": "keep", "text": "Mooi ."}
        show(page, journeys["consent-review"], 4)
        show(page, journeys["text"], 5)
        assert page.input_value("textarea") == ""


def test_play_plays_and_pauses_the_recording_that_is_looked_back_at(screen: OpenScreen) -> None:
    with screen() as page:
        show(page, example_journeys("nl")["playback-video"], 2)
        page.click("[data-player]")
        page.wait_for_selector("[data-player][data-playing]")
        assert sent(page, "act") == [{"serial": 2, "action": "play"}]
        page.click("[data-action=play]")
        page.wait_for_selector("[data-player]:not([data-playing])")
        assert page.locator("video").evaluate("(one) => one.paused")


def test_no_film_stays_in_memory_after_its_screen(screen: OpenScreen) -> None:
    """Chromium lets a page have some thousand players: a pole that keeps each falls silent after a day."""
    with screen() as page:
        for serial in range(1, 9):
            show(page, example_journeys("nl")["question-smiley"], serial)
            page.wait_for_function("() => document.querySelector('main video').readyState > 1")
        assert players(page)[0] >= 1, "control: the film on the screen is counted"
        show(page, example_journeys("nl")["attract"], 9)
        assert comes_to_no_players(page)


def test_the_own_recording_leaves_memory_with_its_screen(screen: OpenScreen) -> None:
    with screen() as page:
        show(page, example_journeys("nl")["playback-voice"], 1)
        page.click("[data-action=play]")
        page.wait_for_selector("[data-player][data-playing]")
        assert players(page)[1] > 0, "control: it is there while it is looked back at"
        show(page, example_journeys("nl")["attract"], 2)
        assert comes_to_no_players(page)


def comes_to_no_players(page: Page) -> bool:
    """Look for some seconds: Chromium lets go of a player a moment after it was unloaded."""
    for _ in range(20):
        if players(page) == (0, 0):
            return True
        page.wait_for_timeout(250)
    return False


def players(page: Page) -> tuple[int, int]:
    """Return how many films, and how many recordings of visitors, the page can still reach."""
    session = page.context.new_cdp_session(page)
    prototype = session.send("Runtime.evaluate", {"expression": "HTMLMediaElement.prototype"})["result"]["objectId"]
    found = session.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
    counted = session.send(
        "Runtime.callFunctionOn",
        {
            "objectId": found,
            "functionDeclaration": """function() {
              const real = this.filter((one) => !Object.hasOwn(one, "constructor"));
              const films = real.filter((one) => one.tagName === "VIDEO");
              return [films.length, real.filter((one) => one.src.includes("/take/")).length];
            }""",
            "returnByValue": True,
        },
    )
    films, takes = counted["result"]["value"]
    session.send("Runtime.releaseObject", {"objectId": found})  # what we look at would stay for our sake
    session.send("Runtime.releaseObject", {"objectId": prototype})
    session.detach()
    return films, takes


def test_when_the_agent_goes_away_nothing_of_the_visitor_stays(screen: OpenScreen) -> None:
    with screen() as page:
        show(page, example_journeys("nl")["thanks"], 2)
        page.evaluate("() => window.disconnect()")
        page.wait_for_function("() => document.body.dataset.screen === 'waiting'")
        assert "K7QF" not in page.content()
        show(page, example_journeys("nl")["attract"], 3)
        assert page.get_attribute("body", "data-screen") == Screen.ATTRACT.value

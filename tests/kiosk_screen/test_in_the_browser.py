"""The screen in a real Chromium, with an acted agent: it fits, answers touches, speaks, and closes its devices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from kiosk.examples import TAKE, example_journeys
from kiosk.gallery import SIZES, draw_film, open_browser, open_screen, show
from kiosk.journey import Screen

pytestmark = pytest.mark.browser

MM = 3.6
SMALLEST = 20 * MM
NEAREST = 2.99 * MM
MEASURE = """() => {
  const boxes = [...document.querySelectorAll('main [data-action], main .hg-button')]
    .filter((one) => !one.classList.contains('whole'))
    .map((one) => ({ name: one.dataset.action ?? one.dataset.skbtn, ...one.getBoundingClientRect().toJSON() }));
  const cut = [...document.querySelectorAll('main h1, main .answer span, main .aside span')]
    .filter((one) => {
      const box = one.getBoundingClientRect();
      const outside = box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight;
      return outside && !one.closest('.unseen') && !one.matches('.unseen');
    }).map((one) => one.textContent);
  const heading = document.querySelector('main h1:not(.unseen)')?.getBoundingClientRect();
  const answers = document.querySelector('main .answers:not(:has(.whole))')?.getBoundingClientRect();
  return {
    boxes, cut,
    overlaps: Boolean(heading && answers && answers.height && heading.bottom > answers.top + 1),
    scrolls: document.documentElement.scrollHeight > innerHeight || document.documentElement.scrollWidth > innerWidth
      || document.querySelector('main').scrollHeight > innerHeight,
  };
}"""
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


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.webm"
    draw_film(path)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = open_browser(playwright)
        yield chromium
        chromium.close()


@contextmanager
def screen(browser: Browser, film: Path, size: str = "small") -> Iterator[Page]:
    page = open_screen(browser, size, film)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert not complaints


def sent(page: Page, event: str) -> list[Message]:
    messages: list[Message] = page.evaluate(
        "(event) => (window.sent ?? []).filter(([name]) => name === event).map(([, message]) => message)", event
    )
    return messages


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_screen_fits_and_its_targets_are_large_and_apart(
    browser: Browser, film: Path, size: str, language: str
) -> None:
    faults = []
    with screen(browser, film, size) as page:
        for serial, (name, journey) in enumerate(example_journeys("nl" if language == "nl" else "en").items()):
            show(page, journey, serial)
            seen = page.evaluate(MEASURE)
            faults += [f"{name}: scrolls"] if seen["scrolls"] else []
            faults += [f"{name}: the words run under the answers"] if seen["overlaps"] else []
            faults += [f"{name}: {text!r} is cut off" for text in seen["cut"]]
            faults += [
                f"{name}: {box['name']} is {box['width']:.0f}×{box['height']:.0f}"
                for box in seen["boxes"]
                if min(box["width"], box["height"]) < SMALLEST - 0.5
            ]
            faults += [
                f"{name}: {one['name']} touches {other['name']}"
                for at, one in enumerate(seen["boxes"])
                for other in seen["boxes"][at + 1 :]
                if gap(one, other) < NEAREST
            ]
    assert not faults


def test_a_touch_is_told_once_with_the_scene_it_was_meant_for(browser: Browser, film: Path) -> None:
    with screen(browser, film) as page:
        show(page, example_journeys("nl")["question-smiley"], 7)
        page.click("[data-action='smiley:4']")
        page.click("[data-action='smiley:1']", force=True)
        assert sent(page, "act") == [{"serial": 7, "action": "smiley:4"}]
        assert page.get_attribute("[data-action='smiley:4']", "data-touched") == "true"
        show(page, example_journeys("nl")["profile"], 8)
        page.click("[data-action='yes']")
        assert sent(page, "act")[-1] == {"serial": 8, "action": "yes"}


def test_the_question_is_said_and_then_each_face_lights_up(browser: Browser, film: Path) -> None:
    with screen(browser, film) as page:
        show(page, example_journeys("nl")["question-smiley"], 3)
        page.wait_for_selector("[data-action='smiley:1'][data-lit]")
        assert sent(page, "speech") == [{"serial": 3, "playing": True}]
        page.wait_for_selector("[data-action='smiley:2'][data-lit]")
        page.dispatch_event("main", "pointerdown")
        assert page.locator("[data-lit]").count() == 0
        page.wait_for_timeout(300)
        assert page.locator("[data-lit]").count() == 0
        assert len(sent(page, "speech")) == 1, "who was silenced did not come to the end"


def test_the_end_of_what_is_said_is_told(browser: Browser, film: Path) -> None:
    with screen(browser, film) as page:
        show(page, example_journeys("nl")["question-open"], 4)
        page.wait_for_function("() => window.sent?.filter(([name]) => name === 'speech').length === 2")
        assert sent(page, "speech") == [{"serial": 4, "playing": True}, {"serial": 4, "playing": False}]


@pytest.mark.parametrize(("way", "tracks", "media_type"), [("voice", 1, "audio/webm"), ("video", 2, "video/webm")])
def test_devices_are_open_from_preview_to_the_end_of_the_take_and_no_longer(
    browser: Browser, film: Path, way: str, tracks: int, media_type: str
) -> None:
    journeys = example_journeys("nl")
    with screen(browser, film) as page:
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


def test_without_a_camera_it_says_so_and_lets_go_of_the_microphone(browser: Browser, film: Path) -> None:
    with screen(browser, film) as page:
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


def test_words_are_typed_on_the_screen_and_stay_only_while_the_pole_asks_who_is_there(
    browser: Browser, film: Path
) -> None:
    journeys = example_journeys("nl")
    with screen(browser, film) as page:
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


def test_repeat_plays_and_pauses_the_recording_that_is_looked_back_at(browser: Browser, film: Path) -> None:
    with screen(browser, film) as page:
        show(page, example_journeys("nl")["playback-video"], 2)
        page.click("[data-player]")
        page.wait_for_selector("[data-player][data-playing]")
        assert sent(page, "act") == [{"serial": 2, "action": "repeat"}]
        page.click("[data-action=repeat]")
        page.wait_for_selector("[data-player]:not([data-playing])")
        assert page.locator("video").evaluate("(one) => one.paused")


def test_when_the_agent_goes_away_nothing_of_the_visitor_stays(browser: Browser, film: Path) -> None:
    with screen(browser, film) as page:
        show(page, example_journeys("nl")["thanks"], 2)
        page.evaluate("() => window.disconnect()")
        page.wait_for_function("() => document.body.dataset.screen === 'waiting'")
        assert "K7QF" not in page.content()
        show(page, example_journeys("nl")["attract"], 3)
        assert page.get_attribute("body", "data-screen") == Screen.ATTRACT.value


def gap(one: Message, other: Message) -> float:
    """Return how far apart two boxes are, along the axis that parts them most."""
    across = max(one["left"], other["left"]) - min(one["right"], other["right"])
    down = max(one["top"], other["top"]) - min(one["bottom"], other["bottom"])
    return float(max(across, down))

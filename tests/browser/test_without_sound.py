"""The whole visit without a sound: turned off by the visitor, or (proof) refused or never beginning to play."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import OpenBrowser, RunningLibrary
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("without-sound")]

FACES = (4, 4, 2, 5, 3, 4, 5)
CONSENTS = {"review": "yes", "quote": "yes", "show": "no"}
RECORDED_SECONDS = 2.0
PATIENT_SECONDS = 3.0
"""Longer than this no screen waits for a voice; the countdown takes three seconds and says so with digits."""
COUNTDOWN_SECONDS = 3.0

WATCH = """(() => {
  window.loudnesses = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    this.addEventListener("playing", () => {
      if (!this.muted && window.watching) window.loudnesses.push(this.volume);
    }, { once: true });
    return play.call(this);
  };
})()"""
"""Notes how loud everything is that plays, from the moment that `window.watching` is set."""

SILENT = """(() => {
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    return this.srcObject ? play.call(this) : %s;
  };
})()"""
"""What can be heard does not play; the picture of the camera does, for it needs no loudspeaker."""
REFUSED = SILENT % "Promise.reject(new DOMException('no sound card', 'NotSupportedError'))"
STUCK = SILENT % "new Promise(() => {})"


@contextmanager
def at_once(what: str, seconds: float = PATIENT_SECONDS) -> Iterator[None]:
    """Check that something takes no longer than it should."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds, f"{what} takes {time.monotonic() - began:.1f} seconds"


def goes_on(visitor: Visitor, action: str, screen: str, seconds: float = PATIENT_SECONDS) -> None:
    """Touch a control, and see the screen that it leads to at once."""
    with at_once(f"{action} to {screen}", seconds):
        visitor.touches(action)
        visitor.sees(screen)


def visit_in_silence(visitor: Visitor, way: str, *, films_play: bool) -> str:
    """Make the whole visit by what can be read; return its withdrawal code."""
    for value in FACES:
        visitor.reads_captions(playing=films_play)
        with at_once("a smiley"):
            visitor.gives_smileys(value)
    visitor.reads_captions(playing=films_play)
    with at_once("next to way"):
        visitor.comes_to_the_ways()
    goes_on(visitor, f"way:{way}", "age")
    goes_on(visitor, "age:16-plus", "notice")
    goes_on(visitor, "yes", "ready")
    goes_on(visitor, "record", "countdown")
    with at_once("the countdown", COUNTDOWN_SECONDS + PATIENT_SECONDS):
        visitor.sees("recording")
    visitor.page.wait_for_timeout(RECORDED_SECONDS * 1000)
    goes_on(visitor, "stop", "playback")
    goes_on(visitor, "keep", "consent")
    for said in CONSENTS.values():
        with at_once("a consent"):
            visitor.says(said)
    visitor.sees("profile")
    goes_on(visitor, "no", "thanks")
    return visitor.withdrawal_code()


def check_arrival(running: RunningLibrary, code: str, way: str) -> None:
    """Check that the server has what was meant."""
    arrived = running.arrived(code)
    assert (arrived.language, arrived.ending, arrived.member) == ("nl", "thanks", False)
    assert arrived.smileys == FACES
    assert arrived.ways == (way,)
    assert arrived.consents == {purpose: said == "yes" for purpose, said in CONSENTS.items()}


def test_with_the_volume_off(running: RunningLibrary, open_browser: OpenBrowser, talking: Path) -> None:
    visitor = Visitor(open_browser(talking), running.household.kiosk_url, scripts=(WATCH,))
    visitor.begins()
    visitor.turns_the_sound_off()
    visitor.page.evaluate("() => { window.watching = true }")
    visitor.touches("language:nl")
    code = visit_in_silence(visitor, "video", films_play=True)
    assert set(visitor.page.evaluate("window.loudnesses")) == {0}
    goes_on(visitor, "done", "attract")
    assert visitor.page.get_attribute("body", "data-volume") == "2", "the next visitor hears nothing either"
    assert visitor.complaints == []
    check_arrival(running, code, "video")
    visitor.leaves()


@pytest.mark.proof
@pytest.mark.parametrize("broken", [REFUSED, STUCK], ids=["refused", "stuck"])
def test_on_a_pole_whose_sound_is_broken(
    running: RunningLibrary, open_browser: OpenBrowser, talking: Path, broken: str
) -> None:
    """No voice and no film begins; what is written, shown and recorded is enough."""
    visitor = Visitor(open_browser(talking), running.household.kiosk_url, scripts=(broken,))
    visitor.begins()
    visitor.touches("language:nl")
    code = visit_in_silence(visitor, "voice", films_play=False)
    goes_on(visitor, "done", "attract")
    assert visitor.complaints == []
    check_arrival(running, code, "voice")
    visitor.leaves()

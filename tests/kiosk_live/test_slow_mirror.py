"""On a busy machine the picture of the camera comes late: a visit does not wait for it, and does not end for it."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from kiosk.examples import example_journeys, example_publication
from tests.kiosk_live.conftest import MakePole
from tests.kiosk_live.visitor import LiveVisitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("kiosk-live-mirror")]

LATE = """(() => {
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  const nothing = new MediaStream();
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    get, set(stream) { set.call(this, stream && nothing); }, configurable: true,
  });
})()"""
"""The mirror waits for its first picture for ever, as one that is starved does; what is recorded is not touched."""


def test_a_video_is_recorded_and_stopped_before_the_mirror_shows_anything(
    make_pole: MakePole, context: BrowserContext
) -> None:
    context.add_init_script(LATE)
    pole = make_pole(example_publication())
    visitor = LiveVisitor(context, pole)
    pole.stands_on(example_journeys("nl")["ready-video"])
    visitor.arrives()
    visitor.records()
    assert visitor.take()
    assert visitor.errors == []

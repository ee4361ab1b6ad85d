"""An open question goes on to its ways by itself when its film has ended; who touches after that comes too late."""

from __future__ import annotations

import contextlib
import time

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

PATIENCE_SECONDS = 30.0
TOUCH_MS = 1000


def comes_to_the_ways(page: Page) -> None:
    """Touch that one wants to go on, unless the film ended meanwhile; either leads to the ways."""
    body = page.locator("body")
    until = time.monotonic() + PATIENCE_SECONDS
    while (screen := body.get_attribute("data-screen")) != "way":
        assert time.monotonic() < until, f"no way to answer is offered; the page shows {screen}"
        with contextlib.suppress(PlaywrightTimeout):  # the film ended, or the machine is slow
            page.locator('[data-action="next"]').click(timeout=TOUCH_MS)
    expect(body).not_to_have_attribute("data-busy", "true", timeout=PATIENCE_SECONDS * 1000)

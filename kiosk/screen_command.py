"""`vertelpaal kiosk screen`: the locked browser of a pole."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

import click


@click.command(
    "screen",
    epilog="It needs a Wayland compositor around it (`cage -- vertelpaal kiosk screen`) and Chromium's policies in "
    "/etc/chromium/policies/managed (deploy/kiosk).",
)
def command() -> None:
    """Show the agent's screen in a locked Chromium, and end when that has died or gone silent."""
    from kiosk.config import KioskSettings
    from kiosk.locked_browser import Chromium, watch
    from vertelpaal.clock import SystemClock

    ended = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: ended.set())
    url = f"http://127.0.0.1:{KioskSettings.load().kiosk_port}/"
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    why = watch(lambda: Chromium(url, runtime), lambda: is_connected(url), SystemClock(), ended.wait)
    click.echo(why, err=True)
    sys.exit(0 if ended.is_set() else 1)


def is_connected(url: str) -> bool | None:
    """Ask the agent whether it has a live line to a screen; None when it does not answer."""
    import requests

    try:
        answer = requests.get(f"{url}screen-connected", timeout=5, allow_redirects=False)
        return bool(answer.json()["connected"]) if answer.status_code == 200 else None
    except (requests.RequestException, KeyError, TypeError):
        return None

"""A pole as a process of its own, as in a library, but for a clock that a test moves and, on purpose, a leak.

`python -m tests.resilience.pole_process STEERING [LEAK]`: STEERING is a file with the seconds to be ahead, LEAK a file
into which the first chunk of every recording is written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

from flask import Flask

from kiosk.app import create_app
from kiosk.config import KioskSettings
from kiosk.take import Takes
from vertelpaal.clock import SystemClock
from vertelpaal.serving import serve


class SteeredClock(SystemClock):
    """A clock whose seconds are ahead by what a file says."""

    def __init__(self, steering: Path) -> None:
        self._steering = steering

    def monotonic(self) -> float:
        return super().monotonic() + float(self._steering.read_text())


class LeakyTakes(Takes):
    """Takes of which a little is written to a disk."""

    def __init__(self, leak: Path) -> None:
        super().__init__()
        self._leak = leak

    def append(self, take: UUID, index: int, data: bytes) -> None:
        super().append(take, index, data)
        if index == 0:
            self._leak.write_bytes(b"#" + data)


def main(steering: str, leak: str | None = None) -> None:
    """Run the pole until it is killed."""
    settings = KioskSettings.load()

    def make_app() -> Flask:
        app = create_app(settings, SteeredClock(Path(steering)), takes=LeakyTakes(Path(leak)) if leak else None)
        app.extensions["kiosk"].start()
        return app

    serve(make_app, "127.0.0.1", settings.kiosk_port, 16)


if __name__ == "__main__":
    main(*sys.argv[1:])

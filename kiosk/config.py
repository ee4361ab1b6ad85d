"""The pole's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from vertelpaal.settings import Settings


class KioskSettings(Settings):
    """What the agent on a pole needs to know."""

    server_url: str = "http://127.0.0.1:8000"
    """The address of the library's server."""
    kiosk_port: Annotated[int, Field(ge=1, le=65535)] = 8077
    """The port on this machine at which the screen finds the agent; never reachable from outside."""
    public_url: str | None = None
    """The address of the withdrawal page for the QR code; without it there is none."""
    demo: bool = False
    """Say on the screen that this is the sample library."""
    uplink_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How often the pole asks the server for news when nothing waits to be sent."""

    @property
    def folder(self) -> Path:
        """Return the pole's part of the home folder."""
        return self.home / "kiosk"

"""The pole's settings."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from kiosk.screen_size import ScreenSize
from vertelpaal.settings import Settings


class KioskSettings(Settings):
    """What the agent on a pole needs to know."""

    server_url: str = "http://127.0.0.1:8000"
    """The address of the library's server: https, or http on this machine itself."""
    kiosk_port: Annotated[int, Field(ge=1, le=65535)] = 8077
    """The port on this machine at which the screen finds the agent; never reachable from outside."""
    public_url: str | None = None
    """The address of the withdrawal page for the QR code; without it there is none."""
    demo: bool = False
    """Say on the screen that this is the sample library."""
    uplink_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How often the pole asks the server for news when nothing waits to be sent."""
    screen_inches: Annotated[float, Field(ge=10, le=86)] = 24.0
    """The diagonal of the visible picture; how large a target is on the glass follows from it."""
    screen_bottom_mm: Annotated[int, Field(ge=500, le=1050)] = 900
    """How high the lower edge of the picture hangs above the floor; controls stay between 0.90 and 1.20 m."""
    presence_camera: str | None = None
    """The camera that looks whether somebody is there, as a device number; without it nobody looks."""

    @field_validator("server_url")
    @classmethod
    def _is_private(cls, url: str) -> str:
        """Refuse an address over which a token would go for everybody to read."""
        address = urlsplit(url)
        if not address.hostname or not (address.scheme == "https" or _is_own_http(address.scheme, address.hostname)):
            raise ValueError("begins with https://; http:// reaches this machine itself alone")
        return url

    @property
    def screen_size(self) -> ScreenSize:
        """Return how large the screen is and how high it hangs."""
        return ScreenSize(self.screen_inches, self.screen_bottom_mm)

    @property
    def folder(self) -> Path:
        """Return the pole's part of the home folder."""
        return self.home / "kiosk"


def _is_own_http(scheme: str, host: str) -> bool:
    try:
        is_own = ip_address(host).is_loopback
    except ValueError:
        is_own = host == "localhost"
    return scheme == "http" and is_own

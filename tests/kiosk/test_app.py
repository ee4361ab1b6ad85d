"""The agent's web face: for the screen on this machine alone, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask

from kiosk.app import create_app
from kiosk.config import KioskSettings
from tests.makers import HandClock
from tests.serving import serving

SOCKET = "/socket.io/?EIO=4&transport=websocket"


@pytest.fixture
def pole_url(tmp_path: Path, clock: HandClock) -> Iterator[str]:
    app: Flask = create_app(KioskSettings(home=tmp_path), clock)
    with serving(app) as url:
        yield url


@pytest.mark.parametrize("path", ["/", SOCKET, "/prompts/manifest.json"])
def test_another_name_for_this_machine_reaches_nothing(pole_url: str, path: str) -> None:
    """A page elsewhere can point its own name here (DNS rebinding); its Host header gives it away."""
    assert requests.get(pole_url + path, headers={"Host": "elders.example:8077"}, timeout=5).status_code == 403
    assert requests.get(pole_url + path, timeout=5).status_code != 403


def test_a_page_elsewhere_opens_no_socket(pole_url: str) -> None:
    answer = requests.get(pole_url + SOCKET, headers={"Origin": "http://elders.example"}, timeout=5)
    assert answer.status_code == 400


def test_nothing_of_a_visitor_is_stored_or_framed(pole_url: str) -> None:
    for path in ("/", "/take/01920000-0000-7000-8000-000000000001"):
        headers = requests.get(pole_url + path, timeout=5).headers
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["0" * 64, "..%2f..%2ftoken.json", "token.json", "x"])
def test_only_files_of_a_publication_are_served(pole_url: str, name: str) -> None:
    assert requests.get(f"{pole_url}/files/{name}", timeout=5).status_code == 404

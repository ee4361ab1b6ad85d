"""`vertelpaal demo` as a newcomer runs it: it says where everything is, works, and ends on Ctrl-C without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.browser.conftest import free_port

pytestmark = [pytest.mark.slow]

PATIENCE_SECONDS = 240
GOODBYE_SECONDS = 15


def environment(home: Path) -> dict[str, str]:
    """Return an environment with a home and ports of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VERTELPAAL_")}
    return kept | {
        "VERTELPAAL_HOME": str(home),
        "VERTELPAAL_SERVER_PORT": str(free_port()),
        "VERTELPAAL_KIOSK_PORT": str(free_port()),
    }


def run(arguments: list[str], settings: dict[str, str], typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of the house to its end, with something on its standard input."""
    command = [sys.executable, "-m", "vertelpaal", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, text=True, env=settings, timeout=120, check=False)


def wait_for(said: Path, words: str, demo: subprocess.Popen[bytes]) -> str:
    """Wait until the demo has said something; return all that it said."""
    until = time.monotonic() + PATIENCE_SECONDS
    while words not in (text := said.read_text()):
        assert demo.poll() is None, text
        assert time.monotonic() < until, text
        time.sleep(0.2)
    return text


def test_the_demo_from_its_start_to_ctrl_c(tmp_path: Path) -> None:
    settings, said = environment(tmp_path / "home"), tmp_path / "said"
    with open(said, "wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "vertelpaal", "demo"], stdout=output, stderr=output, env=settings
        )
    try:
        text = wait_for(said, "Ctrl-C stops everything", demo)
        server = f"http://127.0.0.1:{settings['VERTELPAAL_SERVER_PORT']}"
        pole = f"http://127.0.0.1:{settings['VERTELPAAL_KIOSK_PORT']}/"
        for address in (f"{server}/antwoorden", f"{server}/rapport", pole):
            assert address in text
            assert requests.get(address, timeout=10).status_code == 200
        assert "knows only the sample sentences" in text
        checked = run(["check"], settings)
        assert checked.returncode == 0, checked.stdout
        report = run(["report", "--from", "2000-01-01", "--to", "2100-01-01", "--format", "json"], settings)
        assert json.loads(report.stdout)["rows"], report.stderr
        assert run(["report", "--from", "gisteren", "--to", "2100-01-01"], settings).returncode != 0
        assert "typing error" in run(["withdraw"], settings, "K7QF-2M9X-4TBE\n").stderr
    finally:
        demo.send_signal(signal.SIGINT)
        assert demo.wait(GOODBYE_SECONDS) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(pole, timeout=2)
    with pytest.raises(requests.ConnectionError):
        requests.get(server, timeout=2)

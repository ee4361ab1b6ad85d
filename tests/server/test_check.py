"""`vertelpaal check` and the worker say in plain words whether recordings can be decoded safely here."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from pyrage import x25519

from server.check import findings_with
from server.config import ServerSettings
from server.decoding.decoder import Decoder
from server.pipeline.command import say_how_it_decodes
from tests.makers import SampleLibrary, create_visit, seal
from vertelpaal.check import Finding

ELSEWHERE = "import ctypes, sys; ctypes.CDLL(None).personality(8); "
"""From here on this process and its children believe to run on a 32-bit processor, which the filter does not know."""


def decoding_line(folder: Path, before: str = "", **settings: str) -> str:
    """Run the check in a process of its own; return its line on decoding."""
    start = f"{before}from vertelpaal.cli import root; root(['check'])"
    environment = {
        "VERTELPAAL_HOME": str(folder),
        "VERTELPAAL_SECRET_KEY": "s" * 32,
        "VERTELPAAL_WITHDRAWAL_KEY": "w" * 32,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    ran = subprocess.run(
        [sys.executable, "-c", start], env=environment | settings, capture_output=True, text=True, check=False
    )
    (line,) = [line for line in ran.stdout.splitlines() if " decoding " in line]
    return line


def test_the_check_says_that_there_is_a_wall(tmp_path: Path) -> None:
    assert decoding_line(tmp_path).startswith("ok  decoding       in a child without network, files")


def test_the_check_says_that_the_wall_is_missing(tmp_path: Path) -> None:
    line = decoding_line(tmp_path, ELSEWHERE)
    assert line.startswith(" !  decoding       recordings wait, as they cannot be decoded safely here")
    assert "does not know the processor" in line


def test_the_check_says_that_a_setting_does_without_the_wall(tmp_path: Path) -> None:
    line = decoding_line(tmp_path, ELSEWHERE, VERTELPAAL_DECODE_WITHOUT_WALL="i-accept-the-danger")
    assert line.startswith(" !  decoding       WITHOUT a wall, as VERTELPAAL_DECODE_WITHOUT_WALL allows")


@pytest.mark.parametrize(("allowed", "says"), [(False, "recordings wait"), (True, "decoded WITHOUT a wall")])
def test_a_worker_says_that_the_wall_is_missing(caplog: pytest.LogCaptureFixture, allowed: bool, says: str) -> None:
    command = (sys.executable, "-m", "tests.decoding.probes", "missing")
    with caplog.at_level(logging.WARNING):
        say_how_it_decodes(Decoder(without_wall=allowed, command=command))
    assert says in caplog.text


def test_the_check_names_received_envelopes_whose_bytes_are_not_here(sample: SampleLibrary, tmp_path: Path) -> None:
    home = tmp_path / "machine"
    home.mkdir()
    (home / "server").symlink_to(sample.home)
    settings = ServerSettings(
        home=home,
        database_url=sample.database.engine.url.render_as_string(hide_password=False),
        secret_key="s" * 32,
        withdrawal_key="w" * 32,
    )
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    assert deliveries(settings) == Finding("deliveries", True, "1 wait for the worker")
    sample.folders.sealed(visit.id).unlink()
    found = deliveries(settings)
    assert found.good is False
    assert str(visit.id) in found.says


def deliveries(settings: ServerSettings) -> Finding:
    return next(found for found in findings_with(settings) if found.subject == "deliveries")


def test_the_check_says_that_no_backup_is_made(tmp_path: Path) -> None:
    """It is no failure, and it is not passed over."""
    key = str(x25519.Identity.generate().to_public())
    found = {known: backups(tmp_path, known) for known in (None, key)}
    assert found[None].good is None
    assert "vertelpaal keys for-backup" in found[None].says
    assert found[key] == Finding("backups", True, f"sealed to {key[:16]}…")


def backups(home: Path, key: str | None) -> Finding:
    settings = ServerSettings(home=home, withdrawal_key="w" * 32, backup_key=key)
    return next(found for found in findings_with(settings) if found.subject == "backups")


def test_a_setting_in_other_words_stops_the_start(tmp_path: Path) -> None:
    environment = {
        "VERTELPAAL_HOME": str(tmp_path),
        "VERTELPAAL_SECRET_KEY": "s" * 32,
        "VERTELPAAL_WITHDRAWAL_KEY": "w" * 32,
        "VERTELPAAL_DECODE_WITHOUT_WALL": "true",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    ask = "from server.config import ServerSettings; ServerSettings.load()"
    ran = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "VERTELPAAL_DECODE_WITHOUT_WALL" in ran.stderr

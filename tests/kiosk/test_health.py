"""What `vertelpaal check` says of a pole, on machines that are folders, and of a real server."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask, Response, jsonify

from kiosk import check
from kiosk.config import KioskSettings
from kiosk.health import Machine, diagonal
from tests.makers import HandClock
from tests.serving import serving
from vertelpaal.check import command, this_side
from vertelpaal.clock import SystemClock
from vertelpaal.errors import ServerUnreachable, SettingsError, UnfitMachine
from vertelpaal.identifiers import new_id

INCHES_24 = (531, 299)
"""Width and height in mm of a screen of 24 inches."""


def create_machine(root: Path, **files: str | bytes) -> Machine:
    """Return a sound pole; a file given by its path, with __ for /, replaces or adds one."""
    sound: dict[str, str | bytes] = {
        "sys__class__video4linux__video0__name": "Camera HD\n",
        "proc__asound__pcm": "00-00: USB Audio : USB Audio : playback 1\n01-00: Mic One : Mic One : capture 1\n",
        "sys__class__drm__card0-DP-1__status": "disconnected\n",
        "sys__class__drm__card0-HDMI-A-1__status": "connected\n",
        "sys__class__drm__card0-HDMI-A-1__modes": "1920x1080\n1280x720\n",
        "sys__class__drm__card0-HDMI-A-1__edid": create_edid(*INCHES_24),
        "proc__swaps": "Filename\tType\tSize\tUsed\tPriority\n",
        "proc__sys__kernel__core_pattern": "|/bin/false\n",
        "run__systemd__timesync__synchronized": "",
        "etc__chromium__policies__managed__vertelpaal.json": "{}",
    }
    for name, content in (sound | files).items():
        file = root / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Machine(root, core_limit=lambda: -1)


def create_edid(width: int, height: int) -> bytes:
    """Return what a screen of this many mm says of itself."""
    edid = bytearray(128)
    edid[:8] = bytes.fromhex("00ffffffffffff00")
    edid[66:69] = width & 0xFF, height & 0xFF, (width >> 8) << 4 | height >> 8
    return bytes(edid)


def test_a_sound_pole_is_said_to_be_sound(tmp_path: Path) -> None:
    machine = create_machine(tmp_path)
    assert machine.camera() == "Camera HD"
    assert machine.microphone() == "Mic One"
    assert machine.screen(24) == "1920x1080, 24.0 inches"
    assert machine.swap() == machine.core_dumps() == "off"
    assert machine.own_clock() == "set by the network"
    assert machine.locked()


def test_swap_is_found(tmp_path: Path) -> None:
    machine = create_machine(tmp_path, proc__swaps="Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n")
    with pytest.raises(UnfitMachine, match="/dev/sda2"):
        machine.swap()


@pytest.mark.parametrize(
    ("pattern", "limit", "off"),
    [
        ("|/bin/false", -1, True),
        ("core", 0, True),
        ("core", -1, False),
        ("|/usr/share/apport/apport %p", 0, False),
        ("|/lib/systemd/systemd-coredump %P", 0, False),
    ],
)
def test_core_dumps_are_found(tmp_path: Path, pattern: str, limit: int, off: bool) -> None:
    create_machine(tmp_path, proc__sys__kernel__core_pattern=pattern)
    machine = Machine(tmp_path, core_limit=lambda: limit)
    if off:
        assert machine.core_dumps() == "off"
    else:
        with pytest.raises(UnfitMachine, match="on, by"):
            machine.core_dumps()


def test_systemd_told_to_keep_no_core_is_believed(tmp_path: Path) -> None:
    machine = create_machine(
        tmp_path,
        proc__sys__kernel__core_pattern="|/lib/systemd/systemd-coredump %P",
        **{"etc__systemd__coredump.conf.d__x.conf": "[Coredump]\nStorage=none\n"},
    )
    assert machine.core_dumps() == "off"


def test_a_screen_of_another_size_is_found(tmp_path: Path) -> None:
    with pytest.raises(UnfitMachine, match=r"24\.0 inches, and VERTELPAAL_SCREEN_INCHES is 32"):
        create_machine(tmp_path).screen(32)


def test_a_screen_that_does_not_tell_its_size_is_to_be_measured(tmp_path: Path) -> None:
    assert diagonal(create_edid(0, 0)) is None
    assert diagonal(b"") is None
    machine = create_machine(tmp_path, **{"sys__class__drm__card0-HDMI-A-1__edid": b""})
    assert "measure it" in machine.screen(24)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    empty = Machine(tmp_path)
    for look in (empty.camera, empty.microphone, lambda: empty.screen(24), empty.own_clock, empty.locked):
        with pytest.raises(UnfitMachine):
            look()


def test_the_queue_is_counted_and_what_is_being_sealed_is_left_alone(tmp_path: Path) -> None:
    clock = SystemClock()
    assert check.queue(tmp_path, clock) == "nothing waits"
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    half, sealed = outbox / ".0000000002-x.age.1-1.part", outbox / f"0000000001-{new_id()}.age"
    half.touch()
    sealed.touch()
    assert check.queue(tmp_path, clock).startswith("1 envelope(s) wait, the oldest for 0.0 hours")
    two_days_ago = datetime.now(UTC).timestamp() - timedelta(days=2).total_seconds()
    os.utime(sealed, (two_days_ago, two_days_ago))
    with pytest.raises(UnfitMachine, match=r"oldest for 48\.0 hours"):
        check.queue(tmp_path, clock)
    (outbox / "copy.age").touch()
    with pytest.raises(UnfitMachine, match=r"1 of 2 file\(s\) in .* another name"):
        check.queue(tmp_path, clock)
    assert half.exists()


def test_the_real_server_answers_the_check(app: Flask) -> None:
    with serving(app) as url:
        assert check.server(url, SystemClock()).endswith("answers, and its clock agrees")
        with pytest.raises(UnfitMachine, match="its clock is"):
            check.server(url, HandClock(datetime.now(UTC) + timedelta(days=365)))


def test_a_captive_portal_is_not_our_server() -> None:
    portal = Flask("portal")
    portal.add_url_rule("/gezond", view_func=lambda: Response("<p>Welkom! Log in.</p>", 200))
    other = Flask("other")
    other.add_url_rule("/gezond", view_func=lambda: jsonify(fine="yes"))
    for app in (portal, other):
        with serving(app) as url, pytest.raises(ServerUnreachable, match="our server"):
            check.server(url, SystemClock())


def test_a_pole_is_known_by_its_setting_and_the_check_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path))
    monkeypatch.delenv("VERTELPAAL_SERVER_URL", raising=False)
    assert this_side() == "server"
    (tmp_path / "settings.env").write_text("VERTELPAAL_SERVER_URL=http://127.0.0.1:9\n", encoding="utf-8")
    assert this_side() == "pole"
    said = CliRunner().invoke(command)
    assert said.exit_code == 1
    assert " !  server         http://127.0.0.1:9 does not answer" in said.output
    for subject in ("clock", "camera", "microphone", "screen", "queue", "swap", "core dumps"):
        assert f"  {subject} " in said.output


@pytest.mark.parametrize(
    "url", ["http://library.example", "http://192.0.2.10:8000", "ftp://127.0.0.1", "https://", "127.0.0.1"]
)
def test_a_pole_speaks_to_no_other_machine_without_tls(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path))
    monkeypatch.setenv("VERTELPAAL_SERVER_URL", url)
    with pytest.raises(SettingsError, match=r"VERTELPAAL_SERVER_URL: .*begins with https://"):
        KioskSettings.load()
    for good in ("https://library.example", "http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"):
        monkeypatch.setenv("VERTELPAAL_SERVER_URL", good)
        assert KioskSettings.load().server_url == good

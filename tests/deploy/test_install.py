"""The scripts, run for real into a folder: twice is the same as once, and secrets are made and never shown."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from kiosk.config import KioskSettings
from server.config import ServerSettings
from tests.deploy.machine import DEPLOY, Machine
from vertelpaal.errors import SettingsError
from vertelpaal.settings import SETTINGS_FILE

SERVER = ("server/install.sh", "--address", "vertelpaal.example")
KIOSK = ("kiosk/install.sh", "--server", "https://192.0.2.10:8443", "--managers", "198.51.100.0/24")
CHANGES = re.compile(r"^  (writes|sets|masks|takes) ", re.MULTILINE)
SWAP = "UUID=1-2 none swap sw 0 0\n"
DISK = "UUID=3-4 / ext4 errors=remount-ro 0 1\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return an empty machine."""
    return Machine(tmp_path / "machine")


@pytest.mark.parametrize("command", [SERVER, KIOSK], ids=["server", "kiosk"])
def test_installing_twice_is_the_same_as_once(machine: Machine, command: Sequence[str]) -> None:
    first = machine.installs(*command)
    once = machine.everything()
    second = machine.installs(*command)
    assert CHANGES.search(first)
    assert not CHANGES.search(second), second
    assert machine.everything() == once


@pytest.mark.parametrize("command", [SERVER, KIOSK], ids=["server", "kiosk"])
def test_what_was_changed_by_hand_is_mended_and_what_was_chosen_stays(machine: Machine, command: Sequence[str]) -> None:
    machine.installs(*command)
    once = machine.everything()
    policy = machine.file("/etc/sysctl.d/90-vertelpaal.conf")
    policy.write_text("kernel.core_pattern = core\n", encoding="utf-8")
    script = command[0]
    assert "  writes  /etc/sysctl.d/90-vertelpaal.conf" in machine.installs(script.replace("install", "upgrade"))
    assert machine.everything() == once


@pytest.mark.parametrize("command", [SERVER, KIOSK], ids=["server", "kiosk"])
def test_a_dry_run_does_nothing(machine: Machine, command: Sequence[str]) -> None:
    said = machine.installs(*command, "--dry-run")
    assert "  writes  /etc/sysctl.d/90-vertelpaal.conf" in said
    assert not machine.root.exists()


def test_a_dry_run_of_a_pole_goes_on_where_the_server_has_no_name_yet(machine: Machine) -> None:
    nowhere = ("kiosk/install.sh", "--server", "https://vertelpaal.invalid")
    refused = machine.runs(*nowhere)
    assert refused.returncode == 1
    assert "vertelpaal.invalid has no address" in refused.stderr
    said = machine.installs(*nowhere, "--dry-run")
    assert "  warns   vertelpaal.invalid has no address" in said
    assert "8. Services" in said


@pytest.mark.parametrize("script", ["server/install.sh", "server/upgrade.sh", "kiosk/install.sh", "kiosk/upgrade.sh"])
def test_every_script_tells_its_options_when_it_is_asked(machine: Machine, script: str) -> None:
    said = machine.installs(script, "--help")
    assert said.splitlines()[0].endswith(("docs/install.md tells the whole way.", "Poles keep their", "is closed."))
    assert all(option in said for option in ("--root", "--dry-run", "--help"))
    assert not any(line.startswith("#") or "shellcheck" in line for line in said.splitlines())
    assert "--help tells the options" in machine.runs(script, "--nothing").stderr


def test_a_lost_server_is_not_started_before_its_backup_is_back(machine: Machine) -> None:
    """An empty server tells a pole that it does not know it, and the pole forgets its token."""
    said = machine.installs(*SERVER, "--stopped")
    assert "vertelpaal-server" not in said.partition("5. Accounts")[2]
    assert "private key" not in said
    assert "restart vertelpaal-server" in machine.installs(*SERVER)
    told = (DEPLOY.parent / "docs" / "backup.md").read_text(encoding="utf-8").partition("On a new machine")[2]
    order = ("--stopped", "systemd-tmpfiles --create", "vertelpaal restore", "deploy/server/install.sh  ")
    places = [told.index(step) for step in order]
    assert places == sorted(places)


def test_a_certificate_of_the_librarys_own_must_be_there_first(machine: Machine) -> None:
    refused = machine.runs(*SERVER, "--tls", "own")
    assert (refused.returncode, machine.root.exists()) == (1, False)
    assert "/etc/vertelpaal/tls/server.crt is not there" in refused.stderr
    for name in ("server.crt", "server.key"):
        machine.file("/etc/vertelpaal/tls").mkdir(parents=True, exist_ok=True)
        machine.file(f"/etc/vertelpaal/tls/{name}").write_text("pem")
    machine.installs(*SERVER, "--tls", "own")
    assert machine.file("/etc/vertelpaal/tls.caddy").read_text().startswith("tls /etc/vertelpaal/tls/server.crt")


def test_an_address_that_would_not_work_is_refused(machine: Machine) -> None:
    assert "--address is a name" in machine.runs("server/install.sh", "--address", "https://vertelpaal.example").stderr
    assert "address of IPv4" in machine.runs("kiosk/install.sh", "--server", "https://[2001:db8::1]").stderr
    assert not machine.root.exists()


def test_the_keyboard_of_a_pole_works_until_it_starts_anew(machine: Machine) -> None:
    """The first time somebody types at the pole itself: neither USBGuard nor the screen may take the keyboard away."""
    first = machine.installs(*KIOSK)
    assert "restart usbguard" not in first
    assert "vertelpaal-screen" not in first.partition("systemctl restart")[2]
    assert first.index("mask --runtime usbguard") < first.index("2. De Bieb") < first.index("unmask --runtime")
    assert "type reboot" in first
    learned = machine.file("/etc/usbguard/rules.d/50-this-pole.conf")
    learned.parent.mkdir(parents=True, exist_ok=True)
    learned.write_text("allow\n")
    later = machine.installs(*KIOSK)
    assert "restart usbguard vertelpaal-screen" in later
    assert "mask --runtime" not in later


def test_an_upgrade_that_stops_halfway_says_that_all_is_stopped(machine: Machine) -> None:
    machine.file("/etc/vertelpaal").mkdir(parents=True)
    machine.file("/etc/vertelpaal/settings.env").touch()  # without an address install.sh refuses
    for side, stopped in (("server", "it may all be stopped now"), ("kiosk", "the pole may be stopped now")):
        failed = machine.runs(f"{side}/upgrade.sh")
        assert failed.returncode == 1
        assert stopped in failed.stderr


def test_the_first_steps_after_installing_are_named(machine: Machine) -> None:
    said = machine.installs(*SERVER)
    told = re.findall(r"vertelpaal ([a-z]+(?: [a-z-]+)?)[ ,]", said.partition("Done.")[2])
    assert told == ["branches add", "staff add", "models fetch", "keys for-backup", "check"]
    page = (DEPLOY.parent / "docs" / "install.md").read_text(encoding="utf-8")
    server = page.partition("## 1. The server")[2].partition("## 2.")[0]
    assert [command for command in told if f"vertelpaal {command}" not in server] == []
    assert page.index("apt install git") < page.index("git clone")


def test_the_servers_secrets_are_made_once_and_never_shown(machine: Machine, tmp_path: Path) -> None:
    said = machine.installs(*SERVER) + machine.installs(*SERVER)
    other = Machine(tmp_path / "other")
    other.installs(*SERVER)
    for file, name in (("web", "VERTELPAAL_SECRET_KEY"), ("settings", "VERTELPAAL_WITHDRAWAL_KEY")):
        secret = machine.settings(file)[name]
        assert len(secret) >= 64
        assert secret not in said
        assert secret != other.settings(file)[name]
        assert machine.file(f"/etc/vertelpaal/{file}.env").stat().st_mode & 0o077 == 0


def test_settings_that_end_without_a_new_line_stay_whole(machine: Machine) -> None:
    file = machine.file("/etc/vertelpaal/settings.env")
    file.parent.mkdir(parents=True)
    file.write_text("VERTELPAAL_WITHDRAWAL_KEY=" + "w" * 64)
    machine.installs(*SERVER)
    assert machine.settings()["VERTELPAAL_WITHDRAWAL_KEY"] == "w" * 64
    assert machine.settings()["VERTELPAAL_PUBLIC_URL"] == "https://vertelpaal.example"


def test_what_signs_cookies_is_moved_to_where_the_web_side_alone_is_given_it(machine: Machine) -> None:
    """An installation of before had it among the settings that the worker reads too."""
    file = machine.file("/etc/vertelpaal/settings.env")
    file.parent.mkdir(parents=True)
    file.write_text("VERTELPAAL_SECRET_KEY=" + "s" * 64 + "\nVERTELPAAL_WITHDRAWAL_KEY=" + "w" * 64 + "\n")
    file.chmod(0o640)
    assert "s" * 64 not in machine.installs(*SERVER)
    assert machine.settings("web") == {"VERTELPAAL_SECRET_KEY": "s" * 64}
    assert "VERTELPAAL_SECRET_KEY" not in machine.settings()
    assert machine.settings()["VERTELPAAL_WITHDRAWAL_KEY"] == "w" * 64
    modes = {name: machine.file(f"/etc/vertelpaal/{name}.env").stat().st_mode & 0o777 for name in ("settings", "web")}
    assert modes == {"settings": 0o640, "web": 0o600}


def test_the_settings_are_ones_that_each_side_takes(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*ServerSettings.model_fields, *KioskSettings.model_fields):
        monkeypatch.delenv(f"VERTELPAAL_{name.upper()}", raising=False)
    pole = Machine(tmp_path / "pole")
    machine.installs(*SERVER)
    pole.installs(*KIOSK, "--screen-inches", "32")
    monkeypatch.setenv("VERTELPAAL_HOME", str(_home_of(machine)))
    server = ServerSettings.load()
    with pytest.raises(SettingsError, match="VERTELPAAL_SECRET_KEY: missing"):
        _ = server.signing_key  # what a service has that reads only these settings
    assert (server.public_url, server.trusted_proxies, server.https_only) == ("https://vertelpaal.example", 1, True)
    monkeypatch.setenv("VERTELPAAL_HOME", str(_home_of(pole)))
    kiosk = KioskSettings.load()
    assert (kiosk.server_url, kiosk.screen_inches) == ("https://192.0.2.10:8443", 32)


def test_a_pole_loses_its_swap_once(machine: Machine) -> None:
    machine.file("/etc").mkdir(parents=True)
    machine.file("/etc/fstab").write_text(DISK + SWAP, encoding="utf-8")
    machine.installs(*KIOSK)
    machine.installs(*KIOSK)
    assert machine.file("/etc/fstab").read_text(encoding="utf-8") == f"{DISK}# no swap on a pole: {SWAP}"
    assert machine.file("/etc/systemd/system/swap.target").readlink() == Path("/dev/null")


def test_a_pole_speaks_to_nothing_without_tls(machine: Machine) -> None:
    refused = machine.runs("kiosk/install.sh", "--server", "http://192.0.2.10")
    assert refused.returncode == 1
    assert "https:// alone" in refused.stderr
    assert not machine.root.exists()


@pytest.mark.parametrize("side", ["server", "kiosk"])
def test_nothing_is_upgraded_that_was_never_installed(machine: Machine, side: str) -> None:
    refused = machine.runs(f"{side}/upgrade.sh")
    assert refused.returncode == 1
    assert "begin with install.sh" in refused.stderr


@pytest.mark.parametrize(("command", "lock"), [(SERVER, "server"), (KIOSK, "kiosk")])
def test_packages_come_from_the_lock_of_this_side(machine: Machine, command: Sequence[str], lock: str) -> None:
    from setup.prepare import lock_of

    assert f"-m setup.prepare {lock}\n" in machine.installs(*command)
    assert lock_of(lock) == lock


def test_the_scripts_are_sound_and_their_first_lines_tell_every_option() -> None:
    scripts = sorted(DEPLOY.rglob("*.sh"))
    assert len(scripts) == 5
    subprocess.run(["shellcheck", "--external-sources", *scripts], cwd=DEPLOY.parent, check=True)
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        head, _, body = text.partition("\n. ")
        for option in re.findall(r"^ +(--[a-z-]+)\)", body, re.MULTILINE):
            assert option in head, f"{script.name}: {option}"


def test_no_file_names_anybody_elses_address() -> None:
    for path in (path for path in DEPLOY.rglob("*") if path.is_file()):
        hosts = set(re.findall(r"[a-z]://([\w.-]+)", path.read_text(encoding="utf-8")))
        assert hosts <= {"127.0.0.1", "vertelpaal.example.nl"}, path


def _home_of(machine: Machine) -> Path:
    """Return a home folder with the machine's settings in it, as the link of tmpfiles.d makes it."""
    home = machine.root / "home"
    home.mkdir()
    (home / SETTINGS_FILE).symlink_to(machine.file("/etc/vertelpaal/settings.env"))
    return home

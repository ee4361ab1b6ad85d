"""The services: how shut in each one is, who has the private key, and that systemd takes them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from server.database import make_engine
from server.migrations import migrate
from tests.deploy.machine import DEPLOY, UNITS, Machine, Unit, read_unit
from vertelpaal.cli import COMMANDS, KIOSK_COMMANDS

EVERY_SERVICE = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "ProtectProc": "invisible",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "RemoveIPC": "yes",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "LimitCORE": "0",
    "MemorySwapMax": "0",
}
WITHOUT_MACHINE_CODE = {"vertelpaal-worker", "vertelpaal-agent", "vertelpaal-nightly", "vertelpaal-backup"}
"""Those that make no machine code while they run. The web side draws charts with V8, the screen is a browser."""
MOST_EXPOSED = {
    "vertelpaal-server": 1.2,
    "vertelpaal-worker": 0.6,
    "vertelpaal-nightly": 0.6,
    "vertelpaal-backup": 0.6,
    "vertelpaal-agent": 1.2,
    "vertelpaal-screen": 2.4,
}
"""What `systemd-analyze security` may say at most, of 10."""


def unit(name: str) -> Unit:
    """Return one of our services."""
    (path,) = [path for path in UNITS if path.stem == name]
    return read_unit(path)


def exposure(path: Path) -> float:
    """Return what systemd says of how exposed a service is, from 0 to 10."""
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert found, said
    return float(found[1])


def test_these_are_all_our_services() -> None:
    assert {path.stem for path in UNITS} == MOST_EXPOSED.keys()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_every_service_is_shut_in(path: Path) -> None:
    service = read_unit(path)
    assert {setting: service.says(setting) for setting in EVERY_SERVICE} == EVERY_SERVICE
    assert service.says("User") not in (None, "root")
    assert service.says("SystemCallFilter")
    assert service.says("RestrictNamespaces")
    assert (service.says("MemoryDenyWriteExecute") == "yes") == (service.name in WITHOUT_MACHINE_CODE)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_finds_no_service_more_exposed_than_we_say(path: Path) -> None:
    assert exposure(path) <= MOST_EXPOSED[path.stem]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_service_without_its_filter_of_system_calls_is_noticed(path: Path, tmp_path: Path) -> None:
    weaker = tmp_path / path.name
    weaker.write_text(re.sub(r"^SystemCallFilter=.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert exposure(weaker) > MOST_EXPOSED[path.stem]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_every_service_starts_a_command_that_exists(path: Path) -> None:
    starts = re.findall(r"/vertelpaal/\.venv/bin/vertelpaal ([a-z]+(?: [a-z]+)*)", path.read_text())
    assert starts
    for words in (start.split() for start in starts):
        assert words[0] in COMMANDS
        assert words[0] != "kiosk" or set(words[1:]) <= KIOSK_COMMANDS.keys()


@pytest.mark.parametrize("side", ["server", "kiosk"])
def test_systemd_takes_every_unit(side: str, tmp_path: Path) -> None:
    machine = create_machine(tmp_path, side)
    assert verify(machine) == ""
    weak = machine.file(f"/etc/systemd/system/vertelpaal-{'server' if side == 'server' else 'agent'}.service")
    weak.write_text(weak.read_text(encoding="utf-8").replace("ProtectSystem=strict", "ProtectSystem=strct"))
    assert "Failed to parse protect system value" in verify(machine), "a planted fault is seen"


def test_only_the_worker_reaches_the_private_keys() -> None:
    web, worker = unit("vertelpaal-server"), unit("vertelpaal-worker")
    keys = "/var/lib/vertelpaal/keys"
    assert web.says("User") != worker.says("User")
    assert f"-{keys}" in str(web.says("InaccessiblePaths")).split()
    assert worker.says("ReadOnlyPaths") == f"-{keys}"
    folders = (DEPLOY / "server/files/etc/tmpfiles.d/vertelpaal.conf").read_text(encoding="utf-8")
    assert f"d {keys} 0700 {worker.says('User')} vertelpaal -" in folders.splitlines()


def test_only_the_web_side_is_given_what_signs_cookies() -> None:
    given = {path.stem for path in UNITS if "/etc/vertelpaal/web.env" in path.read_text(encoding="utf-8")}
    assert given == {"vertelpaal-server"}
    assert unit("vertelpaal-server").says("EnvironmentFile") == "/etc/vertelpaal/web.env"


def test_web_and_worker_may_both_write_the_database_and_nobody_else(tmp_path: Path) -> None:
    lines = (DEPLOY / "server/files/etc/tmpfiles.d/vertelpaal.conf").read_text(encoding="utf-8").splitlines()
    assert "f /var/lib/vertelpaal/server/vertelpaal.sqlite 0660 root vertelpaal -" in lines
    (tmp_path / "made.sqlite").touch(mode=0o660)
    (tmp_path / "made.sqlite").chmod(0o660)
    modes = {name: modes_of_database(tmp_path / f"{name}.sqlite") for name in ("made", "sqlites-own")}
    assert modes["made"] == {0o660}, "what SQLite makes beside it has the same mode"
    assert all(mode & 0o020 == 0 for mode in modes["sqlites-own"]), "why it is made beforehand"


def modes_of_database(file: Path) -> set[int]:
    """Open a database, write into it, and return the modes of its files."""
    engine = make_engine(f"sqlite:///{file}")
    migrate(engine)
    modes = {one.stat().st_mode & 0o777 for one in file.parent.glob(f"{file.name}*")}
    engine.dispose()
    return modes


@pytest.mark.parametrize("name", ["vertelpaal-worker", "vertelpaal-backup", "vertelpaal-nightly"])
def test_what_goes_by_the_time_of_day_waits_for_a_clock_that_was_set(name: str) -> None:
    assert {setting: "time-sync.target" in str(unit(name).says(setting)).split() for setting in ("After", "Wants")} == {
        "After": True,
        "Wants": True,
    }


def test_a_stop_and_a_lack_of_memory_cost_the_worker_no_recording() -> None:
    """The child that decodes is not told of a stop, and a child that is killed takes no worker along."""
    worker = unit("vertelpaal-worker")
    assert (worker.says("KillMode"), worker.says("OOMPolicy")) == ("mixed", "continue")


def test_who_opens_what_strangers_send_has_no_network() -> None:
    worker = unit("vertelpaal-worker")
    assert worker.says("PrivateNetwork") == "yes"
    assert worker.says("IPAddressDeny") == "any"
    assert worker.says("IPAddressAllow") is None
    assert worker.says("RestrictAddressFamilies") == "AF_UNIX"


def test_the_screen_reaches_this_machine_alone_and_writes_in_memory_alone() -> None:
    screen = unit("vertelpaal-screen")
    assert (screen.says("IPAddressDeny"), screen.says("IPAddressAllow")) == ("any", "localhost")
    assert screen.says("ReadWritePaths") is None
    assert "HOME=/run/vertelpaal-screen" in str(screen.values["Environment"])
    assert screen.says("Restart") == "always"


def test_accounts_are_made_as_the_services_name_them(tmp_path: Path) -> None:
    for side in ("server", "kiosk"):
        root = tmp_path / side
        shutil.copytree(DEPLOY / side / "files", root)
        subprocess.run(["systemd-sysusers", f"--root={root}"], check=True, capture_output=True)
        made = {line.split(":")[0] for line in (root / "etc" / "passwd").read_text().splitlines()}
        groups = {line.split(":")[0] for line in (root / "etc" / "group").read_text().splitlines()}
        for service in (read_unit(path) for path in UNITS if side in path.parts):
            assert service.says("User") in made
            assert service.says("Group") in groups


def create_machine(folder: Path, side: str) -> Machine:
    """Return a machine with our units, systemd's own, and a stand-in for each program that they start."""
    machine = Machine(folder)
    shutil.copytree(DEPLOY / side / "files", machine.root, dirs_exist_ok=True)
    own = machine.file("/usr/lib/systemd/system")
    shutil.copytree("/usr/lib/systemd/system", own, symlinks=True, ignore_dangling_symlinks=True)
    (own / "seatd.service").write_text("[Service]\nExecStart=/usr/bin/cage\n", encoding="utf-8")
    for program in ("/opt/vertelpaal/.venv/bin/vertelpaal", "/usr/bin/cage", "/bin/grep", "/bin/sh"):
        machine.file(program).parent.mkdir(parents=True, exist_ok=True)
        machine.file(program).touch(mode=0o755)
    return machine


def verify(machine: Machine) -> str:
    """Return what systemd has to say against our units."""
    ours = [str(path) for path in sorted(machine.file("/etc/systemd/system").glob("vertelpaal-*"))]
    command = ["systemd-analyze", "verify", "--man=no", f"--root={machine.root}", *ours]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    return "\n".join(line for line in said.splitlines() if "vertelpaal" in line)

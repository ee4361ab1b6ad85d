"""The firewall of a pole, loaded for real into a network of its own with the accounts of a pole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from setup.layout import ROOT
from tests.deploy.machine import Machine

ALONE = ["unshare", "--mount", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
LOAD = 'mount --bind "$1/etc" /etc && nft -f /etc/nftables.conf && nft -j list ruleset'


@pytest.fixture
def pole(tmp_path: Path) -> Machine:
    """Return a pole with the accounts that Debian and we make."""
    machine = Machine(tmp_path / "pole")
    server = ("--server", "https://192.0.2.10:8443", "--managers", "198.51.100.0/24")
    machine.installs("kiosk/install.sh", *server)
    for name in ("passwd", "group"):
        shutil.copyfile(f"/etc/{name}", machine.file(f"/etc/{name}"))
    with machine.file("/etc/passwd").open("a", encoding="utf-8") as accounts:
        accounts.write("systemd-timesync:x:64001:64001::/:/bin/false\n")
    subprocess.run(["systemd-sysusers", f"--root={machine.root}"], check=True, capture_output=True)
    return machine


def load(pole: Machine) -> subprocess.CompletedProcess[str]:
    """Load the firewall as the pole does."""
    return subprocess.run([*ALONE, "sh", "-c", LOAD, "sh", str(pole.root)], capture_output=True, text=True, check=False)


def loaded(pole: Machine) -> list[dict[str, Any]]:
    """Return what the kernel then says of its rules."""
    done = load(pole)
    assert done.returncode == 0, done.stderr
    rules: list[dict[str, Any]] = json.loads(done.stdout)["nftables"]
    return rules


def test_the_kernel_takes_it_and_everything_else_is_dropped(pole: Machine) -> None:
    rules = loaded(pole)
    chains = {chain["chain"]["name"]: chain["chain"]["policy"] for chain in rules if "chain" in chain}
    assert chains == {"input": "drop", "forward": "drop", "output": "drop"}


def test_the_server_and_the_managers_are_those_of_the_library(pole: Machine) -> None:
    sets = {one["set"]["name"]: one["set"].get("elem") for one in loaded(pole) if "set" in one}
    assert sets["server4"] == ["192.0.2.10"]
    assert sets["server_port"] == [8443]
    assert sets["managers4"] == [{"prefix": {"addr": "198.51.100.0", "len": 24}}]
    assert sets["server6"] is None


def test_who_has_moved_the_server_wrongly_is_told(pole: Machine) -> None:
    addresses = pole.file("/etc/vertelpaal/addresses.nft")
    addresses.write_text("add element inet vertelpaal server4 { somewhere }\n", encoding="utf-8")
    assert load(pole).returncode != 0


@pytest.mark.proof  # only root may become another account
def test_each_account_goes_out_only_where_its_work_is_and_nobody_comes_in(pole: Machine) -> None:
    alone = ["vertelpaal-agent 192.0.2.10:8443", "_apt 192.0.2.99:443"]
    assert walk_the_street(pole) == [*alone, "upgrade 192.0.2.99:443"], "root fetches while it upgrades, not after"


@pytest.mark.proof
def test_a_hole_in_the_firewall_is_seen(pole: Machine) -> None:
    rules = pole.file("/etc/nftables.conf")
    hole = 'meta skuid "vertelpaal-screen" reject'
    rules.write_text(rules.read_text(encoding="utf-8").replace(hole, hole.replace("reject", "accept")))
    assert "vertelpaal-screen 192.0.2.99:443" in walk_the_street(pole)


def walk_the_street(pole: Machine) -> list[str]:
    """Return who reached what, from a pole with this firewall and from the street into it."""
    command = [*ALONE, sys.executable, "-m", "tests.deploy.street", str(pole.root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    reached: list[str] = json.loads(done.stdout)
    return reached

"""Each service does its heaviest work behind the filter of its own unit; what a filter must refuse, it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from setup.layout import ROOT
from tests.deploy.machine import UNITS, read_unit
from tests.deploy.shut_in import calls

SERVICES = {
    "server": "vertelpaal-server",
    "worker": "vertelpaal-worker",
    "agent": "vertelpaal-agent",
    "nightly": "vertelpaal-nightly",
    "backup": "vertelpaal-backup",
}
ESCAPES = ("mount(b'none', b'/nowhere', b'tmpfs', 0, 0)", "swapon(b'/nowhere', 0)", "ptrace(0, 0, 0, 0)")
"""Ways out of a service that was taken over, as calls of the C library; for root alone they would end otherwise."""


def shut_in(unit: str, *program: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Python as a service shuts it in."""
    (path,) = [path for path in UNITS if path.stem == unit]
    command = [sys.executable, "-m", "tests.deploy.shut_in", str(path), sys.executable, *program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_can_do_its_work_shut_in(service: str, tmp_path: Path) -> None:
    done = shut_in(SERVICES[service], "-m", "tests.deploy.heaviest", service, str(tmp_path))
    assert done.stdout.endswith("done\n"), done.stderr


def test_what_makes_machine_code_does_not_run_as_the_worker(tmp_path: Path) -> None:
    done = shut_in("vertelpaal-worker", "-m", "tests.deploy.heaviest", "server", str(tmp_path))
    assert done.returncode != 0
    assert "done" not in done.stdout


@pytest.mark.parametrize("unit", sorted(SERVICES.values()))
def test_the_ways_out_are_closed(unit: str) -> None:
    tries = "; ".join(f"ctypes.set_errno(0); said = libc.{call}; print(said, ctypes.get_errno())" for call in ESCAPES)
    done = shut_in(unit, "-c", f"import ctypes; libc = ctypes.CDLL(None, use_errno=True); {tries}")
    assert done.stdout.splitlines() == ["-1 1"] * len(ESCAPES), "each is not permitted"


def test_the_screens_filter_leaves_chromium_what_its_own_sandbox_is_made_of() -> None:
    (screen,) = [read_unit(path) for path in UNITS if path.stem == "vertelpaal-screen"]
    refused = set(calls(word.lstrip("~") for value in screen.values["SystemCallFilter"] for word in value.split()))
    assert {"mount", "umount2", "init_module", "reboot"} <= refused
    assert not refused & {"chroot", "clone", "unshare", "seccomp", "prctl"}
    assert screen.says("RestrictNamespaces") == "user pid net"

"""A street before a pole: two networks of this test alone, joined by a wire, with the pole's real firewall loaded.

Run as `python -m tests.deploy.street ROOT` inside `unshare --mount --net`, where ROOT is a machine that install.sh
wrote; prints as JSON who reached what, as "account address:port" and, for who came in, "in port".
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

SERVER, SOMEBODY = "192.0.2.10", "192.0.2.99"
DOORS = [(SERVER, 8443), (SERVER, 22), (SOMEBODY, 8443), (SOMEBODY, 443)]
ACCOUNTS = ("vertelpaal-agent", "vertelpaal-screen", "_apt", "root")
UPGRADING = ["bash", "-c", '. deploy/steps.sh; let_root_fetch > /dev/null; "$@"', "upgrade"]
PYTHON = "/usr/bin/python3"
"""The system's: the accounts may not be able to read ours."""
OPEN = """
import socket, sys, time
doors = [socket.create_server((a, int(p)), backlog=64) for a, _, p in (d.rpartition(":") for d in sys.argv[1:])]
print("open", flush=True)
time.sleep(60)
"""
KNOCK = """
import socket, sys
address, _, port = sys.argv[1].rpartition(":")
socket.create_connection((address, int(port)), timeout=1.5).close()
"""


def main(root: str) -> None:
    _run("mount", "--bind", f"{root}/etc", "/etc")
    with subprocess.Popen(["unshare", "--net", "sleep", "120"]) as elsewhere:
        try:
            there = ["nsenter", f"--net=/proc/{elsewhere.pid}/ns/net"]
            _lay_wire(elsewhere.pid, there)
            json.dump(_reached(there), sys.stdout)
        finally:
            elsewhere.kill()


def _lay_wire(elsewhere: int, there: list[str]) -> None:
    until = time.monotonic() + 10
    while os.readlink(f"/proc/{elsewhere}/ns/net") == os.readlink("/proc/self/ns/net"):
        assert time.monotonic() < until, "there is no second network"
        time.sleep(0.02)
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "pole", "type", "veth", "peer", "name", "hall", "netns", str(elsewhere))
    _run("ip", "address", "add", "192.0.2.1/24", "dev", "pole")
    _run("ip", "link", "set", "pole", "up")
    for address in (SERVER, SOMEBODY):
        _run(*there, "ip", "address", "add", f"{address}/24", "dev", "hall")
    _run(*there, "ip", "link", "set", "hall", "up")


def _reached(there: list[str]) -> list[str]:
    doors = [f"{address}:{port}" for address, port in DOORS]
    ours = ["0.0.0.0:22", "0.0.0.0:8077"]
    with _opened(there, doors), _opened([], ours):
        before = [door for door in doors if _knocks([], door)]
        assert before == doors, "without a firewall everything is reached"
        _run("nft", "-f", "/etc/nftables.conf")
        out = [
            f"{account} {door}"
            for account in ACCOUNTS
            for door in doors
            if _knocks(["setpriv", f"--reuid={account}", "--clear-groups"], door)
        ]
        out += [f"upgrade {door}" for door in doors if _knocks(UPGRADING, door)]
        out += [f"afterwards {door}" for door in doors if _knocks([], door)]
        return out + [f"in {port}" for port in ("22", "8077") if _knocks(there, f"192.0.2.1:{port}")]


@contextmanager
def _opened(where: list[str], doors: list[str]) -> Iterator[None]:
    with subprocess.Popen([*where, PYTHON, "-c", OPEN, *doors], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield
        finally:
            process.kill()


def _knocks(where: list[str], door: str) -> bool:
    return subprocess.run([*where, PYTHON, "-c", KNOCK, door], capture_output=True, check=False).returncode == 0


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(sys.argv[1])

"""The programs that the tests hold deploy/ against, and make certificates with."""

from __future__ import annotations

import shutil
from functools import partial

from setup.system import SystemPackage

READERS = {
    "systemd": ("systemd-analyze", "reads the services of deploy/"),
    "nftables": ("nft", "reads the firewall of a pole"),
    "iproute2": ("ip", "lays a network to try that firewall in"),
    "shellcheck": ("shellcheck", "reads the install scripts"),
    "caddy": ("caddy", "stands before the server in a test"),
    "openssl": ("openssl", "makes the certificates that a pole is shown"),
}
"""Each Debian package, the program that it brings, and why it is needed."""


def deploy_packages() -> list[SystemPackage]:
    """Return the Debian packages that the tests of deploy/ need."""
    return [SystemPackage(name, reason, partial(_is_here, program)) for name, (program, reason) in READERS.items()]


def _is_here(program: str) -> bool:
    return shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin") is not None

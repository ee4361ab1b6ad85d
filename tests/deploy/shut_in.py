"""Shuts a program in as systemd would: `python -m tests.deploy.shut_in UNIT PROGRAM…`.

No new privileges, the filter of system calls that the unit names (its groups told by systemd itself), and no memory
that is both writable and executable where the unit says so; then it becomes PROGRAM. All that is refused is "not
permitted".
"""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.deploy.machine import Unit, read_unit

ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
NO_NEW_PRIVILEGES = 38
"""An operation of prctl(2)."""
MASKED_EQUAL = 7
WRITE, EXECUTE = 2, 4
LEAVING_ROOT = {"setgroups", "setresgid", "setresuid"}
MACHINE_CODE = {"mmap": WRITE | EXECUTE, "mprotect": EXECUTE, "pkey_mprotect": EXECUTE}
"""Each call that MemoryDenyWriteExecute refuses, and with which protection (systemd.exec(5))."""


class Condition(ctypes.Structure):
    """What libseccomp compares: an argument, under a mask, with a value."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    )


def calls(names: Iterable[str]) -> Iterator[str]:
    """Yield the system calls of a list of names and groups."""
    for name in names:
        if name.startswith("@"):
            asked = ["systemd-analyze", "syscall-filter", "--no-pager", name]
            said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
            yield from calls(line.strip() for line in said if line.strip() and not line.strip().startswith("#"))
        else:
            yield name


def load(otherwise: int, verdict: int, names: Iterable[str], conditions: Sequence[Sequence[Condition]] = ()) -> None:
    """Take a filter upon this process; `conditions` has one list for each name, or is empty."""
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    table = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(otherwise)))
    for place, name in enumerate(names):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        when = conditions[place] if conditions else ()
        array = (Condition * len(when))(*when)
        if number >= 0 and seccomp.seccomp_rule_add_array(table, ctypes.c_uint32(verdict), number, len(when), array):
            raise OSError(f"no rule for {name}")
    if seccomp.seccomp_load(table):
        raise OSError("the filter is not taken")


def shut_in(unit: Unit) -> None:
    """Take the unit's limits upon this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if unit.says("MemoryDenyWriteExecute") == "yes":
        when = [[Condition(2, MASKED_EQUAL, bits, bits)] for bits in MACHINE_CODE.values()]
        load(ALLOW, REFUSE, MACHINE_CODE, when)
    lists = [value.split() for value in unit.values["SystemCallFilter"]]
    allowed = set(calls(name for words in lists if not words[0].startswith("~") for name in words))
    refused = set(calls(word.lstrip("~") for words in lists if words[0].startswith("~") for word in words))
    if os.geteuid() == 0:  # systemd has made it another account by now, which a test of root cannot for want of a home
        allowed, refused = allowed | LEAVING_ROOT, refused - LEAVING_ROOT
    if allowed:
        load(REFUSE, ALLOW, {*(allowed - refused), "execve"})
    else:
        load(ALLOW, REFUSE, refused)


if __name__ == "__main__":
    shut_in(read_unit(Path(sys.argv[1])))
    os.execv(sys.argv[2], sys.argv[2:])

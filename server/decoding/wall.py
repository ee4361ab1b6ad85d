"""The wall that a decoding child builds around itself before it is given anything of a visitor.

Limits first, then no way to more privileges, no root, no capabilities, and last the filter on system calls, which also
means no files, no network and no other processes. Whatever of it cannot be had stops the child: it never fails open.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from dataclasses import dataclass

from server.decoding.filter import install, this_machine
from vertelpaal.errors import NoSafeDecoding

NOBODY = 65534
_SET_DUMPABLE, _SET_NO_NEW_PRIVILEGES, _AMBIENT, _AMBIENT_CLEAR = 4, 38, 47, 4
_CAPABILITIES_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Limits:
    """What a child may use: seconds of wall clock and processor, bytes of memory and of what it gives back."""

    wall_seconds: float = 120
    cpu_seconds: int = 60
    memory_bytes: int = 2 * 2**30
    output_bytes: int = 160 * 2**20


def take_limits(limits: Limits) -> None:
    """Take limits upon this process: processor time, memory, no processes, no file written, no core dump."""
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def take_wall() -> None:
    """Close this process in, for good; everything that it will need must be imported and open already.

    Raises:
        NoSafeDecoding: a part of the wall is missing here; the text says which.
    """
    machine = this_machine()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0):
        raise NoSafeDecoding("this system does not let a process give up privileges")
    _leave_root()
    _drop_capabilities(libc)
    install(machine)
    _try_it()


def _leave_root() -> None:
    """Become nobody where this is root; the pipes that are open stay open."""
    if os.geteuid() != 0:
        return
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError as error:
        raise NoSafeDecoding(f"a child of root cannot become nobody here: {error.strerror}") from error


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up every capability that a service may have been started with, and see that none is left.

    The filter of a service's own unit may refuse to change them; where there are none that is no matter.
    """
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES_VERSION_3, 0))
    libc.prctl(_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
    libc.capset(header, bytes(24))
    held = ctypes.create_string_buffer(24)
    if libc.capget(header, held) or any(struct.unpack("=6I", held.raw)):
        raise NoSafeDecoding("this system does not let a process give up capabilities")


def _try_it() -> None:
    """Knock on the wall once: a kernel that took the filter and does not keep it is no wall."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except PermissionError:
        return
    raise NoSafeDecoding("the filter on system calls was taken, but does not hold")

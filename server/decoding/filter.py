"""A filter on system calls (seccomp-BPF) without a library: everything is refused that is not on a short list.

The kernel runs the filter before each system call of the process, and there is no way to take it off again. What a
decoder needs once it is loaded is memory, the pipes that it has, and the time; to open, connect, start, signal and
trace are no part of that. Sources: seccomp(2), linux/seccomp.h, linux/filter.h, linux/audit.h, and the kernel's system
call tables of x86_64 and arm64.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from vertelpaal.errors import NoSafeDecoding

_LOAD_WORD, _IF_EQUAL, _IF_BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _THIRD_ARGUMENT_AT = 0, 4, 32
"""Where `struct seccomp_data` has the call's number, the machine, and the low half of the third argument."""
_KILL_PROCESS, _ALLOW, _REFUSE = 0x80000000, 0x7FFF0000, 0x00050000 | errno.EPERM
_SET_MODE_FILTER, _EVERY_THREAD = 1, 1
_PROT_EXEC = 4
_SECCOMP = "seccomp"
_NO_EXECUTION = frozenset({"mmap", "mprotect"})
"""Allowed for memory that holds data, refused for memory that holds code."""


@dataclass(frozen=True)
class Machine:
    """A processor's name in the kernel's audit, and the numbers of the calls that this module speaks of."""

    audit_name: int
    calls: Mapping[str, int]


MACHINES: Mapping[str, Machine] = {
    "x86_64": Machine(
        0xC000003E,
        {
            **{"read": 0, "write": 1, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigreturn": 15},
            **{"sched_yield": 24, "mremap": 25, "madvise": 28, "exit": 60, "gettimeofday": 96, "futex": 202},
            **{"restart_syscall": 219, "clock_gettime": 228, "exit_group": 231, "getrandom": 318, _SECCOMP: 317},
        },
    ),
    "aarch64": Machine(
        0xC00000B7,
        {
            **{"read": 63, "write": 64, "mmap": 222, "mprotect": 226, "munmap": 215, "brk": 214, "rt_sigreturn": 139},
            **{"sched_yield": 124, "mremap": 216, "madvise": 233, "exit": 93, "gettimeofday": 169, "futex": 98},
            **{"restart_syscall": 128, "clock_gettime": 113, "exit_group": 94, "getrandom": 278, _SECCOMP: 277},
        },
    ),
}


def this_machine(name: str | None = None) -> Machine:
    """Return what this module knows of a processor, by default the one it runs on.

    Raises:
        NoSafeDecoding: it knows nothing of it.
    """
    name = name or platform.machine()
    if name not in MACHINES:
        raise NoSafeDecoding(f"the filter on system calls does not know the processor {name}")
    return MACHINES[name]


def program(machine: Machine) -> bytes:
    """Return the filter as the kernel takes it: instructions of eight bytes."""
    steps = [
        _step(_LOAD_WORD, _MACHINE_AT),
        _step(_IF_EQUAL, machine.audit_name, skip_if_not=0, skip_if=1),
        _step(_RETURN, _KILL_PROCESS),
        _step(_LOAD_WORD, _NUMBER_AT),
    ]
    for name, number in machine.calls.items():
        if name == _SECCOMP:
            continue
        then = [_step(_RETURN, _ALLOW)]
        if name in _NO_EXECUTION:
            code = [_step(_LOAD_WORD, _THIRD_ARGUMENT_AT), _step(_IF_BITS, _PROT_EXEC, skip_if_not=1)]
            then = [*code, _step(_RETURN, _REFUSE), *then]
        steps += [_step(_IF_EQUAL, number, skip_if_not=len(then)), *then]
    return b"".join([*steps, _step(_RETURN, _REFUSE)])


def _step(code: int, value: int, *, skip_if: int = 0, skip_if_not: int = 0) -> bytes:
    return struct.pack("=HBBI", code, skip_if, skip_if_not, value)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def install(machine: Machine) -> None:
    """Take the filter upon every thread of this process, for good; it must have given up new privileges before.

    Raises:
        NoSafeDecoding: this kernel has no such filter, or does not let us have it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    steps = program(machine)
    taken = _Program(len(steps) // 8, steps)
    failed = libc.syscall(machine.calls[_SECCOMP], _SET_MODE_FILTER, _EVERY_THREAD, ctypes.byref(taken))
    if failed:
        raise NoSafeDecoding(f"this system allows no filter on system calls: {os.strerror(ctypes.get_errno())}")

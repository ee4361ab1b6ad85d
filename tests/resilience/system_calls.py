"""Every call with which a process changes files, held by the kernel until we say what becomes of it.

A process asks the kernel (seccomp user notification, Linux 5.5 and newer) to hold its own writes, syncs, renames and
removals, those of SQLite included, and hands us the end of the line at which they are told.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import select
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_NUMBERS = {
    "x86_64": {
        **{"write": 1, "pwrite64": 18, "writev": 20, "pwritev": 296, "sendfile": 40, "copy_file_range": 326},
        **{"fsync": 74, "fdatasync": 75, "ftruncate": 77, "fallocate": 285, "rename": 82, "renameat": 264},
        **{"renameat2": 316, "unlink": 87, "unlinkat": 263, "mkdir": 83, "mkdirat": 258, "rmdir": 84},
    },
    "aarch64": {
        **{"write": 64, "pwrite64": 68, "writev": 66, "pwritev": 70, "sendfile": 71, "copy_file_range": 285},
        **{"fsync": 82, "fdatasync": 83, "ftruncate": 46, "fallocate": 47, "renameat": 38, "renameat2": 276},
        **{"unlinkat": 35, "mkdirat": 34},
    },
}
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
BY_PATH = frozenset({"rename", "unlink", "mkdir", "rmdir"})
BY_FOLDER = frozenset({"renameat", "renameat2", "unlinkat", "mkdirat"})
RENAMES = frozenset({"rename", "renameat", "renameat2"})
SYNCS = frozenset({"fsync", "fdatasync"})
TARGET_ARGUMENT = {"copy_file_range": 2}
"""Which argument is the file that changes, where it is not the first."""

_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_RET_ALLOW, _RET_USER_NOTIF = 0x7FFF0000, 0x7FC00000
_NOTIF_RECV, _NOTIF_SEND = 0xC0502100, 0xC0182101
_CONTINUE = 1
_NOTICE = struct.Struct("=QIIiIQ6Q")
_REPLY = struct.Struct("=QqiI")
_AT_FDCWD = -100
_O_APPEND = 0o2000
_LENGTH_ARGUMENT = {"write": 2, "pwrite64": 2, "sendfile": 3, "copy_file_range": 4}
_OFFSET_ARGUMENT = {"pwrite64": 3, "pwritev": 3, "ftruncate": 1}
_LONGEST_PATH = 4096


@dataclass(frozen=True)
class Call:
    """One call that is held: its name, and the file or folder that it changes (of a rename, the old name)."""

    name: str
    path: Path
    held_by: int
    descriptor: int | None
    target: Path | None = None
    """The new name, of a rename."""
    first: int = 0
    end: int | None = None
    """The first byte that it writes, and the one after the last; None when it may be the whole rest of the file."""

    @property
    def is_sync(self) -> bool:
        """Return whether this makes something durable."""
        return self.name in SYNCS

    @property
    def handle(self) -> Path:
        """Return a path to the very file that is open, whatever its name is now."""
        return Path(f"/proc/{self.held_by}/fd/{self.descriptor}") if self.descriptor is not None else self.path


@dataclass(frozen=True)
class Refused:
    """The call fails with this error."""

    number: int


class GoOn:
    """The call happens."""


class Pretended:
    """The call does not happen, and says that it did."""


class Killed:
    """The call does not happen: the process is to be killed, and no longer answered."""


Fate = GoOn | Pretended | Refused | Killed


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("value", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction))]


def hold_my_calls() -> int:
    """Let the kernel hold the calls of this thread and all that it starts; return the descriptor that tells of them.

    Raises:
        OSError: this kernel cannot do it.
    """
    machine = platform.machine()
    numbers = sorted(_NUMBERS[machine].values())
    load, equals, give = 0x20, 0x15, 0x06
    lines = [
        (load, 0, 0, 4),
        (equals, 0, len(numbers) + 1, _ARCHITECTURES[machine]),
        (load, 0, 0, 0),
        *((equals, len(numbers) - place, 0, number) for place, number in enumerate(numbers)),
        (give, 0, 0, _RET_ALLOW),
        (give, 0, 0, _RET_USER_NOTIF),
    ]
    instructions = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    program = _Program(len(lines), instructions)
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    listener: int = kernel.syscall(_SECCOMP[machine], _SET_MODE_FILTER, _NEW_LISTENER, ctypes.byref(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "this kernel holds no calls for us (seccomp user notification)")
    return listener


def decide_calls(listener: int, home: Path, decide: Callable[[Call], Fate]) -> None:
    """Say of each call on files in `home` what becomes of it, until the process is gone or is to be killed.

    A call that changes nothing in `home` happens without a question.
    """
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    names = {number: name for name, number in _NUMBERS[platform.machine()].items()}
    while True:
        ((_, told),) = poll.poll()
        if not told & select.POLLIN:
            return
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(listener, _NOTIF_RECV, notice)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):
                continue
            raise
        which, process, _, number, _, _, *arguments = _NOTICE.unpack(notice)
        call = _read(names[number], process, arguments)
        fate = decide(call) if call is not None and call.path.is_relative_to(home) else GoOn()
        if isinstance(fate, Killed):
            return
        _answer(listener, which, fate)


def _answer(listener: int, which: int, fate: Fate) -> None:
    refused = -fate.number if isinstance(fate, Refused) else 0
    reply = _REPLY.pack(which, 0, refused, _CONTINUE if isinstance(fate, GoOn) else 0)
    try:
        fcntl.ioctl(listener, _NOTIF_SEND, reply)
    except OSError as error:
        if error.errno != errno.ENOENT:  # it was interrupted and asks again
            raise


def _read(name: str, process: int, arguments: list[int]) -> Call | None:
    """Return what a held call is about; None when that is no file any more."""
    try:
        if name in BY_PATH:
            target = _path(process, arguments[1], _AT_FDCWD) if name in RENAMES else None
            return Call(name, _path(process, arguments[0], _AT_FDCWD), process, None, target)
        if name in BY_FOLDER:
            target = _path(process, arguments[3], _signed(arguments[2])) if name in RENAMES else None
            return Call(name, _path(process, arguments[1], _signed(arguments[0])), process, None, target)
        descriptor = _signed(arguments[TARGET_ARGUMENT.get(name, 0)])
        opened = os.readlink(f"/proc/{process}/fd/{descriptor}").removesuffix(" (deleted)")
        first, end = _extent(name, process, descriptor, arguments)
        return Call(name, Path(opened), process, descriptor, None, first, end)
    except FileNotFoundError:
        return None


def _extent(name: str, process: int, descriptor: int, arguments: list[int]) -> tuple[int, int | None]:
    """Return which bytes a call on an open file writes; room that is only taken and a sync write none."""
    if name in SYNCS or name == "fallocate":
        return 0, 0
    offset = _OFFSET_ARGUMENT.get(name)
    first = _position(process, descriptor) if offset is None else arguments[offset]
    length = _LENGTH_ARGUMENT.get(name)
    return first, None if length is None else first + arguments[length]


def _position(process: int, descriptor: int) -> int:
    """Return where an open file is written next."""
    lines = Path(f"/proc/{process}/fdinfo/{descriptor}").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    if int(told["flags"], 8) & _O_APPEND:
        return os.stat(f"/proc/{process}/fd/{descriptor}").st_size
    return int(told["pos"])


def _path(process: int, address: int, folder: int) -> Path:
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        memory.seek(address)
        text = b""
        while b"\0" not in text and len(text) < _LONGEST_PATH:
            page = 4096 - (address + len(text)) % 4096
            text += memory.read(page)
    name = os.fsdecode(text.partition(b"\0")[0])
    base = "cwd" if folder == _AT_FDCWD else f"fd/{folder}"
    return Path(os.readlink(f"/proc/{process}/{base}")) / name


def _signed(value: int) -> int:
    """Return the 32-bit number that a register holds."""
    return ctypes.c_int(value & 0xFFFFFFFF).value

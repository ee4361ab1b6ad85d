"""What a pole's machine has and lacks, read from the kernel's own files: devices, screen, swap, core dumps, clock."""

from __future__ import annotations

import math
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.screen_size import MM_PER_INCH
from vertelpaal.errors import UnfitMachine

NOWHERE = ("|/bin/false", "|/usr/bin/false")
"""Where the kernel sends a core dump that nobody keeps."""
SYSTEMD = "|/lib/systemd/systemd-coredump", "|/usr/lib/systemd/systemd-coredump"
"""Where it sends one that systemd keeps, unless it is told Storage=none."""
OFF_BY = 0.1
"""How much the screen may differ from its setting, as a share: targets of 20 mm are then 18 mm at least."""
_EDID_HEAD = bytes.fromhex("00ffffffffffff00")
_SIZE_AT = 54 + 12
"""Where an EDID says the picture's size in mm, in its first detailed timing (VESA E-EDID 1.4, table 3.21)."""


def core_limit() -> int:
    """Return how large a core dump of this process may be, in bytes; -1 for any size."""
    return resource.getrlimit(resource.RLIMIT_CORE)[0]


@dataclass(frozen=True)
class Machine:
    """The machine under the pole; `root` is where its /proc, /sys and /etc are."""

    root: Path = Path("/")
    core_limit: Callable[[], int] = field(default=core_limit)

    def camera(self) -> str:
        """Return the names of the cameras.

        Raises:
            UnfitMachine: there is none.
        """
        names = {self._text(file) for file in sorted(self.root.glob("sys/class/video4linux/video*/name"))}
        if not names:
            raise UnfitMachine("none; is it plugged in, and does USBGuard allow it?")
        return ", ".join(sorted(names))

    def microphone(self) -> str:
        """Return the names of what can record sound.

        Raises:
            UnfitMachine: there is none.
        """
        lines = self._text(self.root / "proc/asound/pcm").splitlines()
        names = sorted({line.split(":")[1].strip() for line in lines if "capture" in line})
        if not names:
            raise UnfitMachine("none; is it plugged in, and does USBGuard allow it?")
        return ", ".join(names)

    def screen(self, inches: float) -> str:
        """Return the size of the screen, which is within 10 % of `inches`, corner to corner.

        Raises:
            UnfitMachine: no screen is connected, or it is of another size.
        """
        connected = [
            file.parent
            for file in sorted(self.root.glob("sys/class/drm/card*-*/status"))
            if self._text(file) == "connected"
        ]
        if not connected:
            raise UnfitMachine("none is connected")
        mode = self._text(connected[0] / "modes").partition("\n")[0]
        measured = diagonal((connected[0] / "edid").read_bytes())
        if measured is None:
            return f"{mode}; it does not say its size, so measure it: VERTELPAAL_SCREEN_INCHES is {inches:g}"
        if abs(measured - inches) > inches * OFF_BY:
            raise UnfitMachine(
                f"{measured:.1f} inches, and VERTELPAAL_SCREEN_INCHES is {inches:g}: targets come out wrong"
            )
        return f"{mode}, {measured:.1f} inches"

    def swap(self) -> str:
        """Say that nothing in memory can reach the disk.

        Raises:
            UnfitMachine: swap is on.
        """
        places = [line.split()[0] for line in self._text(self.root / "proc/swaps").splitlines()[1:]]
        if places:
            raise UnfitMachine(f"on, in {', '.join(places)}: what a visitor says could reach the disk")
        return "off"

    def core_dumps(self) -> str:
        """Say that a program that crashes leaves nothing behind.

        Raises:
            UnfitMachine: its memory would be kept.
        """
        pattern = self._text(self.root / "proc/sys/kernel/core_pattern")
        to_a_file = not pattern.startswith("|")  # the limit counts for these alone (core(5))
        if not (
            pattern.startswith(NOWHERE)
            or (pattern.startswith(SYSTEMD) and self._systemd_keeps_none())
            or (to_a_file and self.core_limit() == 0)
        ):
            raise UnfitMachine(f"on, by {pattern}: a crash would leave a recording on the disk")
        return "off"

    def own_clock(self) -> str:
        """Say that the clock is set by the network.

        Raises:
            UnfitMachine: it has not been since the start.
        """
        if not (self.root / "run/systemd/timesync/synchronized").exists():
            raise UnfitMachine("not set by the network since the start; does systemd-timesyncd reach a clock server?")
        return "set by the network"

    def locked(self) -> str:
        """Say that the browser has its policy.

        Raises:
            UnfitMachine: it has none, so it would open anything.
        """
        policy = self.root / "etc/chromium/policies/managed/vertelpaal.json"
        if not policy.is_file():
            raise UnfitMachine(f"{policy} is missing, so the browser would open anything; run deploy/kiosk/install.sh")
        return "the browser has its policy"

    def _systemd_keeps_none(self) -> bool:
        files = self.root.glob("etc/systemd/coredump.conf.d/*.conf")
        return any("Storage=none" in self._text(file).splitlines() for file in files)

    def _text(self, file: Path) -> str:
        try:
            return file.read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return ""


def diagonal(edid: bytes) -> float | None:
    """Return the diagonal in inches that a screen says of itself; None when it does not say."""
    if len(edid) < 128 or not edid.startswith(_EDID_HEAD):
        return None
    width_low, height_low, high = edid[_SIZE_AT : _SIZE_AT + 3]
    width, height = width_low | (high & 0xF0) << 4, height_low | (high & 0x0F) << 8
    return math.hypot(width, height) / MM_PER_INCH if width and height else None

"""`vertelpaal check` on a pole: server, clock, devices, screen, queue, room, swap and core dumps."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests

from kiosk.conditions import Room, room_of
from kiosk.config import KioskSettings
from kiosk.health import Machine
from kiosk.outbox import visit_of
from kiosk.shelf import Shelf
from vertelpaal.check import Finding
from vertelpaal.clock import Clock, SystemClock
from vertelpaal.errors import ServerUnreachable, UnfitMachine, VertelpaalError

LONGEST_WAIT = timedelta(days=1)
"""How old the oldest envelope may be before somebody should look why it does not arrive."""
CLOCK_MAY_DIFFER = timedelta(minutes=2)
TIMEOUT = (5.0, 10.0)


def findings(machine: Machine | None = None, clock: Clock | None = None) -> Iterator[Finding]:
    """Yield what there is to say of this pole; without settings nothing else can be looked at."""
    machine, clock = machine or Machine(), clock or SystemClock()
    try:
        settings = KioskSettings.load()
    except VertelpaalError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, f"read; data lives in {settings.home}")
    looks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("server", lambda: server(settings.server_url, clock)),
        ("pairing", lambda: pairing(settings.folder)),
        ("queue", lambda: queue(settings.folder, clock)),
        ("room", lambda: room(settings.folder)),
        ("clock", machine.own_clock),
        ("camera", machine.camera),
        ("microphone", machine.microphone),
        ("screen", lambda: machine.screen(settings.screen_inches)),
        ("lock", machine.locked),
        ("swap", machine.swap),
        ("core dumps", machine.core_dumps),
    )
    for subject, look in looks:
        try:
            yield Finding(subject, True, look())
        except (VertelpaalError, OSError) as error:
            yield Finding(subject, False, str(error))


def server(url: str, clock: Clock) -> str:
    """Say that the library's server answers, and that its clock and ours agree.

    Raises:
        ServerUnreachable: it does not, or something else answers in its place.
        UnfitMachine: the clocks differ.
    """
    try:
        answer = requests.get(f"{url.rstrip('/')}/gezond", timeout=TIMEOUT, allow_redirects=False)
        healthy = answer.status_code == 200 and answer.json() == {"ok": True}
        their_time = parsedate_to_datetime(answer.headers.get("Date", ""))
    except requests.exceptions.SSLError as error:
        raise ServerUnreachable(f"{url} has a certificate that this pole does not trust") from error
    except (requests.RequestException, ValueError) as error:
        raise ServerUnreachable(f"{url} does not answer as our server does ({type(error).__name__})") from error
    if not healthy:
        raise ServerUnreachable(f"something else than our server answers at {url}")
    apart = abs(clock.now() - their_time.astimezone(UTC))
    if apart > CLOCK_MAY_DIFFER:
        raise UnfitMachine(f"{url} answers, and its clock is {apart} from ours")
    return f"{url} answers, and its clock agrees"


def pairing(folder: Path) -> str:
    """Say which pole this is.

    Raises:
        UnfitMachine: it is not paired.
    """
    token = Shelf(folder).token()
    if token is None:
        raise UnfitMachine("not paired; type the code on its screen in the admin, under Palen")
    return f"this is pole {token.kiosk_id}"


def queue(folder: Path, clock: Clock) -> str:
    """Say how many envelopes wait.

    Raises:
        UnfitMachine: one has waited for too long, or something else lies among them.
    """
    # Not by way of Outbox, which clears up what a crash left: the agent may be sealing a visit right now.
    files = list((folder / "outbox").glob("*.age"))
    strange = sum(visit_of(file) is None for file in files)
    if strange:
        raise UnfitMachine(f"{strange} of {len(files)} file(s) in {folder / 'outbox'} have another name than envelopes")
    sealed = [datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files]
    if not sealed:
        return "nothing waits"
    oldest = clock.now() - min(sealed)
    says = f"{len(sealed)} envelope(s) wait, the oldest for {oldest.total_seconds() / 3600:.1f} hours"
    if oldest > LONGEST_WAIT:
        raise UnfitMachine(says)
    return says


def room(folder: Path) -> str:
    """Say how much room there is for recordings.

    Raises:
        UnfitMachine: not enough for a video.
    """
    free = shutil.disk_usage(folder).free
    if room_of(free) < Room.VIDEO:
        raise UnfitMachine(f"only {free / 2**20:.0f} MiB free, too little for a video")
    return f"{free / 2**30:.1f} GiB free"

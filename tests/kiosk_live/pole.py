"""A live pole: the real agent inside this process, served on loopback; the library's server is away."""

from __future__ import annotations

import errno
import random
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from pyrage import x25519
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from kiosk.agent import Agent
from kiosk.app import Kiosk, create_app
from kiosk.conditions import Conditions
from kiosk.config import KioskSettings
from kiosk.draft import Draft
from kiosk.examples import TAKE
from kiosk.journey import Journey, Screen
from kiosk.outbox import Outbox, SealedVisit
from kiosk.scene import Scene
from tests.kiosk_live.makers import Files, create_take
from tests.makers import HandClock
from vertelpaal.envelope import open_envelope
from vertelpaal.errors import StorageFull
from vertelpaal.visit import RecordingAnswer, Visit, Way

OWN = "127.0.0.1"
SCREEN_INCHES = 17
"""That of the gallery's small screen, which costs the least to draw."""


class FullDisk(Outbox):
    """An outbox on a disk without room."""

    def next_sequence(self) -> int:
        raise StorageFull("no room") from OSError(errno.ENOSPC, "No space left on device")

    def put(self, visit: Visit, media: Mapping[UUID, bytes], recipients: Sequence[x25519.Recipient]) -> SealedVisit:
        raise StorageFull("no room") from OSError(errno.ENOSPC, "No space left on device")


class Wire(ThreadedWSGIServer):
    """A server whose connections can all be cut, as when the machine's agent is killed."""

    daemon_threads = True

    def __init__(self, port: int, app: Flask) -> None:
        super().__init__(OWN, port, app, handler=_Quiet)
        self._connections: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, and answer it in a thread of its own."""
        self._connections.append(request)
        super().process_request(request, client_address)

    def cut(self) -> None:
        """End every connection at once."""
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Quiet(WSGIRequestHandler):
    """A handler without a log of requests, which is the test server's and no part of the pole."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Write nothing."""


class LivePole:
    """A pole that runs; its clock stands still until a test moves it."""

    app: Flask
    kiosk: Kiosk

    def __init__(self, home: Path, identity: x25519.Identity, files: Files, clock: HandClock) -> None:
        self.home = home
        self.clock = clock
        self._identity = identity
        self._files = files
        self._away = socket.socket()
        self._away.bind((OWN, 0))  # bound and not listening: whoever calls here is refused
        self.port = _free_port()
        self.killed: list[threading.Thread] = []
        """Threads of agents that were killed; with a process of its own they would be gone."""

    @property
    def url(self) -> str:
        """Return where the screen finds the pole."""
        return f"http://{OWN}:{self.port}/"

    @property
    def agent(self) -> Agent:
        """Return the agent that runs now."""
        return self.kiosk.agent

    @property
    def screen(self) -> Screen:
        """Return which screen the agent shows."""
        return self.scene.screen

    @property
    def scene(self) -> Scene:
        """Return what the agent shows."""
        return self.agent.scene()

    @property
    def conditions(self) -> Conditions:
        """Return what the pole can do now."""
        return self.agent._journey.conditions

    @property
    def takes(self) -> list[UUID]:
        """Return which recordings the agent has in its memory."""
        return list(self.kiosk.takes._bytes)

    def start(self) -> None:
        """Start an agent, on the same port and in the same home as one before it."""
        settings = KioskSettings(
            home=self.home,
            kiosk_port=self.port,
            server_url=f"http://{OWN}:{self._away.getsockname()[1]}",
            public_url="https://bieb.example",
            screen_inches=SCREEN_INCHES,
        )
        self.app = create_app(settings, self.clock, random.Random(1))
        self.kiosk = self.app.extensions["kiosk"]
        self._wire = Wire(self.port, self.app)
        self._thread = threading.Thread(target=self._wire.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.kiosk.start()
        self.look_around()

    def stop(self) -> None:
        """Kill the agent: nobody is told, every connection breaks."""
        self._wire.shutdown()
        self._wire.server_close()
        self._wire.cut()
        self._thread.join(timeout=5)
        self.kiosk.stop()
        self.killed = threading.enumerate()

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._away.close()

    def look_around(self) -> None:
        """Let the agent notice what the pole can do; it looks every other second."""
        self.clock.forward(2.1)

    def fill_disk(self) -> None:
        """Let the disk be full from now on."""
        self.agent._free_bytes = lambda: 0
        self.agent._outbox = FullDisk(self.agent._outbox.folder)
        self.look_around()

    def empty_disk(self) -> None:
        """Let there be room again."""
        self.agent._free_bytes = lambda: 10**12
        self.agent._outbox = Outbox(self.agent._outbox.folder)
        self.look_around()

    def stands_on(self, journey: Journey) -> None:
        """Put the pole where an example journey is, with this pole's files and abilities, as if just arrived."""
        with self.agent._lock:
            now = self.clock.monotonic()
            here = replace(
                journey,
                publication=self._files.shelved(journey.publication) if journey.publication else None,
                conditions=self.conditions,
                since=now,
                touched=now,
                stopping_since=now,
            )
            if here.take is not None and here.way is not None:
                here = self._with_take(here, here.way)
            if here.draft is not None:
                here = replace(here, draft=self._with_what_was_told(here.draft))
            self.agent._journey = here
            self.agent._serial += 1
            self.agent._show(self.agent.scene())

    def _with_take(self, journey: Journey, way: Way) -> Journey:
        recording, data = create_take(TAKE, way)
        self.kiosk.takes.begin(TAKE, way)
        if journey.recording is None:
            return journey
        self.kiosk.takes.append(TAKE, 0, data)
        return replace(journey, recording=recording)

    def _with_what_was_told(self, draft: Draft) -> Draft:
        """Return the draft with recordings that are in the agent's memory, as those of a visitor are until the end."""
        for answer in draft.answers:
            if isinstance(answer, RecordingAnswer):
                recording, data = create_take(answer.recording.id, answer.recording.way)
                self.kiosk.takes.begin(recording.id, recording.way)
                self.kiosk.takes.append(recording.id, 0, data)
                draft = draft.answered(answer.model_copy(update={"recording": recording}))
        return draft

    def visits(self, folder: Path) -> list[Visit]:
        """Return the visits in the outbox, opened with the library's key, oldest first."""
        folder.mkdir(exist_ok=True)
        sealed = sorted((self.home / "kiosk" / "outbox").glob("*.age"))  # an Outbox would clear what is being written
        return [open_envelope(file, [self._identity], folder).visit for file in sealed]


def _free_port() -> int:
    """Return a port that nobody uses now; the agent has to know it before it is served."""
    with socket.socket() as probe:
        probe.bind((OWN, 0))
        return int(probe.getsockname()[1])

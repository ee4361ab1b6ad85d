"""The screen's line as bytes: a WebSocket that says what a browser would, and what none would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from simple_websocket import Client, ConnectionClosed

PATH = "/socket.io/?EIO=4&transport=websocket"


class _Client(Client):  # type: ignore[misc]  # it ships no types
    """A client that names its port as well, as every browser does."""

    def handshake(self) -> None:
        self.host: str = f"{self.host}:{self.port}"
        super().handshake()


Frame = str | bytes


class LineEnded(ConnectionError):
    """The other side has ended the line."""


class Line:
    """An open line; every message is sent as it is."""

    def __init__(self, socket: Client) -> None:
        self._socket = socket
        self._heard: list[Frame] = []

    def greet(self) -> None:
        """Join as Socket.IO does; what is said meanwhile is kept."""
        self.sends("40")
        while (frame := self._socket.receive(timeout=10)) is not None:
            if isinstance(frame, str) and frame.startswith("40"):
                return
            self._heard.append(frame)
        raise TimeoutError("nobody greets back")

    def sends(self, frame: str | bytes) -> None:
        """Send a frame; raise LineEnded when nobody takes it any more."""
        try:
            self._socket.send(frame)
        except (ConnectionClosed, OSError) as error:
            raise LineEnded(str(error)) from error

    def says(self, event: str, *parts: object) -> None:
        """Send an event as Socket.IO writes it."""
        self.sends("42" + json.dumps([event, *parts]))

    def sends_chunk(self, message: dict[str, Any], data: bytes) -> None:
        """Send a chunk: its message and then its bytes."""
        self.sends("451-" + json.dumps(["chunk", message, {"_placeholder": True, "num": 0}]))
        self.sends(data)

    def hears(self, event: str, seconds: float = 20.0) -> Any:
        """Return what the next event with this name says; None when none comes, or the line has ended."""
        try:
            while (frame := self._heard.pop(0) if self._heard else self._socket.receive(timeout=seconds)) is not None:
                if isinstance(frame, str) and frame.startswith(f'42["{event}"'):
                    return json.loads(frame[2:])[1]
        except ConnectionClosed:
            return None
        return None


@contextmanager
def line(url: str, headers: dict[str, str] | None = None) -> Iterator[Line]:
    """Open the line of a server, and greet as Socket.IO does."""
    socket = _Client.connect(url.replace("http://", "ws://") + PATH, headers=headers)
    try:
        opened = Line(socket)
        opened.greet()
        yield opened
    finally:
        with suppress(ConnectionClosed, OSError):
            socket.close()

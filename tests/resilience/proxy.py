"""A bad line: a TCP proxy on loopback whose every connection suffers a fault of the network."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

AT_ONCE = 16_384
SLOW_BYTES, SLOW_SECONDS = 256, 0.05
"""5 KB/s, a little at a time."""
DRIP_BYTES, DRIP_SECONDS = 16, 0.002
LONGEST_STALL = 60.0
PORTAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 31\r\n\r\n<html>Welkom op ons wifi</html>"
REDIRECT = "HTTP/1.1 302 Found\r\nLocation: {}/login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Kind(StrEnum):
    """What goes wrong on a line."""

    CUT = "cut"
    RESET = "reset"
    STALL = "stall"
    SLOW = "5 KB/s"
    SLOW_HEADERS = "slow headers"
    PORTAL = "captive portal"
    REDIRECT = "redirect elsewhere"


@dataclass(frozen=True)
class Fault:
    """One fault; it strikes after so many bytes upward (to the server) or downward.

    A slow line and slow headers last for that many bytes; a portal and a redirect answer at once.
    """

    kind: Kind
    after: int = 0
    upward: bool = True


class BadLine:
    """Carries connections to a server, each with a fault of its own (None: without)."""

    def __init__(self, server: str, choose: Callable[[], Fault | None], elsewhere: str) -> None:
        host, port = server.removeprefix("http://").split(":")
        self._server = (host, int(port))
        self._choose = choose
        self._elsewhere = elsewhere
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.struck: Counter[Kind] = Counter()
        self.connections = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> BadLine:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(near, self._choose()), daemon=True).start()

    def _serve(self, near: socket.socket, fault: Fault | None) -> None:
        with near, suppress(OSError):  # whoever breaks the line first, it is broken
            if fault is not None and fault.kind in (Kind.PORTAL, Kind.REDIRECT):
                self.struck[fault.kind] += 1
                _answer(near, PORTAL if fault.kind is Kind.PORTAL else REDIRECT.format(self._elsewhere).encode())
                return
            with socket.create_connection(self._server) as far:
                self._carry(near, far, fault)

    def _carry(self, near: socket.socket, far: socket.socket, fault: Fault | None) -> None:
        carried = {near: 0, far: 0}
        concerned = near if fault is None or fault.upward else far
        while True:
            for source in select.select([near, far], [], [])[0]:
                target = far if source is near else near
                left = max(fault.after - carried[source], 0) if fault and source is concerned else None
                if fault and left == 0 and fault.kind in (Kind.CUT, Kind.RESET, Kind.STALL):
                    self.struck[fault.kind] += 1
                    _strike(fault.kind, near, far)
                    return
                data = _read(source, fault, left)
                if not data:
                    return
                if fault and carried[concerned] == 0 and fault.kind in (Kind.SLOW, Kind.SLOW_HEADERS):
                    self.struck[fault.kind] += source is concerned
                carried[source] += len(data)
                target.sendall(data)


def _read(source: socket.socket, fault: Fault | None, left: int | None) -> bytes:
    """Read what may go on now, slowly where the fault is that."""
    if not fault or not left:
        return source.recv(AT_ONCE)
    if fault.kind is Kind.SLOW:
        time.sleep(SLOW_SECONDS)
        return source.recv(SLOW_BYTES)
    if fault.kind is Kind.SLOW_HEADERS:
        time.sleep(DRIP_SECONDS)
        return source.recv(DRIP_BYTES)
    return source.recv(min(left, AT_ONCE))


def _strike(kind: Kind, near: socket.socket, far: socket.socket) -> None:
    """Break the line: with an end, with a reset, or by carrying nothing until the pole gives up."""
    if kind is Kind.STALL:
        watch = select.poll()
        watch.register(near, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        watch.poll(LONGEST_STALL * 1000)
    for end in (near, far):
        if kind is Kind.RESET:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            end.shutdown(socket.SHUT_RDWR)


def _answer(near: socket.socket, response: bytes) -> None:
    """Answer whatever was asked, and listen politely to the rest."""
    near.settimeout(1.0)
    asked = b""
    while b"\r\n\r\n" not in asked and (data := near.recv(AT_ONCE)):
        asked += data
    near.sendall(response)
    near.shutdown(socket.SHUT_WR)
    while near.recv(AT_ONCE):
        pass

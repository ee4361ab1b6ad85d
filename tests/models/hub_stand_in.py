"""A stand-in for the hub: a real HTTP server on loopback that speaks its protocol, and misbehaves when told to."""

from __future__ import annotations

import contextlib
import hashlib
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

from models.catalog import Catalog, Model, ModelFile

CONTENTS = {
    "config.json": b'{"alignment_heads": [[1, 3]]}',
    "model.bin": random.Random(11).randbytes(3_000_000),
    "tokenizer.json": b'{"version": "1.0"}' * 100,
    "vocabulary.txt": b"de\nhet\neen\n",
}


def create_catalog(**changed: bytes) -> Catalog:
    """Return a catalogue of one model `small` with the stand-in's files, some of them as changed (`model_bin=…`)."""
    contents = {name: changed.get(name.replace(".", "_"), content) for name, content in CONTENTS.items()}
    files = tuple(
        ModelFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    )
    model = Model(
        name="small",
        repository="Systran/faster-whisper-small",
        revision="53" * 20,
        licence="MIT",
        languages="whisper",
        beam_size=5,
        files=files,
    )
    return Catalog(hub="https://hub.invalid", choice={"cpu": "small"}, languages={"whisper": ("nl",)}, models=(model,))


@dataclass
class Manners:
    """How the stand-in behaves; by default well."""

    cut_after: list[int] = field(default_factory=list)
    """For each answer from the storage in turn: after how many bytes the line is cut."""
    status: int | None = None
    login_page: bool = False
    redirect_to: str | None = None
    ignores_ranges: bool = False
    busy_times: int = 0
    contents: dict[str, bytes] = field(default_factory=lambda: dict(CONTENTS))
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Every path that was asked for, with its Range."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    manners: ClassVar[Manners]

    def do_GET(self) -> None:
        manners, path = self.manners, urlsplit(self.path).path
        manners.asked.append((path, self.headers["Range"]))
        name = path.rpartition("/")[2]
        if manners.busy_times > 0:
            manners.busy_times -= 1
            self._answer(503, b"")
        elif manners.status:
            self._answer(manners.status, b"Entry not found")
        elif manners.login_page:
            self._answer(200, b"<html>Welcome to the free wifi</html>", {"Content-Type": "text/html; charset=utf-8"})
        elif path.startswith("/storage/"):
            self._give(name)
        else:
            target = manners.redirect_to or f"/storage/{name}"
            self._answer(302, b"Found", {"Location": target})

    def _give(self, name: str) -> None:
        content, manners = self.manners.contents[name], self.manners
        start = 0
        headers = {"Content-Type": "application/octet-stream"}
        if self.headers["Range"] and not manners.ignores_ranges:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._answer(206 if "Content-Range" in headers else 200, content[start:], headers, cuttable=True)

    def _answer(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, *, cuttable: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if cuttable and self.manners.cut_after:
            body = body[: self.manners.cut_after.pop(0)]
            self.close_connection = True
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up in the middle is part of the tests."""


@contextlib.contextmanager
def hub_stand_in(manners: Manners) -> Iterator[str]:
    """Run a stand-in on a free port of loopback; yield its address."""
    handler = type("Handler", (_Handler,), {"manners": manners})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

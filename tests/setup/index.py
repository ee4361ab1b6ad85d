"""A stand-in for the package index over HTTPS on loopback: it is a proxy to whatever host pip-audit asks."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.resilience.test_tls import RIGHT, Authority


@dataclass
class Index:
    """An index that knows every package but those that are missing."""

    authority: Authority
    missing: frozenset[str]
    asked: set[str] = field(default_factory=set)
    url: str = ""

    def answer(self, path: str) -> tuple[HTTPStatus, dict[str, Any]]:
        """Answer a question of the form `/pypi/NAME/VERSION/json`."""
        name = path.split("/")[2]
        self.asked.add(name)
        if name in self.missing:
            return HTTPStatus.NOT_FOUND, {"message": "Not Found"}
        return HTTPStatus.OK, {"info": {"name": name}, "vulnerabilities": []}

    def certificate_for(self, host: str) -> ssl.SSLContext:
        """Return what whoever trusts the authority takes for this host."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority.sign(*RIGHT[:2], f"DNS:{host}"))
        return context


@contextmanager
def serving_index(authority: Authority, *missing: str) -> Iterator[Index]:
    """Serve an index; the address is that of a proxy, behind which it takes every host's place."""
    index = Index(authority, frozenset(missing))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_CONNECT(self) -> None:
            self.send_response(HTTPStatus.OK)
            self.end_headers()
            context = index.certificate_for(self.path.partition(":")[0])
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)
            self.close_connection = False

        def do_GET(self) -> None:
            status, document = index.answer(self.path)
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        index.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield index
        finally:
            server.shutdown()
            thread.join()

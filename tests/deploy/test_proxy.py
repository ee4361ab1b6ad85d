"""The real Caddy with our Caddyfile before the real server: TLS, headers, limits, the live line, and who asks."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from werkzeug.middleware.proxy_fix import ProxyFix

from kiosk.server_client import ServerClient
from server.app import create_app
from server.config import ServerSettings
from server.database import Database, make_engine
from server.door import MAX_PIECE_BYTES
from server.extensions import limiter
from server.migrations import migrate
from server.staff.operations import add_staff
from server.staff.passwords import PasswordHash
from setup.layout import ROOT
from tests.browser.conftest import free_port
from tests.deploy.machine import DEPLOY
from tests.makers import WITHDRAWAL_KEY, HandClock, create_library
from tests.serving import serving
from tests.web import EMAIL, PASSWORD
from vertelpaal.errors import ServerUnreachable
from vertelpaal.identifiers import new_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CADDYFILE = DEPLOY / "server" / "files" / "etc" / "caddy" / "Caddyfile"
DROP_IN = DEPLOY / "server" / "files" / "etc" / "systemd" / "system" / "caddy.service.d" / "vertelpaal.conf"
CADDY = ("/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config")
PATIENCE_SECONDS = 30.0
VISITOR = "127.0.0.2"
"""From where a visitor asks. The proxy asks the server from 127.0.0.1, and so do a pole and who waits for it here."""
MUCH = "/much"
CLAIMS = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "ftp", "X-Forwarded-Host": "elsewhere.example"}
MIB = 2**20


@dataclass
class Guestbook:
    """Stands in the server behind its belief in a proxy, and notes who asked, by what scheme, for what host.

    To who asks for MUCH it sends by itself what no line holds at once, and notes when it is not asked for any more.
    """

    inside: WSGIApplication
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.seen.append((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]))
        if environ["PATH_INFO"] == MUCH:
            start_response("200 OK", [("Content-Length", str(64 * MIB))])
            return self._much()
        return self.inside(environ, start_response)

    def _much(self) -> Iterator[bytes]:
        try:
            yield from [b"x" * MIB] * 64
        finally:
            self.left.set()


@dataclass(frozen=True)
class Proxied:
    """A server that is reached by way of Caddy at `url`, and around it at `behind`."""

    url: str
    behind: str
    plain: str
    authority: Path
    guests: Guestbook
    token: str
    log: Path

    def asks(self, method: str, path: str, **request: Any) -> requests.Response:
        """Ask as a browser that trusts the library's own authority."""
        with visiting() as session:
            return session.request(
                method, self.url + path, verify=str(self.authority), timeout=30, allow_redirects=False, **request
            )


class FromVisitor(HTTPAdapter):
    """Asks from the address of the visitor."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pool of lines, each from that address."""
        super().init_poolmanager(*arguments, source_address=(VISITOR, 0), **options)


def visiting() -> requests.Session:
    """Return the session of a browser elsewhere."""
    session = requests.Session()
    session.mount("https://", FromVisitor())
    session.mount("http://", FromVisitor())
    return session


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """Run the server on TLS, with one member of staff."""
    folder = tmp_path_factory.mktemp("proxied")
    port, http_port = free_port(), free_port()
    settings = ServerSettings(
        home=folder,
        secret_key="s" * 40,
        withdrawal_key=WITHDRAWAL_KEY.decode(),
        database_url=f"sqlite:///{folder / 'vertelpaal.sqlite'}",
        public_url=f"https://localhost:{port}",
        trusted_proxies=1,
    )
    engine = make_engine(settings.database)
    migrate(engine)
    library = create_library(Database(engine), folder, HandClock())
    app = create_app(settings, lambda: str(library.identity.to_public()), library.clock)
    with library.database.transaction() as session:
        add_staff(session, EMAIL, "Sanne", PasswordHash.of(PASSWORD), library.clock.now())
    limiter.reset()
    believing = app.wsgi_app
    assert isinstance(believing, ProxyFix)
    believing.app = guests = Guestbook(believing.app)
    with serving(app) as behind, caddy(folder, port, http_port, behind) as authority:
        yield Proxied(
            f"https://localhost:{port}",
            behind,
            f"http://localhost:{http_port}",
            authority,
            guests,
            library.token,
            folder / "caddy.log",
        )
    app.extensions["vertelpaal"].database.engine.dispose()
    engine.dispose()


@contextmanager
def caddy(folder: Path, port: int, http_port: int, behind: str) -> Iterator[Path]:
    """Run Caddy with an authority of its own; yield that authority's certificate."""
    (folder / "tls.caddy").write_text("tls internal\n", encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "VERTELPAAL_ADDRESS": f"https://localhost:{port}",
        "VERTELPAAL_HTTP_PORT": str(http_port),
        "VERTELPAAL_TLS": str(folder / "tls.caddy"),
        "VERTELPAAL_SERVER_PORT": behind.rpartition(":")[2],
    }
    with open(folder / "caddy.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.deploy.shut_in", str(DROP_IN), *CADDY, str(CADDYFILE)],
            cwd=ROOT,
            env=environment,
            stderr=log,
        )
    authority = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while not answers(f"https://localhost:{port}/gezond", authority):
            assert time.monotonic() < until and process.poll() is None, (folder / "caddy.log").read_text()
            time.sleep(0.2)
        yield authority
        said = (folder / "caddy.log").read_text(encoding="utf-8")
        assert VISITOR not in said and "inloggen" not in said, "the log holds nothing of who asked for what"
    finally:
        process.terminate()
        process.wait(timeout=10)


def answers(url: str, authority: Path) -> bool:
    """Tell whether the server answers with a certificate of this authority."""
    try:
        return authority.exists() and requests.get(url, verify=str(authority), timeout=5).ok
    except requests.ConnectionError:
        return False


def test_a_pole_that_trusts_the_librarys_authority_gets_a_code(
    proxied: Proxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with pytest.raises(ServerUnreachable, match="SSLError"):
        ServerClient(proxied.url).offer_pairing()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(proxied.authority))  # as in the unit of the agent
    assert ServerClient(proxied.url).offer_pairing().user_code


def test_headers_come_through_as_the_app_sets_them(proxied: Proxied) -> None:
    direct = requests.get(f"{proxied.behind}/inloggen", timeout=30).headers
    through = proxied.asks("GET", "/inloggen").headers
    moving = {"Server", "Date", "Connection", "Content-Length", "Set-Cookie", "Transfer-Encoding"}
    assert {name: value for name, value in direct.items() if name not in moving} == {
        name: value for name, value in through.items() if name not in moving
    }
    assert through["Strict-Transport-Security"] == "max-age=31536000"
    assert "Server" not in through
    assert through["Set-Cookie"].startswith("__Host-vertelpaal=")


def test_what_a_browser_claims_of_itself_is_not_believed(proxied: Proxied) -> None:
    proxied.asks("GET", "/gezond", headers=CLAIMS)
    assert proxied.guests.seen[-1] == (VISITOR, "https", proxied.url.removeprefix("https://"))
    requests.get(f"{proxied.behind}/gezond", headers=CLAIMS, timeout=30)
    assert proxied.guests.seen[-1] == ("203.0.113.7", "ftp", "elsewhere.example"), "around the proxy it would be"


def test_a_piece_of_an_envelope_comes_through_and_nothing_much_larger(proxied: Proxied) -> None:
    envelope = f"/api/v1/envelopes/{new_id()}"
    pole = {"Authorization": f"Bearer {proxied.token}", "Upload-Offset": "0"}
    declared = {"length": 70 * MIB, "sha256": "0" * 64}
    assert proxied.asks("PUT", envelope, headers=pole, json=declared).status_code == 201
    assert proxied.asks("PATCH", envelope, headers=pole, data=b"x" * MAX_PIECE_BYTES).status_code == 204
    pole["Upload-Offset"] = str(MAX_PIECE_BYTES)
    assert is_refused(proxied, "PATCH", envelope, pole, MAX_PIECE_BYTES + 2 * MIB)
    assert proxied.asks("HEAD", envelope, headers=pole).headers["Upload-Offset"] == str(MAX_PIECE_BYTES)
    assert is_refused(proxied, "POST", "/inloggen", {}, 2 * MIB)


def is_refused(proxied: Proxied, method: str, path: str, headers: dict[str, str], length: int) -> bool:
    """Tell whether a body is too large: this Caddy calls it 502, and may cut the line while we send, or its answer."""
    try:
        return proxied.asks(method, path, headers=headers, data=b"x" * length, stream=True).status_code in (413, 502)
    except requests.ConnectionError:
        return True


def test_plain_http_leads_to_tls(proxied: Proxied) -> None:
    with visiting() as session:
        answer = session.get(f"{proxied.plain}/inloggen", timeout=10, allow_redirects=False)
    assert answer.status_code == 308
    assert answer.headers["Location"].startswith("https://localhost")
    assert not answer.content


def test_the_live_line_comes_through_for_who_is_signed_in(proxied: Proxied) -> None:
    signed_in = visiting()
    signed_in.trust_env = False
    signed_in.verify = str(proxied.authority)
    page = signed_in.get(f"{proxied.url}/inloggen", timeout=30).text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": token}
    sent = signed_in.post(f"{proxied.url}/inloggen", form, headers={"Referer": proxied.url}, timeout=30)
    assert sent.ok and "inloggen" not in sent.url
    cookie = "; ".join(f"{one.name}={one.value}" for one in signed_in.cookies)
    assert live_line(proxied, {"Cookie": cookie, "Origin": proxied.url}).startswith("HTTP/1.1 101")
    assert live_line(proxied, {"Origin": proxied.url}).startswith("HTTP/1.1 401")


def live_line(proxied: Proxied, headers: dict[str, str]) -> str:
    """Ask for a WebSocket and return what comes back, up to the first that Socket.IO says over it."""
    asked = {
        "Host": proxied.url.removeprefix("https://"),
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **headers,
    }
    lines = ["GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", *(f"{name}: {asked[name]}" for name in asked)]
    with tls_line(proxied) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        came = b""
        while b"\r\n\r\n" not in came or (came.startswith(b"HTTP/1.1 101") and b'"sid"' not in came):
            came += line.recv(4096) or pytest.fail(f"the line was cut after {came!r}")
    return came.decode(errors="replace")


def test_the_log_does_not_name_who_leaves_in_the_middle_of_an_answer(proxied: Proxied) -> None:
    with tls_line(proxied) as line:
        line.sendall(f"GET {MUCH} HTTP/1.1\r\nHost: {proxied.url.removeprefix('https://')}\r\n\r\n".encode())
        assert line.recv(12) == b"HTTP/1.1 200"
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # it ends with a reset
    assert proxied.guests.left.wait(PATIENCE_SECONDS)
    assert VISITOR not in proxied.log.read_text(encoding="utf-8")


def test_the_log_does_not_name_who_speaks_something_else(proxied: Proxied) -> None:
    with socket.create_connection(("localhost", int(proxied.url.rpartition(":")[2])), 10, (VISITOR, 0)) as line:
        line.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert line.recv(12) == b"HTTP/1.0 400", "this is no hello of TLS"
    with tls_line(proxied) as line:
        line.sendall(b"this is no request\r\n\r\n")
        assert line.recv(12) == b"HTTP/1.1 400"
    assert VISITOR not in proxied.log.read_text(encoding="utf-8")


@contextmanager
def tls_line(proxied: Proxied) -> Iterator[ssl.SSLSocket]:
    """Open a line to the proxy as a browser of HTTP/1.1 elsewhere."""
    context = ssl.create_default_context(cafile=str(proxied.authority))
    port = int(proxied.url.rpartition(":")[2])
    with (
        socket.create_connection(("localhost", port), 10, (VISITOR, 0)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        yield line

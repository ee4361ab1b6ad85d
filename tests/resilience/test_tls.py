"""The pole always checks who it speaks to: a certificate that is not right means waiting, never less checking."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from flask import Flask
from pyrage import x25519
from werkzeug.serving import make_server

from kiosk.server_client import ServerClient
from kiosk.shelf import Token
from tests.makers import HandClock, SampleLibrary, create_visit
from tests.resilience.test_backlog import create_uplink
from tests.serving import Quiet

RIGHT = ("20200101000000Z", "20991231000000Z", "IP:127.0.0.1")
WRONG = {
    "certificate has expired": ("20200101000000Z", "20210101000000Z", "IP:127.0.0.1"),
    "certificate is not yet valid": ("20980101000000Z", "20991231000000Z", "IP:127.0.0.1"),
    "IP address mismatch": ("20200101000000Z", "20991231000000Z", "DNS:elders.example"),
}
"""What is wrong with a certificate, as OpenSSL calls it; one that is not valid yet is what a clock in 1970 sees."""
SELF_SIGNED = "self-signed certificate"
CONFIG = """
[ca]
default_ca = own
[own]
unique_subject = no
new_certs_dir = {folder}
database = {folder}/index
serial = {folder}/serial
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
subjectAltName = {name}
"""


@dataclass(frozen=True)
class Authority:
    """Somebody who signs certificates, and whom the pole trusts."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    @classmethod
    def create(cls, folder: Path) -> Authority:
        """Make the authority."""
        folder.mkdir()
        (folder / "index").touch()
        (folder / "serial").write_text("01")
        _new_key(folder, "ca", "-x509", "-days", "3650")
        return cls(folder)

    def sign(self, begins: str, ends: str, name: str) -> Path:
        """Return a file with a key and the certificate for it."""
        (self.folder / "config").write_text(CONFIG.format(folder=self.folder, name=name))
        _new_key(self.folder, "leaf")
        files = {flag: str(self.folder / name) for flag, name in _SIGN.items()}
        arguments = [part for pair in files.items() for part in pair]
        _openssl("ca", "-batch", "-notext", "-startdate", begins, "-enddate", ends, *arguments)
        both = self.folder / "both.pem"
        both.write_text((self.folder / "leaf.key").read_text() + (self.folder / "signed.pem").read_text())
        return both

    def self_signed(self) -> Path:
        """Return a key and a certificate that nobody vouches for."""
        _new_key(self.folder, "self", "-x509", "-days", "3650", "-addext", "subjectAltName=IP:127.0.0.1")
        both = self.folder / "self-both.pem"
        both.write_text((self.folder / "self.key").read_text() + (self.folder / "self.pem").read_text())
        return both


_SIGN = {"-config": "config", "-cert": "ca.pem", "-keyfile": "ca.key", "-in": "leaf.pem", "-out": "signed.pem"}


def _new_key(folder: Path, name: str, *more: str) -> None:
    key, made = str(folder / f"{name}.key"), str(folder / f"{name}.pem")
    subject = ("-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", made)
    _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *subject, *more)


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)


@contextmanager
def serving_with(app: Flask, certificate: Path) -> Iterator[str]:
    """Serve an app over TLS; yield its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet, ssl_context=context)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def create_session(verify: str | bool) -> requests.Session:
    """Return a session that trusts this authority alone, whatever this machine's settings name."""
    session = requests.Session()
    session.trust_env = False
    session.verify = verify
    return session


def waiting_after_a_try(sample: SampleLibrary, url: str, authority: Authority, home: Path) -> int:
    """Let a pole that trusts the authority, with one visit, try once; return how many visits still wait."""
    session = create_session(verify=str(authority.certificate))
    token = Token(kiosk_id=sample.kiosk_id, token=sample.token)
    uplink = create_uplink(home, ServerClient(url, session), HandClock(), token, seed=1)
    uplink._outbox.put(create_visit(sample.kiosk_id), {}, [x25519.Identity.generate().to_public()])
    uplink.step()
    return len(uplink._outbox.waiting())


def complaint_about(url: str, authority: Authority) -> str:
    """Return what OpenSSL has against the certificate of this server; nothing if it is right."""
    context = ssl.create_default_context(cafile=str(authority.certificate))
    host, port = url.removeprefix("https://").split(":")
    try:
        with socket.create_connection((host, int(port))) as line, context.wrap_socket(line, server_hostname=host):
            return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make somebody whom the pole trusts."""
    return Authority.create(tmp_path_factory.mktemp("tls") / "ca")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_envelopes_wait_for_a_right_certificate(
    sample: SampleLibrary, app: Flask, authority: Authority, tmp_path: Path
) -> None:
    asked: list[str] = []
    app.before_request(lambda: asked.append("something"))
    wrong = {name: authority.sign(*what).read_text() for name, what in WRONG.items()}
    wrong[SELF_SIGNED] = authority.self_signed().read_text()
    certificate = tmp_path / "certificate.pem"
    for number, (name, text) in enumerate(wrong.items()):
        certificate.write_text(text)
        with serving_with(app, certificate) as url:
            assert name in complaint_about(url, authority), "it is refused for this, and not for something else"
            assert (name, waiting_after_a_try(sample, url, authority, tmp_path / str(number))) == (name, 1)
    assert asked == [], "nothing is said before the certificate is checked"
    with serving_with(app, authority.sign(*RIGHT)) as url:
        assert complaint_about(url, authority) == ""
        assert waiting_after_a_try(sample, url, authority, tmp_path / "right") == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_client_that_checks_nothing_is_caught(
    sample: SampleLibrary, app: Flask, authority: Authority, tmp_path: Path
) -> None:
    """The very check above, with a session that takes any certificate: the visit goes to somebody unknown."""
    with serving_with(app, authority.self_signed()) as url:
        token = Token(kiosk_id=sample.kiosk_id, token=sample.token)
        with pytest.warns(Warning, match="Unverified HTTPS"):
            uplink = create_uplink(
                tmp_path / "pole", ServerClient(url, create_session(verify=False)), HandClock(), token, seed=1
            )
            uplink._outbox.put(create_visit(sample.kiosk_id), {}, [x25519.Identity.generate().to_public()])
            uplink.step()
        assert uplink._outbox.waiting() == []

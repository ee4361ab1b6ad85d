"""A 20 MB envelope through the intake against bare Flask views that write and sync the same bytes.

All get them in the same way over one connection; what only the intake does stands below its line in the table.
A receipt promises the very bytes that were declared. What that promise alone costs is the SHA-256, which a processor
without an instruction for it takes longer for than for all the rest: so there is a bare view that takes it too.
"""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import requests
from flask import Flask, request
from pyrage import x25519
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.comparison import Comparison, compare
from kiosk.outbox import SealedVisit
from kiosk.server_client import Piece, ServerClient
from kiosk.shelf import Token
from server.app import create_app
from server.config import ServerSettings
from server.intake.pairing import approve_pairing, claim_token, offer_pairing
from server.tables import BranchRow
from vertelpaal.clock import SystemClock
from vertelpaal.identifiers import new_id

LENGTH = 20 * 10**6
RUNS = 8
PIECE = 2**20
"""Bytes that the bare view reads from its connection at once; the intake comes to as much when they flow."""


def upload_a_first_envelope(folder: Path) -> Comparison:
    """Compare what a pole sends after its start, when it does not know its line yet, with a bare view."""
    with _both(folder) as (intake, bare):
        # the connection stays, and what is known of the line does not
        return _compare(
            "upload 20 MB, first after a start", intake, bare, lambda: ServerClient(intake.url, intake.line)
        )


def upload_a_later_envelope(folder: Path) -> Comparison:
    """Compare what a pole sends over a line that it knows with a bare view."""
    with _both(folder) as (intake, bare):
        client = ServerClient(intake.url, intake.line)
        return _compare("upload 20 MB, over a line that is known", intake, bare, lambda: client)


def upload_a_later_envelope_that_both_check(folder: Path) -> Comparison:
    """Compare what a pole sends over a line that it knows with a bare view that checks its SHA-256 too."""
    with _both(folder) as (intake, bare):
        client = ServerClient(intake.url, intake.line)
        return _compare("the same, and both take its hash", intake, bare, lambda: client, checking=True)


@dataclass(frozen=True)
class _Side:
    """A server, and one connection to it that stays for every run."""

    url: str
    app: Flask
    line: requests.Session


def _compare(
    what: str, intake: _Side, bare: _Side, client: Callable[[], ServerClient], *, checking: bool = False
) -> Comparison:
    """Compare the time from the first byte to the receipt with that of a view that promises nothing, or the hash."""
    token, file = _token(intake.app), bare.app.config["FILE"]
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()  # the pole takes it while sealing

    view, both, ours = ("checked", ", hash", "") if checking else ("kept", "", ", hash")

    def deliver() -> None:
        assert client().deliver(token, SealedVisit(new_id(), file, sha256)).sha256 == sha256

    def send_bare() -> None:
        with open(file, "rb") as opened:
            answer = bare.line.put(bare.url + view, data=Piece(opened, 0, LENGTH), timeout=60)
        assert answer.text == (sha256 if checking else "")

    return compare(
        what,
        "a bare view that writes, hashes, fsyncs" if checking else "a bare Flask view that writes and fsyncs",
        deliver,
        send_bare,
        runs=RUNS,
        goal="≤ 1.11 (at least 0.9 of its speed)",
        terms=f"both: one connection kept, read from the same file while it goes out, one sync of a new file{both}; "
        f"ours alone: token, declaration, pieces{ours}, two rows, rename and its sync, receipt",
    )


@contextmanager
def _both(folder: Path) -> Iterator[tuple[_Side, _Side]]:
    """Serve the intake and a bare view in the same way, on the same disk."""
    with (
        TemporaryDirectory(dir=folder) as own,
        _serving(_intake_app(Path(own))) as intake,
        _serving(_bare_app(Path(own))) as bare,
    ):
        yield intake, bare


def _intake_app(folder: Path) -> Flask:
    settings = ServerSettings(
        home=folder / "home",
        secret_key="benchmark" * 5,
        withdrawal_key="benchmark" * 5,
        https_only=False,
    )
    public_key = str(x25519.Identity.generate().to_public())
    return create_app(settings, lambda: public_key)


def _bare_app(folder: Path) -> Flask:
    bare = Flask("bare")
    bare.config["FILE"] = folder / "envelope.age"
    bare.config["FILE"].write_bytes(random.Random(1).randbytes(LENGTH))  # noqa: S311  # any bytes will do

    @bare.put("/kept")
    def keep() -> str:
        with open(folder / str(new_id()), "wb") as target:
            while piece := request.stream.read(PIECE):
                target.write(piece)
            _sync(target)
        return ""

    @bare.put("/checked")
    def keep_and_check() -> str:
        sha256 = hashlib.sha256()
        with open(folder / str(new_id()), "wb") as target:
            while piece := request.stream.read(PIECE):
                sha256.update(piece)
                target.write(piece)
            _sync(target)
        return sha256.hexdigest()

    return bare


def _sync(target: BinaryIO) -> None:
    target.flush()
    os.fsync(target.fileno())


def _token(app: Flask) -> Token:
    with app.extensions["vertelpaal"].database.transaction() as session:
        branch = BranchRow(id=new_id(), slug="bench", name="Bench")
        session.add(branch)
        return _claim(session, branch)


def _claim(session: Session, branch: BranchRow) -> Token:
    now = SystemClock().now()
    session.flush()
    offer = offer_pairing(session, now)
    session.flush()
    approve_pairing(session, offer.user_code, branch, now)
    claimed = claim_token(session, offer.device_code, now)
    assert claimed is not None
    return Token(kiosk_id=claimed[0], token=claimed[1])


class _Handler(WSGIRequestHandler):
    """Keeps a connection, as a server in a library does."""

    protocol_version = "HTTP/1.1"


@contextmanager
def _serving(app: Flask) -> Iterator[_Side]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with requests.Session() as line:
            yield _Side(f"http://127.0.0.1:{server.server_port}/", app, line)
    finally:
        server.shutdown()
        server.server_close()

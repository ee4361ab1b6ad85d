"""A 20 MB envelope through the intake against a bare Flask view that writes and syncs the same bytes."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from flask import Flask, request
from pyrage import x25519
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from benchmarks.comparison import Comparison, compare
from kiosk.outbox import SealedVisit
from kiosk.server_client import ServerClient
from kiosk.shelf import Token
from server.app import create_app
from server.config import ServerSettings
from server.intake.pairing import approve_pairing, claim_token, offer_pairing
from server.tables import BranchRow
from vertelpaal.clock import SystemClock
from vertelpaal.identifiers import new_id

LENGTH = 20 * 10**6
RUNS = 8


def upload_to_intake_and_to_a_bare_view(folder: Path) -> Comparison:
    """Compare the time from the first byte to the receipt with that of a view that promises nothing."""
    data = random.Random(1).randbytes(LENGTH)  # noqa: S311  # any bytes will do
    file = folder / "envelope.age"
    file.write_bytes(data)
    with _serving(_intake_app(folder)) as (intake_url, app), _serving(_bare_app(folder)) as (bare_url, _):
        token, client = _token(app), ServerClient(intake_url)
        sha256 = hashlib.sha256(data).hexdigest()  # the pole takes it while sealing

        def deliver() -> None:
            assert client.deliver(token, SealedVisit(new_id(), file, sha256)).sha256 == sha256

        def send_bare() -> None:
            assert requests.put(bare_url, data=data, timeout=60).status_code == 204

        return compare(
            "upload 20 MB, pieces, hash and receipt",
            "a bare Flask view that writes and fsyncs",
            deliver,
            send_bare,
            runs=RUNS,
            goal="≤ 1.11 (at least 0.9 of its speed)",
        )


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

    @bare.put("/")
    def keep() -> tuple[str, int]:
        with open(folder / "bare", "wb") as target:
            while piece := request.stream.read(2**16):
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        return "", 204

    return bare


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


@contextmanager
def _serving(app: Flask) -> Iterator[tuple[str, Flask]]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", app
    finally:
        server.shutdown()
        server.server_close()

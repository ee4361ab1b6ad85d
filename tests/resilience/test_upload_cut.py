"""The server killed in the middle of an upload: it resumes at the offset, and the hash matches."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

import requests

from kiosk.outbox import SealedVisit
from kiosk.pace import FIRST_PIECE, SECONDS_A_PIECE
from kiosk.server_client import ServerClient
from kiosk.shelf import Shelf
from server.tables import EnvelopeRow
from tests.browser.conftest import running_library
from tests.makers import HandClock
from vertelpaal.errors import ServerUnreachable
from vertelpaal.identifiers import new_id

LENGTH = 24 * FIRST_PIECE + 4321


class WatchedSession(requests.Session):
    """A session that notes where each piece went, and by whose clock no line is fast enough for larger ones."""

    def __init__(self, pause: float) -> None:
        super().__init__()
        self.pause = pause
        self.clock = HandClock()
        self.offsets: list[int] = []
        self.halfway = threading.Event()

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        if method == "PATCH":
            self.offsets.append(int(kwargs["headers"]["Upload-Offset"]))
            if len(self.offsets) == 8:
                self.halfway.set()
            self.clock.forward(SECONDS_A_PIECE)
            time.sleep(self.pause)
        return super().request(method, url, *args, **kwargs)


def test_an_upload_survives_the_death_of_the_server(tmp_path: Path) -> None:
    with running_library(tmp_path / "home") as running:
        token = Shelf(running.home / "kiosk").token()
        assert token is not None
        file = tmp_path / "big.age"
        file.write_bytes(random.Random(7).randbytes(LENGTH))
        sealed = SealedVisit(new_id(), file)
        before, after = WatchedSession(0.02), WatchedSession(0)
        failures: list[Exception] = []

        def deliver() -> None:
            try:
                ServerClient(running.household.server_url, before, before.clock).deliver(token, sealed)
            except ServerUnreachable as error:
                failures.append(error)

        upload = threading.Thread(target=deliver)
        upload.start()
        assert before.halfway.wait(30)
        running.household.kill("server")
        upload.join(60)
        assert failures, "the upload was over before the server died"
        running.household.launch("server")
        receipt = _deliver_when_back(running.household.server_url, after, token, sealed)
        assert receipt.sha256 == sealed.sha256()
        assert receipt.visit_id == sealed.visit_id
        assert after.offsets[0] >= 7 * FIRST_PIECE, "it began again instead of going on"
        with running.database.reading() as session:
            row = session.get_one(EnvelopeRow, sealed.visit_id)
            assert (row.sha256, row.length) == (sealed.sha256(), LENGTH)


def _deliver_when_back(url: str, session: WatchedSession, token: Any, sealed: SealedVisit) -> Any:
    until = time.monotonic() + 30
    while True:
        try:
            return ServerClient(url, session, session.clock).deliver(token, sealed)
        except ServerUnreachable:
            assert time.monotonic() < until, "the server did not come back"
            time.sleep(0.2)

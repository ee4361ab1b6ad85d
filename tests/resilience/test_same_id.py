"""The same visit fifty times at once, over real HTTP: one row, one receipt, nothing corrupt."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
from flask import Flask, Response
from sqlalchemy import select

from kiosk.outbox import SealedVisit
from kiosk.server_client import ServerClient, ServerInTrouble
from kiosk.shelf import Token
from server.tables import EnvelopeRow, EnvelopeState, VisitRow
from tests.makers import SampleLibrary, create_visit, seal
from tests.serving import serving
from vertelpaal.visit import Receipt

AT_ONCE = 50
TRIES = 400


class CountingSession(requests.Session):
    """A session that counts what the server answers."""

    def __init__(self, statuses: Counter[int]) -> None:
        super().__init__()
        self._statuses = statuses

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        response = super().request(method, url, *args, **kwargs)
        self._statuses[response.status_code] += 1
        return response


class UnderWay:
    """Counts the requests that a server works on at one moment, and keeps the most that there were."""

    def __init__(self) -> None:
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)

    def end(self, response: Response) -> Response:
        with self._lock:
            self._now -= 1
        return response


def test_the_same_visit_fifty_times_at_once(sample: SampleLibrary, app: Flask, tmp_path: Path) -> None:
    visit = create_visit(sample.kiosk_id)
    sealed = SealedVisit(visit.id, tmp_path / "same.age")
    sealed.file.write_bytes(seal(visit, {}, sample.identity.to_public()))
    token = Token(kiosk_id=sample.kiosk_id, token=sample.token)
    together = threading.Barrier(AT_ONCE)
    statuses: Counter[int] = Counter()
    under_way = UnderWay()
    app.before_request(under_way.begin)
    app.after_request(under_way.end)

    def deliver(_: int) -> Receipt:
        client = ServerClient(url, CountingSession(statuses))
        together.wait(60)
        for _ in range(TRIES):
            try:
                return client.deliver(token, sealed)
            except ServerInTrouble:
                continue  # another of the fifty has the upload now
        raise AssertionError("no receipt came")

    with serving(app) as url, ThreadPoolExecutor(AT_ONCE) as senders:
        receipts = list(senders.map(deliver, range(AT_ONCE)))
    assert under_way.most > 1, "the control: they did come at once"
    assert {receipt.model_dump_json() for receipt in receipts} == {receipts[0].model_dump_json()}
    assert (receipts[0].visit_id, receipts[0].sha256) == (visit.id, sealed.sha256())
    assert not [status for status in statuses if status >= 500], statuses
    kept = sample.folders.sealed(visit.id).read_bytes()
    assert hashlib.sha256(kept).hexdigest() == sealed.sha256()
    sample.unpacker.unpack(visit.id)
    with sample.database.reading() as session:
        assert [row.state for row in session.scalars(select(EnvelopeRow))] == [EnvelopeState.PROCESSED]
        assert [row.id for row in session.scalars(select(VisitRow))] == [visit.id]

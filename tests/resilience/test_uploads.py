"""Over a line that cuts, stalls, resets, crawls and lies, every sealed visit arrives exactly once, byte for byte."""

from __future__ import annotations

import random
import secrets
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask

from kiosk.outbox import Outbox, SealedVisit
from kiosk.server_client import ServerClient, ServerInTrouble
from kiosk.shelf import Token
from tests.makers import NOW, SampleLibrary, create_recording, create_visit
from tests.resilience.final import Final, final
from tests.resilience.proxy import BadLine, Fault, Kind
from tests.resilience.uploads import Verdict, has_arrived, uploads
from tests.serving import serving
from vertelpaal.errors import ServerUnreachable
from vertelpaal.visit import Receipt

__all__ = ["final"]

UPLOADS = 60
PROOF_UPLOADS = 5_000
"""On each kind of database."""
MOST_TRIES, PAUSE_SECONDS = 60, 5.0
PROOF = (pytest.mark.proof, pytest.mark.longest)


class Credulous(ServerClient):
    """A client that takes any 200 for a receipt."""

    def deliver(self, token: Token, sealed: SealedVisit) -> Receipt:
        response = self._declare(f"/api/v1/envelopes/{sealed.visit_id}", token, sealed)
        if response.status_code == 200:
            return Receipt(visit_id=sealed.visit_id, sha256=sealed.sha256(), received_at=NOW)
        return super().deliver(token, sealed)


class Follower(ServerClient):
    """A client that goes where it is sent."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(url, _FollowingSession(), timeout=timeout)


class _FollowingSession(requests.Session):
    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **kwargs | {"allow_redirects": True})


@pytest.mark.parametrize("count", [UPLOADS, pytest.param(PROOF_UPLOADS, marks=PROOF)])
def test_every_sealed_visit_arrives_exactly_once(sample: SampleLibrary, app: Flask, final: Final, count: int) -> None:
    seed = secrets.randbits(32)
    with uploads(sample, app, seed) as pole:
        verdict = pole.makes(count)
        struck = ", ".join(f"{kind} {pole.line.struck[kind]}" for kind in Kind)
        print(f"seed {seed}: {verdict}; {pole.steps} tries, {pole.line.connections} connections: {struck}")
    with final.verdict():
        assert verdict == Verdict(count, arrived=count, doubled=0, waiting=0, removed_untruly=0, halves=0, followed=0)
    assert sum(pole.line.struck.values()) >= count // 4, "too few faults to prove anything"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("length", [20_000, pytest.param(400_000, marks=pytest.mark.proof)])
def test_a_recording_goes_over_a_line_that_crawls_from_its_first_byte_to_its_last(
    sample: SampleLibrary, app: Flask, tmp_path: Path, length: int
) -> None:
    """With the patience that a pole has; what does not come through in it goes on in smaller pieces."""
    data = random.Random(length).randbytes(length)
    recording = create_recording(data)
    visit = create_visit(sample.kiosk_id, recording=recording)
    sealed = Outbox(tmp_path / "outbox").put(visit, {recording.id: data}, [sample.identity.to_public()])
    token = Token(kiosk_id=sample.kiosk_id, token=sample.token)
    with serving(app) as url, BadLine(url, lambda: Fault(Kind.SLOW, after=10**9), url) as line:
        receipt, tries = deliver_patiently(ServerClient(line.url), token, sealed)
        print(f"{length} bytes at 5 KB/s: {tries} tries, {line.connections} connections")
        assert receipt.sha256 == sealed.sha256()
        assert line.struck[Kind.SLOW] == line.connections, "every request crawled"
    assert has_arrived(sample, visit.id, sealed.file.read_bytes())


def deliver_patiently(client: ServerClient, token: Token, sealed: SealedVisit) -> tuple[Receipt, int]:
    """Deliver an envelope, trying again as the uplink does; return its receipt and after how many tries it came."""
    for tries in range(1, MOST_TRIES):
        try:
            return client.deliver(token, sealed), tries
        except (ServerUnreachable, ServerInTrouble):
            time.sleep(PAUSE_SECONDS)
    return client.deliver(token, sealed), MOST_TRIES


def test_a_client_that_believes_any_200_is_caught(sample: SampleLibrary, app: Flask) -> None:
    with uploads(sample, app, seed=1, client=Credulous) as pole:
        verdict = pole.makes(25)
    assert verdict.removed_untruly > 0
    assert verdict.arrived == verdict.sealed - verdict.removed_untruly


def test_a_client_that_follows_redirects_is_caught(sample: SampleLibrary, app: Flask) -> None:
    with uploads(sample, app, seed=1, client=Follower) as pole:
        verdict = pole.makes(25)
    assert verdict.followed > 0

"""Over a line that cuts, stalls, resets, crawls and lies, every sealed visit arrives exactly once, byte for byte."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
import requests
from flask import Flask

from kiosk.outbox import SealedVisit
from kiosk.server_client import ServerClient
from kiosk.shelf import Token
from tests.makers import NOW, SampleLibrary
from tests.resilience.final import Final, final
from tests.resilience.proxy import Kind
from tests.resilience.uploads import Verdict, uploads
from vertelpaal.visit import Receipt

__all__ = ["final"]

UPLOADS = 100
PROOF_UPLOADS = 5_000
"""On each kind of database."""
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


def test_a_client_that_believes_any_200_is_caught(sample: SampleLibrary, app: Flask) -> None:
    with uploads(sample, app, seed=1, client=Credulous) as pole:
        verdict = pole.makes(25)
    assert verdict.removed_untruly > 0
    assert verdict.arrived == verdict.sealed - verdict.removed_untruly


def test_a_client_that_follows_redirects_is_caught(sample: SampleLibrary, app: Flask) -> None:
    with uploads(sample, app, seed=1, client=Follower) as pole:
        verdict = pole.makes(25)
    assert verdict.followed > 0

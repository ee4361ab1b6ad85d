"""A pole with a backlog: it waits longer and longer, drains oldest first, and poles do not come back together."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request

from kiosk.outbox import Outbox
from kiosk.server_client import ServerClient
from kiosk.shelf import Shelf, Token
from kiosk.uplink import MOST_TROUBLES, Uplink
from tests.makers import NOW, HandClock, SampleLibrary
from tests.resilience.proxy import BadLine, Fault, Kind
from tests.serving import Quiet, serving
from vertelpaal.assignment import Assignment
from vertelpaal.errors import ServerUnreachable, StorageFull
from vertelpaal.identifiers import new_id

HOUR = 3600.0
POLES = 20
MOST_TRIES = 35
"""In the first hour without a server: waits double to five minutes, each half to one and a half as long."""


def create_uplink(home: Path, client: ServerClient, clock: HandClock, token: Token, seed: int) -> Uplink:
    """Return the line of a paired pole; its clock and its chance are given."""
    shelf = Shelf(home)
    shelf.keep_token(token)
    return Uplink(
        client=client,
        shelf=shelf,
        outbox=Outbox(home / "outbox"),
        clock=clock,
        rng=random.Random(seed),
        on_publication=lambda _: None,
        on_pairing=lambda _: None,
        seconds=30,
    )


def tries_for(uplink: Uplink, clock: HandClock, seconds: float) -> list[float]:
    """Let the pole try for so long; return when it did."""
    tries, until = [], clock.monotonic() + seconds
    while clock.monotonic() < until:
        tries.append(clock.monotonic())
        clock.forward(uplink.step())
    return tries


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("backlog", [150, pytest.param(1_000, marks=pytest.mark.proof)])
def test_a_backlog_drains_oldest_first_one_request_at_a_time(
    sample: SampleLibrary, app: Flask, tmp_path: Path, backlog: int
) -> None:
    asked: list[tuple[str, str]] = []
    under_way: list[int] = [0, 0]

    def begin() -> None:
        asked.append((request.method, request.path))
        under_way[0] += 1
        under_way[1] = max(under_way)

    def end(response: Response) -> Response:
        under_way[0] -= 1
        return response

    app.before_request(begin)
    app.after_request(end)
    faults: list[Fault | None] = [Fault(Kind.RESET)]
    with serving(app, Quiet) as server, BadLine(server, lambda: faults[-1], server) as line:
        token = Token(kiosk_id=sample.kiosk_id, token=sample.token)
        uplink = create_uplink(tmp_path / "pole", ServerClient(line.url), sample.clock, token, seed=5)
        outbox = Outbox(tmp_path / "pole" / "outbox")
        ids = [new_id() for _ in range(backlog)]
        random.Random(5).shuffle(ids)  # the order is the sequence, and not the name of the visit
        for sequence, visit_id in enumerate(ids, 1):
            (outbox.folder / f"{sequence:010d}-{visit_id}.age").write_bytes(visit_id.bytes * 40)
        tries = tries_for(uplink, sample.clock, HOUR)
        assert len(tries) <= MOST_TRIES
        assert line.connections <= 2 * MOST_TRIES, "news and one envelope for each try"
        assert (len(outbox.waiting()), asked) == (backlog, [])

        faults.append(None)
        uplink.step()
    assert outbox.waiting() == []
    assert under_way == [0, 1]
    assert [path for method, path in asked if method == "PUT"][1:] == [f"/api/v1/envelopes/{one}" for one in ids]
    assert Counter(method for method, _ in asked) == {"PUT": backlog + 1, "PATCH": backlog, "GET": 2}, (
        "publication, sound"
    )
    print(f"{backlog} envelopes: {len(tries)} tries in an hour away, then {len(asked)} requests, one at a time")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_server_in_trouble_is_asked_little_and_a_backlog_drains_when_it_is_well(
    sample: SampleLibrary, app: Flask, tmp_path: Path
) -> None:
    asked: list[str] = []
    full = [True]

    def begin() -> None:
        asked.append(request.path)
        if full and "/envelopes/" in request.path:
            raise StorageFull("no room for any envelope")

    app.before_request(begin)
    with serving(app, Quiet) as server:
        token = Token(kiosk_id=sample.kiosk_id, token=sample.token)
        uplink = create_uplink(tmp_path / "pole", ServerClient(server), sample.clock, token, seed=5)
        outbox = Outbox(tmp_path / "pole" / "outbox")
        ids = [new_id() for _ in range(50)]
        for sequence, visit_id in enumerate(ids, 1):
            (outbox.folder / f"{sequence:010d}-{visit_id}.age").write_bytes(visit_id.bytes * 40)
        tries = tries_for(uplink, sample.clock, HOUR)
        assert len(tries) <= MOST_TRIES
        tried = Counter(path for path in asked if "/envelopes/" in path)
        assert (tried.total(), len(tried)) == (len(tries) * MOST_TROUBLES, len(ids)), "each has its turn"
        full.clear()
        uplink.step()
    assert outbox.waiting() == []


class Away(ServerClient):
    """A server that is away."""

    def check_in(self, *_: Any) -> Any:
        raise ServerUnreachable("away")


class Home(ServerClient):
    """A server without news."""

    def check_in(self, *_: Any) -> Assignment:
        return Assignment(
            kiosk_id=new_id(),
            branch="Roden",
            publication=None,
            publication_sha256=None,
            public_key="",
            public_url=None,
            server_time=NOW,
        )


def crowd(moments: list[float], seconds: float = 2.0) -> int:
    """Return how many of these fall within two seconds, at the worst."""
    return max(sum(at <= other < at + seconds for other in moments) for at in moments)


def first_tries_after(seconds: float, folder: Path, client: ServerClient, seeds: list[int]) -> list[float]:
    """Let poles begin at one moment; return when each tries first after so many seconds."""
    found = []
    for number, seed in enumerate(seeds):
        clock = HandClock()
        token = Token(kiosk_id=new_id(), token="t")
        uplink = create_uplink(folder / str(number), client, clock, token, seed)
        tries_for(uplink, clock, seconds)
        found.append(clock.monotonic())
    return found


def test_poles_that_lost_the_server_together_do_not_come_back_together(tmp_path: Path) -> None:
    moments = first_tries_after(HOUR, tmp_path, Away("http://127.0.0.1:9"), list(range(POLES)))
    assert crowd(moments) <= 4


def test_poles_that_were_switched_on_together_do_not_ask_together(tmp_path: Path) -> None:
    moments = first_tries_after(HOUR / 6, tmp_path, Home("http://127.0.0.1:9"), list(range(POLES)))
    assert crowd(moments) <= 6


def test_poles_in_lock_step_are_caught(tmp_path: Path) -> None:
    moments = first_tries_after(HOUR, tmp_path, Away("http://127.0.0.1:9"), [1] * POLES)
    assert crowd(moments) == POLES

"""The server's door: every route has a rule, and the rule holds."""

from __future__ import annotations

import hashlib
import io
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from uuid import UUID, uuid4

import pytest
import requests
from flask import Flask, request
from sqlalchemy import update
from werkzeug.middleware.proxy_fix import ProxyFix

from kiosk.outbox import Outbox
from kiosk.server_client import ServerClient
from kiosk.shelf import Token
from server import door
from server.door import RULES, UNCOUNTED, Who, asking_address, rule_of, unruled
from server.extensions import limiter
from server.intake.envelopes import Intake
from server.intake.quota import Quota
from server.pipeline.discard import discard
from server.pipeline.janitor import Janitor
from server.privacy.belief import trust
from server.tables import EnvelopeRow, EnvelopeState
from tests.door.makers import routes
from tests.makers import SampleLibrary, create_kiosk
from tests.resilience.test_backlog import create_uplink
from tests.serving import serving
from tests.web import WebUser
from vertelpaal.errors import NotAllowed, Throttled
from vertelpaal.identifiers import new_id

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_every_route_has_a_rule_and_the_reverse(app: Flask) -> None:
    assert unruled(app) == set()


def test_a_route_without_a_rule_is_found_and_answers_nobody(app: Flask, sanne: WebUser) -> None:
    """The control: a route that somebody added and forgot to write a rule for."""
    app._got_first_request = False
    app.add_url_rule("/nieuw", endpoint="review.new", view_func=lambda: "words of a visitor")
    assert unruled(app) == {"review.new"}
    answer = sanne.opens("/nieuw")
    assert answer.status_code == 401
    assert "words of a visitor" not in answer.get_data(as_text=True)
    with pytest.raises(NotAllowed):
        rule_of("review.new")


def test_what_anybody_may_reach_is_a_short_list(app: Flask) -> None:
    """Whoever lengthens it changes this test as well."""
    endpoints = {asked.route.endpoint for asked in routes(app)}
    assert {endpoint for endpoint in endpoints if rule_of(endpoint).who is Who.ANYBODY} == {
        *("static", "house.style", "house.vendor", "house.health"),
        *("staff.sign_in_page", "staff.sign_in_form", "withdrawal.page", "withdrawal.form"),
        *("withdrawal.access_page", "withdrawal.access_form"),
        *("intake.pairings", "intake.pairings_token"),
    }


def test_nobody_gets_further_than_the_rule_says(app: Flask, stranger: WebUser) -> None:
    """Every route and method is asked by a stranger; a form of ours is not even looked for."""
    for asked in routes(app):
        answer = stranger.client.open(asked.path, method=asked.method, headers={"Accept": "application/json"})
        if rule_of(asked.route.endpoint).who is not Who.ANYBODY:
            assert answer.status_code in (400, 401), f"{asked.method} {asked.path}: {answer.status_code}"
        assert answer.status_code < 500, f"{asked.method} {asked.path}"


def test_no_body_is_larger_than_its_rule(app: Flask, sanne: WebUser, sample: SampleLibrary) -> None:
    token = {"Authorization": f"Bearer {sample.token}"}
    for asked in routes(app):
        limit = rule_of(asked.route.endpoint).body
        over = sanne.client.open(asked.path, method=asked.method, data=b"x" * (limit + 1), headers=token)
        assert over.status_code == 413, f"{asked.method} {asked.path}: {over.status_code}"
        if limit:
            fits = sanne.client.open(asked.path, method=asked.method, data=b"x" * limit, headers=token)
            assert fits.status_code != 413, f"{asked.method} {asked.path}"


@pytest.mark.parametrize("path", ["/intrekken", "/inloggen", "/api/v1/pairings/token"])
def test_a_body_that_lies_about_its_length_or_keeps_it_is_refused(app: Flask, path: str) -> None:
    with serving(app) as url:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = requests.post(url + path, data=io.BytesIO(b"code=" + b"x" * 20_000), headers=form, timeout=10)
        in_pieces = (b"code=" if piece == 0 else b"x" * 1000 for piece in range(20))
        chunked = requests.post(url + path, data=in_pieces, headers=form, timeout=10)
    assert (answer.status_code, chunked.status_code) == (413, 413)


def test_the_rates_are_those_of_the_rules(app: Flask, stranger: WebUser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every route is asked once more than a rule of two in a minute allows."""
    strict = MappingProxyType({endpoint: replace(rule, rate="2/minute") for endpoint, rule in RULES.items()})
    monkeypatch.setattr(door, "RULES", strict)
    for asked in routes(app):
        if RULES[asked.route.endpoint].rate == UNCOUNTED:
            continue
        limiter.reset()
        codes = [stranger.client.open(asked.path, method=asked.method).status_code for _ in range(3)]
        assert 429 not in codes[:2], f"{asked.method} {asked.path}: {codes}"
        assert codes[2] == 429, f"{asked.method} {asked.path}: {codes}"


def test_a_pole_has_a_rate_of_its_own(app: Flask, stranger: WebUser, monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(RULES["intake.status"], pole_rate="2/minute")
    monkeypatch.setattr(door, "RULES", MappingProxyType({**RULES, "intake.status": few}))

    def asks(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return stranger.client.put("/api/v1/status", data=b"{}", headers=headers).status_code

    assert [asks("one"), asks("one"), asks("one")] == [401, 401, 429]
    assert asks("another pole in the same branch") == 401


def test_a_stranger_cannot_choose_the_address_that_is_counted(app: Flask) -> None:
    """Without a proxy of ours nobody's word is believed; behind one only the word of that one."""

    def counted(forwarded: str, proxies: int) -> str:
        found: list[str] = []

        def inside(environ: dict[str, object], _start: object) -> list[bytes]:
            with app.request_context(environ):
                found.append(asking_address())
            return []

        seen = ProxyFix(inside, x_for=proxies) if proxies else inside
        environ = app.test_request_context("/", headers={"X-Forwarded-For": forwarded}).request.environ
        environ["REMOTE_ADDR"] = "192.0.2.1"
        seen(environ, lambda *_: None)  # type: ignore[arg-type]
        return found[0]

    assert counted("203.0.113.9", proxies=0) == "192.0.2.1"
    assert counted("203.0.113.9, 198.51.100.7", proxies=1) == "198.51.100.7"


def test_the_server_believes_a_proxy_only_when_it_is_told_to(app: Flask, stranger: WebUser) -> None:
    for number in range(21):
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        last = stranger.client.post("/api/v1/pairings", headers=headers)
    assert last.status_code == 429


def test_a_household_with_a_network_of_addresses_is_one(app: Flask) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}):
        one = asking_address()
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "2001:db8:1:2:ffff::1"}):
        assert request.remote_addr != "2001:db8:1:2:3:4:5:6"
        assert asking_address() == one
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "2001:db8:1:3::1"}):
        assert asking_address() != one


@pytest.mark.parametrize(
    "quota",
    [Quota(unfinished=3), Quota(envelopes_a_day=3), Quota(bytes_a_day=35)],
    ids=["unfinished", "envelopes", "bytes"],
)
def test_a_pole_brings_no_more_than_its_quota(sample: SampleLibrary, quota: Quota) -> None:
    intake = Intake(sample.database, sample.folders.intake, sample.clock, quota=quota)
    visits = [new_id() for _ in range(4)]
    for visit in visits[:3]:
        intake.declare(visit, sample.kiosk_id, 10, "0" * 64)
    with pytest.raises(Throttled):
        intake.declare(visits[3], sample.kiosk_id, 10, "0" * 64)
    assert intake.declare(visits[0], sample.kiosk_id, 10, "0" * 64).offset == 0, "what began goes on"


def test_the_quota_leaves_room_for_weeks_of_visits(sample: SampleLibrary) -> None:
    """Another pole is not held up by one that is at its end, and a new day begins anew."""
    intake = Intake(sample.database, sample.folders.intake, sample.clock, quota=Quota(envelopes_a_day=1))
    data = b"sealed"
    first = new_id()
    intake.declare(first, sample.kiosk_id, len(data), hashlib.sha256(data).hexdigest())
    intake.append(first, sample.kiosk_id, 0, [data])
    with pytest.raises(Throttled):
        intake.declare(uuid4(), sample.kiosk_id, 10, "0" * 64)
    sample.clock.forward(24 * 3600 + 1)
    assert intake.declare(uuid4(), sample.kiosk_id, 10, "0" * 64).offset == 0


ENVELOPE = b"sealed by who has a token"
ROOM_FOR = 3


def create_full_intake(sample: SampleLibrary) -> Intake:
    """Return an intake on a disk of which a pole may fill so much that three envelopes go into it."""
    share = (ROOM_FOR + 0.5) * len(ENVELOPE) / shutil.disk_usage(sample.folders.intake).total
    return Intake(sample.database, sample.folders.intake, sample.clock, quota=Quota(share_of_disk=share))


def bring(intake: Intake, kiosk_id: UUID) -> UUID:
    visit_id = new_id()
    intake.declare(visit_id, kiosk_id, len(ENVELOPE), hashlib.sha256(ENVELOPE).hexdigest())
    intake.append(visit_id, kiosk_id, 0, [ENVELOPE])
    return visit_id


def test_what_waits_unopened_of_one_pole_fills_no_disk(sample: SampleLibrary) -> None:
    """Received, begun or put aside: it counts until it is opened, or its time is over."""
    assert Quota().share_of_disk == 0.25
    intake, another = create_full_intake(sample), create_kiosk(sample)
    first = bring(intake, sample.kiosk_id)
    bring(intake, sample.kiosk_id)
    begun = new_id()
    intake.declare(begun, sample.kiosk_id, len(ENVELOPE), "0" * 64)
    with pytest.raises(Throttled, match="waits of this pole"):
        bring(intake, sample.kiosk_id)
    assert intake.declare(begun, sample.kiosk_id, len(ENVELOPE), "0" * 64).offset == 0, "what began goes on"
    bring(intake, another)
    sample.unpacker.unpack(first)
    with sample.database.transaction() as session:
        assert session.get_one(EnvelopeRow, first).state == EnvelopeState.QUARANTINED
    with pytest.raises(Throttled, match="waits of this pole"):
        bring(intake, sample.kiosk_id)
    with sample.database.transaction() as session:
        session.get_one(EnvelopeRow, first).state = EnvelopeState.PROCESSED
    second = bring(intake, sample.kiosk_id)
    sample.unpacker.unpack(second)
    sample.clock.forward(timedelta(days=91).total_seconds())
    with pytest.raises(Throttled, match="waits of this pole"):
        bring(intake, sample.kiosk_id)  # its time is over, and it lies there still
    with sample.database.transaction() as session:
        trust(session, sample.clock.now())
    Janitor(sample.database, sample.folders, sample.clock, quarantine_days=90).clean()
    bring(intake, sample.kiosk_id)


def test_what_was_put_aside_without_bytes_or_is_discarded_takes_nothing_of_the_disk(sample: SampleLibrary) -> None:
    intake = create_full_intake(sample)
    lost, aside, _ = (bring(intake, sample.kiosk_id) for _ in range(ROOM_FOR))
    sample.folders.sealed(lost).unlink()
    sample.unpacker.unpack(lost)
    sample.unpacker.unpack(aside)
    bring(intake, sample.kiosk_id)
    with pytest.raises(Throttled, match="waits of this pole"):
        bring(intake, sample.kiosk_id)
    assert discard(sample.database, sample.folders, aside, sample.clock)
    bring(intake, sample.kiosk_id)


def test_a_pole_that_is_told_to_wait_keeps_its_envelopes_and_asks_later(
    sample: SampleLibrary, app: Flask, tmp_path: Path
) -> None:
    app.extensions["intake"] = intake = create_full_intake(sample)
    for _ in range(ROOM_FOR):
        bring(intake, sample.kiosk_id)
    token = Token(kiosk_id=sample.kiosk_id, token=sample.token)
    visit_id = new_id()
    with serving(app) as url:
        asked = {"length": len(ENVELOPE), "sha256": "0" * 64}
        headers = {"Authorization": f"Bearer {sample.token}"}
        told = requests.put(f"{url}/api/v1/envelopes/{visit_id}", json=asked, headers=headers, timeout=30)
        assert (told.status_code, told.headers["Retry-After"]) == (429, "600")
        assert "waits of this pole to be opened" in told.json()["error"]["message"]

        uplink = create_uplink(tmp_path / "pole", ServerClient(url), sample.clock, token, seed=5)
        outbox = Outbox(tmp_path / "pole" / "outbox")
        (outbox.folder / f"{1:010d}-{visit_id}.age").write_bytes(ENVELOPE)
        uplink.step()
        assert [one.visit_id for one in outbox.waiting()] == [visit_id], "it is kept"
        assert uplink.status().refused == 0, "and not given up"
        with sample.database.transaction() as session:
            session.execute(update(EnvelopeRow).values(state=EnvelopeState.PROCESSED))
        uplink.step()
        assert outbox.waiting() == []

"""Both doors are asked everything that their OpenAPI description allows, and much that it does not."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from schemathesis.core.failures import FailureGroup

import kiosk.openapi
import server.openapi
from kiosk.app import create_app as create_pole
from kiosk.config import KioskSettings
from kiosk.shelf import Shelf
from kiosk.take import Takes
from server.extensions import limiter
from tests.door.fuzz import Shown, Tally, fuzz
from tests.door.makers import routes
from tests.makers import HandClock, SampleLibrary, create_visit
from tests.media import filmed_recording
from tests.web import WebUser
from vertelpaal.identifiers import new_id
from vertelpaal.openapi import to_text
from vertelpaal.visit import Way

QUICK, LONG = 2, 40
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
AT_THE_POLE = Shown({"Host": "127.0.0.1:8077"})
OPEN_TO_ALL = ("intake.pairings", "withdrawal.page", "withdrawal.access_page")
ENDS_THE_SESSION = frozenset({"staff.sign_out_form"})


@pytest.fixture
def unlimited(app: Flask) -> Iterator[Flask]:
    """Let one address ask as often as it likes, as the rates are shown elsewhere."""
    limiter.enabled = False
    yield app
    limiter.enabled = True


@pytest.fixture
def pole(tmp_path: Path, clock: HandClock) -> Flask:
    return create_pole(KioskSettings(home=tmp_path), clock)


def busy_pole(home: Path, clock: HandClock) -> tuple[Flask, dict[str, Any]]:
    """Return a pole with a recording in memory and a file of a publication, and what leads to them."""
    take, data, takes = new_id(), b"WEBVTT and so on", Takes()
    takes.begin(take, Way.VOICE)
    takes.append(take, 0, data)
    settings = KioskSettings(home=home)
    sha256 = hashlib.sha256(data).hexdigest()
    Shelf(settings.folder).keep_file(sha256, lambda file: file.write(data))
    return create_pole(settings, clock, takes=takes), {"take": str(take), "sha256": sha256}


def known(app: Flask, sample: SampleLibrary) -> dict[str, Any]:
    """Return what leads to something that is there: a visit with a video, and its parts."""
    recording, data = filmed_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    settings = app.extensions["vertelpaal"].settings
    for file in sample.folders.media.iterdir():
        file.rename(settings.media_folder / file.name)
    question = visit.answers[-1].question_id
    return {"visit_id": str(visit.id), "question_id": str(question), "recording_id": str(recording.id), "number": 1}


def test_every_route_of_the_server_is_described_and_the_reverse(app: Flask) -> None:
    assert {one.endpoint for one in app.url_map.iter_rules()} == set(server.openapi.OPERATIONS)
    described = {operation["operationId"] for path in _paths(server.openapi.openapi(app)) for operation in path}
    assert described == set(server.openapi.OPERATIONS)


def test_every_route_of_the_pole_is_described_and_the_reverse(pole: Flask) -> None:
    assert {one.endpoint for one in pole.url_map.iter_rules()} == set(kiosk.openapi.OPERATIONS)
    described = {operation["operationId"] for path in _paths(kiosk.openapi.openapi(pole)) for operation in path}
    assert described == set(kiosk.openapi.OPERATIONS)


@ON_SQLITE
def test_the_descriptions_in_the_docs_are_those_of_the_code(app: Flask, pole: Flask) -> None:
    written = server.openapi.PAGE.read_text(encoding="utf-8")
    assert written == to_text(server.openapi.openapi(app)), "run `python -m server.openapi`"
    written = kiosk.openapi.PAGE.read_text(encoding="utf-8")
    assert written == to_text(kiosk.openapi.openapi(pole)), "run `python -m kiosk.openapi`"


@ON_SQLITE
def test_the_docs_of_the_api_name_each_of_its_routes(app: Flask) -> None:
    page = (server.openapi.PAGE.parent.parent / "api.md").read_text(encoding="utf-8")
    told = {(method, re.sub(r"<\w+>", "<>", path)) for method, path in re.findall(r"^\| `(\w+) (/[^` ]*)`", page, re.M)}
    there = {
        (asked.method, re.sub(r"<[^>]+>", "<>", asked.route.rule.removeprefix("/api/v1")))
        for asked in routes(app)
        if asked.route.endpoint.startswith("intake.")
    }
    assert told == there


@ON_POSTGRES
@pytest.mark.usefixtures("unlimited")
def test_a_stranger_breaks_nothing(app: Flask) -> None:
    tally = fuzz(app, server.openapi.openapi(app), QUICK)
    assert tally.fits_always == {"house.health", "house.style", "house.vendor", "static", *OPEN_TO_ALL}
    _show(tally)


@ON_SQLITE
@pytest.mark.usefixtures("unlimited")
def test_who_is_inside_breaks_nothing(app: Flask, sanne: WebUser, sample: SampleLibrary) -> None:
    """With the session of a staff member and its form token, and with the token of a pole."""
    tally = fuzz(app, server.openapi.openapi(app), QUICK, _inside(sanne, sample), without=ENDS_THE_SESSION)
    assert tally.statuses.get(201, 0) + tally.statuses.get(202, 0) > 0, "it does reach the poles' part"
    assert tally.statuses.get(200, 0) > 2 * tally.statuses.get(401, 0), "it does reach the pages"
    _show(tally)


@ON_POSTGRES
@pytest.mark.usefixtures("unlimited")
def test_what_is_there_is_not_broken_either(app: Flask, sanne: WebUser, sample: SampleLibrary) -> None:
    there = known(app, sample)
    shown = _inside(sanne, sample)
    _show(fuzz(app, server.openapi.openapi(app), QUICK, shown, there, without=ENDS_THE_SESSION))
    begun = new_id()
    sample.intake.declare(begun, sample.kiosk_id, 1000, hashlib.sha256(b"x").hexdigest())
    uploads = {name for name in server.openapi.OPERATIONS if name.startswith("intake.")}
    others = frozenset(server.openapi.OPERATIONS) - uploads
    _show(fuzz(app, server.openapi.openapi(app), QUICK, shown, {"visit_id": str(begun)}, without=others))


def test_the_pole_is_not_broken(pole: Flask) -> None:
    tally = fuzz(pole, kiosk.openapi.openapi(pole), QUICK, AT_THE_POLE)
    assert tally.operations - tally.fits_always == {"take_in_memory"}, "nothing else takes more than text"
    _show(tally)


def test_what_the_pole_has_is_not_broken_either(tmp_path: Path, clock: HandClock) -> None:
    """A recording that is looked back at, and a file of the publication: whole, in parts, and in parts that are not."""
    pole, there = busy_pole(tmp_path, clock)
    _show(fuzz(pole, kiosk.openapi.openapi(pole), QUICK, AT_THE_POLE, there))
    client = pole.test_client()
    for path in (f"/take/{there['take']}", f"/files/{there['sha256']}"):
        answers = {
            part: client.get(path, headers={**AT_THE_POLE.headers, "Range": part}).status_code
            for part in ("bytes=0-", "bytes=2-4", "bytes=-3", "bytes=5-2", "bytes=99-", "bytes=0-1,3-4", "rubbish")
        }
        assert set(answers.values()) <= {200, 206, 416}, answers
        assert {answers["bytes=0-"], answers["bytes=2-4"], answers["bytes=-3"]} == {206}
        assert answers["bytes=99-"] == 416


@ON_SQLITE
@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("fault", ["a 500", "an answer that is not described", "another shape"])
def test_a_route_that_breaks_its_promise_is_found(app: Flask, fault: str) -> None:
    """The control: a fault planted in one view."""

    def answers() -> Any:
        if fault == "a 500":
            raise ValueError("planted")
        if fault == "another shape":
            return {"ok": "perhaps"}, 200
        return {"ok": True}, 299

    app.view_functions["house.health"] = answers
    with pytest.raises(FailureGroup):
        fuzz(app, server.openapi.openapi(app), 1)


@pytest.mark.proof
@pytest.mark.usefixtures("unlimited")
def test_a_long_siege(
    app: Flask, sanne: WebUser, sample: SampleLibrary, pole: Flask, tmp_path: Path, clock: HandClock
) -> None:
    described = server.openapi.openapi(app)
    _show(fuzz(app, described, LONG))
    there = known(app, sample)
    for values in ({}, there):
        _show(fuzz(app, described, LONG, _inside(sanne, sample), values, without=ENDS_THE_SESSION))
    _show(fuzz(pole, kiosk.openapi.openapi(pole), LONG, AT_THE_POLE))
    busy, there = busy_pole(tmp_path / "busy", clock)
    _show(fuzz(busy, kiosk.openapi.openapi(busy), LONG, AT_THE_POLE, there))


def _show(tally: Tally) -> None:
    print(json.dumps({"tries": tally.tries, "operations": len(tally.operations), "statuses": tally.statuses}))
    assert tally.tries >= len(tally.operations)
    assert not [status for status in tally.statuses if status >= 500 and status != 507]


def _inside(sanne: WebUser, sample: SampleLibrary) -> Shown:
    page = sanne.opens("/palen").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    cookie = sanne.client.get_cookie("vertelpaal")
    assert token is not None
    assert cookie is not None
    headers = {"X-CSRFToken": token.group(1), "Authorization": f"Bearer {sample.token}"}
    return Shown(headers, {"vertelpaal": cookie.value})


def _paths(description: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    for path in description["paths"].values():
        yield list(path.values())

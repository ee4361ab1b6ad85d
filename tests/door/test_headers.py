"""What every answer of both doors carries, and what no form, cookie or socket from elsewhere gets past."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask
from werkzeug.test import TestResponse

from kiosk.app import create_app as create_pole
from kiosk.config import KioskSettings
from server.app import create_app
from server.config import ServerSettings
from server.door import Who, rule_of
from tests.door.makers import routes
from tests.makers import WITHDRAWAL_KEY, HandClock, SampleLibrary
from tests.serving import serving
from tests.web import WebUser

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SERVER = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
POLE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
}
PUBLIC_FILES = ("/style/", "/vendor/")
KEPT_BY_THE_POLE = ("/files/", "/vendor/", "/prompts/")


@pytest.fixture
def pole(tmp_path: Path, clock: HandClock) -> Flask:
    return create_pole(KioskSettings(home=tmp_path), clock)


@pytest.fixture
def secure(sample: SampleLibrary, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Return the server as it stands in a library: behind TLS, with a public address."""
    settings = ServerSettings(
        home=tmp_path / "secure",
        secret_key="s" * 40,
        withdrawal_key=WITHDRAWAL_KEY.decode(),
        database_url=database_url,
        public_url="https://vertelpaal.bieb.example/",
    )
    app = create_app(settings, lambda: str(sample.identity.to_public()), sample.clock)
    yield app
    app.extensions["vertelpaal"].database.engine.dispose()


def is_strict(answer: TestResponse) -> bool:
    """Return whether the policy of an answer lets nothing of others in and nothing inline run."""
    policy = answer.headers["Content-Security-Policy"]
    first = policy.partition(";")[0]
    return "unsafe" not in policy and "*" not in policy and first in ("default-src 'self'", "default-src 'none'")


@ON_SQLITE
def test_every_answer_of_the_server_carries_the_list(app: Flask, sanne: WebUser, stranger: WebUser) -> None:
    for who in sanne, stranger:
        for asked in routes(app):
            answer = who.client.open(asked.path, method=asked.method)
            where = f"{asked.method} {asked.path}"
            assert {name: answer.headers.get(name) for name in SERVER} == SERVER, where
            assert is_strict(answer), where
            assert answer.headers["Cache-Control"] == "no-store" or asked.path.startswith(PUBLIC_FILES), where
            assert "Access-Control-Allow-Origin" not in answer.headers, where


def test_every_answer_of_the_pole_carries_the_list(pole: Flask) -> None:
    for asked in routes(pole):
        answer = pole.test_client().open(asked.path, method=asked.method, base_url="http://127.0.0.1:8077")
        assert {name: answer.headers.get(name) for name in POLE} == POLE, asked.path
        assert is_strict(answer), asked.path
        assert answer.headers.get("Cache-Control") == "no-store" or asked.path.startswith(KEPT_BY_THE_POLE), asked.path


def test_the_pole_takes_no_body_and_no_other_name(pole: Flask) -> None:
    for asked in routes(pole):
        client = pole.test_client()
        assert client.open(asked.path, base_url="http://127.0.0.1:8077", data=b"x").status_code == 413, asked.path
        for elsewhere in ("http://elders.example:8077", "http://127.0.0.1.elders.example:8077", "http://[::1]:8077"):
            assert client.open(asked.path, base_url=elsewhere).status_code == 403, asked.path


@ON_SQLITE
def test_no_change_without_the_token_of_a_form_of_ours(app: Flask, sanne: WebUser) -> None:
    changes = [asked for asked in routes(app) if asked.method != "GET" and not asked.path.startswith("/api/")]
    assert len(changes) >= 8
    for asked in changes:
        answer = sanne.client.open(asked.path, method=asked.method, data={})
        assert answer.status_code == 400, asked.path
        forged = sanne.client.open(asked.path, method=asked.method, data={"csrf_token": "of another session"})
        assert forged.status_code == 400, asked.path


@ON_SQLITE
def test_a_session_opens_no_door_of_the_poles_and_a_token_none_of_staff(
    app: Flask, sanne: WebUser, sample: SampleLibrary
) -> None:
    for asked in routes(app):
        who = rule_of(asked.route.endpoint).who
        if who is Who.POLE:
            assert sanne.client.open(asked.path, method=asked.method).status_code == 401, asked.path
        if who is Who.STAFF and asked.method == "GET":
            shown = {"Authorization": f"Bearer {sample.token}", "Accept": "application/json"}
            assert app.test_client().get(asked.path, headers=shown).status_code == 401, asked.path


@ON_SQLITE
def test_the_cookie_is_bound_to_this_host_and_to_tls(secure: Flask) -> None:
    answer = secure.test_client().get("/inloggen", base_url="https://vertelpaal.bieb.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-vertelpaal=")
    parts = {part.strip() for part in cookie.split(";")}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts
    assert not any(part.startswith("Domain") for part in parts)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@ON_SQLITE
def test_the_live_line_takes_no_page_from_elsewhere(secure: Flask, app: Flask, sanne: WebUser) -> None:
    cookie = sanne.client.get_cookie("vertelpaal")
    assert cookie is not None
    with serving(app) as url:
        for origin, status in (("https://elders.example", 400), ("null", 400)):
            headers = {"Origin": origin, "Cookie": f"vertelpaal={cookie.value}"}
            answer = requests.get(f"{url}/socket.io/?EIO=4&transport=websocket", headers=headers, timeout=5)
            assert answer.status_code == status, origin
        without = requests.get(f"{url}/socket.io/?EIO=4&transport=websocket", timeout=5)
        assert without.status_code == 401, "who names no origin needs a session all the same"
    engine = secure.extensions["socketio"].server.eio
    assert engine.cors_allowed_origins == ["https://vertelpaal.bieb.example"]


@ON_SQLITE
def test_a_method_that_a_route_has_not_is_told_which_there_are(app: Flask, sample: SampleLibrary) -> None:
    answer = app.test_client().delete("/api/v1/pairings", headers={"Authorization": f"Bearer {sample.token}"})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.get_json()["error"]["code"] == "method_not_allowed"


def test_secrets_are_looked_up_by_a_hash_and_never_compared_letter_by_letter() -> None:
    """By inspection: no code of ours puts a token, code or hash beside another with ==, but where both are public.

    A look-up by SHA-256 or HMAC tells nothing by its time: who does not know the secret cannot choose its hash.
    """
    secret = re.compile(
        r"(token|device_code|withdrawal|code_hash|password|secret)\w*\s*[!=]=|[!=]=\s*\w*(token|secret)"
    )
    compared = []
    for part in "server", "kiosk", "vertelpaal":
        for module in Path(__file__).parents[2].joinpath(part).rglob("*.py"):
            for number, text in enumerate(module.read_text(encoding="utf-8").splitlines(), start=1):
                if secret.search(text):
                    compared.append((module.name, text.strip(), number))
    marks = "select(", ".where(", "delete(", "Row."
    in_the_database = [text for _, text, _ in compared if any(mark in text for mark in marks)]
    others = [one for one in compared if one[1] not in in_the_database]
    assert [(name, text) for name, text, _ in others] == []
    assert len(in_the_database) >= 3, "the inspection does see the look-ups"

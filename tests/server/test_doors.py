"""Who may reach what: nothing without a session or a token, but for a short list."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from server.door import Who, rule_of
from server.staff.operations import FREE_TRIES, disable_staff
from server.staff.passwords import PasswordHash
from server.tables import StaffRow
from tests.makers import SampleLibrary, create_visit
from tests.media import filmed_recording
from tests.web import EMAIL, PASSWORD, WebUser

EXAMPLE_VALUES = {
    "name": "x",
    "filename": "x",
    "sha256": "0" * 64,
    "number": 1,
    "form": "json",
    "visit_id": uuid4(),
    "question_id": uuid4(),
    "recording_id": uuid4(),
    "kiosk_id": uuid4(),
    "activity_id": uuid4(),
}


def test_no_page_without_a_session(app: Flask, stranger: WebUser) -> None:
    """Every route that exists is asked by a stranger; only the listed ones answer."""
    asked = 0
    with app.test_request_context():
        routes = [rule for rule in app.url_map.iter_rules() if rule_of(rule.endpoint).who is not Who.ANYBODY]
        adapter = app.url_map.bind("localhost")
        paths = [
            (rule, adapter.build(rule.endpoint, {name: EXAMPLE_VALUES[name] for name in rule.arguments}, method=method))
            for rule in routes
            for method in (rule.methods or set()) & {"GET"}
        ]
    for rule, path in paths:
        page = stranger.opens(path)
        script = stranger.client.get(path, headers={"Accept": "application/json"})
        asked += 1
        if rule.endpoint.startswith("intake."):
            assert page.status_code == 401, path
        else:
            assert page.status_code == 302, path
            assert page.headers["Location"].startswith("/inloggen"), path
        assert script.status_code == 401, path
    assert asked > 12


def test_no_change_without_a_session_or_a_form_of_ours(app: Flask, stranger: WebUser, sanne: WebUser) -> None:
    activities, desk = ("/activiteiten", f"/activiteiten/{uuid4()}/stop"), f"/intrekken/balie/{uuid4()}"
    for path in ("/palen", f"/palen/{uuid4()}/intrekken", *activities, desk, "/uitloggen"):
        assert stranger.client.post(path, data={}).status_code in (400, 401), path
        assert sanne.client.post(path, data={}).status_code == 400, f"{path} without its token"


def test_signing_in_and_out(stranger: WebUser) -> None:
    assert stranger.opens("/antwoorden").status_code == 302
    assert stranger.signs_in().headers["Location"] == "/antwoorden"
    assert stranger.opens("/antwoorden").status_code == 200
    assert stranger.sends("/uitloggen", {}, page="/antwoorden").status_code == 302
    assert stranger.opens("/antwoorden").status_code == 302


def test_a_cookie_from_before_signing_out_opens_nothing(app: Flask, sanne: WebUser) -> None:
    cookie = sanne.client.get_cookie("vertelpaal")
    assert cookie is not None
    sanne.sends("/uitloggen", {}, page="/antwoorden")
    thief = app.test_client()
    thief.set_cookie("vertelpaal", cookie.value)
    assert thief.get("/antwoorden", headers={"Accept": "text/html"}).status_code == 302


def test_signing_in_gives_a_new_session(stranger: WebUser) -> None:
    stranger.opens("/inloggen")
    before = stranger.client.get_cookie("vertelpaal")
    stranger.signs_in()
    first = stranger.client.get_cookie("vertelpaal")
    assert first is not None
    assert before is None or before.value != first.value
    assert first.http_only
    assert first.same_site == "Lax"
    assert first.path == "/"


def test_wrong_passwords_slow_down_this_account_only(stranger: WebUser, sample: SampleLibrary) -> None:
    for _ in range(FREE_TRIES):
        assert stranger.signs_in(password="verkeerd wachtwoord").status_code == 401
    assert stranger.signs_in().status_code == 429, "the right password has to wait as well"
    assert stranger.signs_in(email="ander@bibliotheek.example").status_code == 401
    sample.clock.forward(60)
    assert stranger.signs_in().status_code == 302


def test_a_hundred_wrong_tries_still_have_to_wait(stranger: WebUser, sample: SampleLibrary) -> None:
    with sample.database.transaction() as session:
        session.scalars(select(StaffRow)).one().wrong_tries = 2000
    assert stranger.signs_in(password="verkeerd wachtwoord").status_code == 401
    assert stranger.signs_in().status_code == 429
    sample.clock.forward(16 * 60)
    assert stranger.signs_in().status_code == 302


def test_a_page_that_refreshes_itself_does_not_keep_a_session(sanne: WebUser, sample: SampleLibrary) -> None:
    for _ in range(7):
        sample.clock.forward(600)
        sanne.client.get("/antwoorden", headers={"Accept": "text/html", "X-By-Itself": "1"})
    assert sanne.opens("/antwoorden").status_code == 302


def test_a_password_is_hashed_at_the_cost_that_rfc_9106_recommends() -> None:
    assert PasswordHash.of(PASSWORD).text.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_unknown_addresses_and_wrong_passwords_look_the_same(stranger: WebUser) -> None:
    unknown = stranger.signs_in(email="niemand@bibliotheek.example")
    wrong = stranger.signs_in(password="verkeerd wachtwoord")
    assert unknown.status_code == wrong.status_code == 401
    assert "klopt niet" in unknown.get_data(as_text=True)


def test_a_session_ends_when_idle_when_old_and_when_the_account_is_closed(
    app: Flask, sanne: WebUser, sample: SampleLibrary
) -> None:
    sample.clock.forward(timedelta(minutes=61).total_seconds())
    assert sanne.opens("/antwoorden").status_code == 302
    sanne.signs_in()
    for _ in range(13):
        sample.clock.forward(timedelta(minutes=58).total_seconds())
        sanne.opens("/antwoorden")
    assert sanne.opens("/antwoorden").status_code == 302
    sanne.signs_in()
    with sample.database.transaction() as session:
        disable_staff(session, EMAIL, sample.clock.now())
    assert sanne.opens("/antwoorden").status_code == 302
    assert sanne.signs_in().status_code == 401


def test_a_session_of_a_clock_that_leapt_ends_with_the_leap(sanne: WebUser, sample: SampleLibrary) -> None:
    """Otherwise it would go on until that year, however long nobody uses it."""
    sample.clock.forward(timedelta(days=366).total_seconds())
    sanne.signs_in()
    assert sanne.opens("/antwoorden").status_code == 200
    sample.clock.forward(-timedelta(days=366).total_seconds())
    assert sanne.opens("/antwoorden").status_code == 302


@pytest.mark.parametrize("target", ["https://elders.example/", "//elders.example", "/\\elders.example"])
def test_signing_in_never_leads_to_another_site(stranger: WebUser, target: str) -> None:
    form = {"email": EMAIL, "password": PASSWORD}
    sent = stranger.sends(f"/inloggen?naar={target}", form, page="/inloggen")
    assert sent.headers["Location"] == "/antwoorden"


def test_media_and_poster_need_a_session(app: Flask, stranger: WebUser, sanne: WebUser, sample: SampleLibrary) -> None:
    recording, data = filmed_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    settings = app.extensions["vertelpaal"].settings
    for file in sample.folders.media.iterdir():
        file.rename(settings.media_folder / file.name)
    for path in (f"/media/{recording.id}", f"/media/{recording.id}/poster"):
        assert stranger.opens(path).status_code == 302
        seen = sanne.opens(path)
        assert seen.status_code == 200
        assert seen.headers["Cache-Control"] == "no-store"
        assert "sandbox" in seen.headers["Content-Security-Policy"]
        assert seen.headers["X-Content-Type-Options"] == "nosniff"


def test_every_page_is_hardened(sanne: WebUser) -> None:
    for path in (
        *("/antwoorden", "/activiteiten", "/quarantaine", "/palen", "/rapport"),
        *("/intrekken", "/intrekken/balie", "/inzien", "/bestaat-niet"),
    ):
        page = sanne.opens(path)
        policy = page.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Cache-Control"] == "no-store"
        text = page.get_data(as_text=True)
        assert " style=" not in text, f"{path} has a style that its own policy forbids"
        assert "<script>" not in text


def test_errors_say_nothing_of_the_inside(app: Flask, sanne: WebUser) -> None:
    def fails() -> str:
        raise RuntimeError("a secret of the inside")

    app.view_functions["review.quarantine"] = fails
    page = sanne.opens("/quarantaine")
    assert page.status_code == 500
    assert "secret" not in page.get_data(as_text=True)


@pytest.mark.parametrize(
    "query",
    [
        "vraag=geen-uuid",
        "van=gisteren",
        "stand=weg",
        "pagina=veel",
        "tot=2026-99-99",
        "tot=9999-12-31",
        "van=0001-01-01",
    ],
)
def test_a_filter_that_makes_no_sense_is_told(sanne: WebUser, query: str) -> None:
    assert sanne.opens(f"/antwoorden?{query}").status_code == 422


def test_the_public_page_takes_a_visit_back(stranger: WebUser, sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.deliver(visit)
    assert visit.withdrawal_code is not None
    known = stranger.sends("/intrekken", {"code": visit.withdrawal_code})
    assert known.status_code == 200
    from vertelpaal.withdrawal import new_code

    unknown = stranger.sends("/intrekken", {"code": new_code()})
    assert known.get_data() == unknown.get_data(), "nobody learns whether a code exists"
    for shown in (stranger.opens("/intrekken"), known):
        assert "De smileys en keuzes die je aanraakte, blijven meetellen." in shown.get_data(as_text=True)
    assert stranger.sends("/intrekken", {"code": "ABC"}).status_code == 422
    codes = [stranger.sends("/intrekken", {"code": new_code()}).status_code for _ in range(12)]
    assert 429 in codes

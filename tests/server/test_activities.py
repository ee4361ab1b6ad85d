"""Activities: planned by staff, told to the poles that they concern, shown with the answers that belong to them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.activities.dutch import read_moment, spell_span
from server.activities.operations import CODES, FURTHEST, LONGEST_NAME, Plan, end_early, plan
from server.activities.queries import find_place, places, programme
from server.reports.export import export_answers
from server.staff.operations import add_staff
from server.staff.passwords import PasswordHash
from server.tables import ActivityRow, BranchRow, KioskRow, StaffRow
from tests.makers import HOURS, NOW, SampleLibrary, create_kiosk, create_visit
from tests.web import WebUser
from vertelpaal.assignment import Assignment
from vertelpaal.errors import Conflict, InvalidInput, NotFound
from vertelpaal.identifiers import new_id
from vertelpaal.words import Slug

ONE_HOUR = timedelta(hours=1)


def find_planner(session: Session) -> UUID:
    """Return the staff member who plans; there is one in every library."""
    found = session.scalar(select(StaffRow.id))
    return found or add_staff(session, "sanne@bibliotheek.example", "Sanne", PasswordHash("the hash of Sanne"), NOW).id


def create_activity(
    sample: SampleLibrary,
    name: str = "Taalcafé",
    *,
    branch: str = "roden",
    kiosk: UUID | None = None,
    starts_at: datetime = NOW,
    ends_at: datetime | None = None,
    choose: str | None = None,
) -> ActivityRow:
    """Plan an activity of an hour that begins now, at every pole of Roden by its code."""
    with sample.database.transaction() as session:
        wanted = Plan(
            name=name,
            branch=session.scalars(select(BranchRow).where(BranchRow.slug == branch)).one(),
            kiosk=session.get_one(KioskRow, kiosk) if kiosk else None,
            starts_at=starts_at,
            ends_at=ends_at or starts_at + ONE_HOUR,
        )
        planner = find_planner(session)
        session.flush()
        now = sample.clock.now()
        return plan(session, wanted, planner, now, lambda free: choose or free[0])


def names(sample: SampleLibrary) -> tuple[list[str], list[str]]:
    """Return what goes on and what comes, by name."""
    with sample.database.reading() as session:
        found = programme(session, sample.clock.now())
        return [one.activity.name for one in found.going_on], [one.activity.name for one in found.coming]


def test_an_activity_goes_on_from_its_begin_until_its_end(sample: SampleLibrary) -> None:
    create_activity(sample, "Voorlezen", starts_at=NOW + ONE_HOUR)
    assert names(sample) == ([], ["Voorlezen"])
    sample.clock.forward(3600)
    assert names(sample) == (["Voorlezen"], [])
    sample.clock.forward(3600)
    assert names(sample) == ([], [])


def test_two_that_overlap_in_a_branch_have_different_codes(sample: SampleLibrary) -> None:
    first = create_activity(sample)
    second = create_activity(sample, starts_at=NOW + ONE_HOUR / 2)
    elsewhere = create_activity(sample, branch="norg")
    afterwards = create_activity(sample, starts_at=NOW + 2 * ONE_HOUR)
    assert first.code == elsewhere.code == afterwards.code == CODES[0]
    assert second.code == CODES[1]


def test_no_code_has_a_zero(sample: SampleLibrary) -> None:
    assert len(set(CODES)) == 729
    assert not any("0" in code for code in CODES)


def test_when_every_code_is_in_use_it_is_told(sample: SampleLibrary) -> None:
    first = create_activity(sample)
    with sample.database.transaction() as session:
        for code in CODES[1:]:
            row = ActivityRow(id=new_id(), branch_id=first.branch_id, slug=f"s-{code}", name="x", code=code)
            row.starts_at, row.ends_at, row.created_by, row.created_at = NOW, NOW + ONE_HOUR, first.created_by, NOW
            session.add(row)
    with pytest.raises(Conflict) as refused:
        create_activity(sample)
    assert refused.value.detail["problem"] == "codes"
    assert create_activity(sample, starts_at=NOW + ONE_HOUR).code == CODES[0]


def test_one_pole_has_one_activity_at_a_time(sample: SampleLibrary) -> None:
    create_activity(sample, "Voorlezen", kiosk=sample.kiosk_id)
    with pytest.raises(Conflict) as refused:
        create_activity(sample, "Taalcafé", kiosk=sample.kiosk_id, starts_at=NOW + ONE_HOUR / 2)
    assert refused.value.detail == {"problem": "busy", "other": "Voorlezen"}
    create_activity(sample, "Taalcafé", starts_at=NOW + ONE_HOUR / 2)
    create_activity(sample, "Schrijfclub", kiosk=sample.kiosk_id, starts_at=NOW + ONE_HOUR)
    assert names(sample) == (["Voorlezen"], ["Taalcafé", "Schrijfclub"])


@pytest.mark.parametrize(
    ("problem", "name", "begins", "lasts"),
    [
        ("name", "", timedelta(), ONE_HOUR),
        ("name", " \t\n ", timedelta(), ONE_HOUR),
        ("long", "x" * (LONGEST_NAME + 1), timedelta(), ONE_HOUR),
        ("order", "Taalcafé", timedelta(), timedelta()),
        ("order", "Taalcafé", ONE_HOUR, -ONE_HOUR),
        ("past", "Taalcafé", -ONE_HOUR, 3 * ONE_HOUR),
        ("far", "Taalcafé", FURTHEST + ONE_HOUR, ONE_HOUR),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    sample: SampleLibrary, problem: str, name: str, begins: timedelta, lasts: timedelta
) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_activity(sample, name, starts_at=NOW + begins, ends_at=NOW + begins + lasts)
    assert refused.value.detail["problem"] == problem


def test_a_slug_says_what_where_and_when_and_is_given_once(sample: SampleLibrary) -> None:
    assert create_activity(sample, "  Taal-café  voor ‘iedereen’ ").slug == "taal-cafe-voor-iedereen-roden-2026-03-14"
    late = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)
    assert create_activity(sample, "Taalcafé", starts_at=late).slug == "taalcafe-roden-2026-03-15"
    assert create_activity(sample, "Taalcafé", starts_at=late).slug == "taalcafe-roden-2026-03-15-2"
    assert create_activity(sample, "مقهى").slug == "activiteit-roden-2026-03-14"
    longest = create_activity(sample, "w " * (LONGEST_NAME // 2))
    assert len(TypeAdapter(Slug).validate_python(longest.slug)) <= 60


def test_one_that_goes_on_is_stopped_and_one_that_comes_is_taken_away(sample: SampleLibrary) -> None:
    goes_on, comes = create_activity(sample, "Voorlezen"), create_activity(sample, starts_at=NOW + ONE_HOUR)
    sample.clock.forward(600)
    for activity in (goes_on, comes):
        with sample.database.transaction() as session:
            end_early(session, activity.id, sample.clock.now())
    assert names(sample) == ([], [])
    with sample.database.reading() as session:
        assert session.get_one(ActivityRow, goes_on.id).ends_at == NOW + timedelta(minutes=10)
        assert session.get(ActivityRow, comes.id) is None


def test_stopping_again_changes_nothing_and_an_unknown_one_is_told(sample: SampleLibrary) -> None:
    activity = create_activity(sample)
    sample.clock.forward(2 * 3600)
    with sample.database.transaction() as session:
        end_early(session, activity.id, sample.clock.now())
        assert session.get_one(ActivityRow, activity.id).ends_at == NOW + ONE_HOUR
        with pytest.raises(NotFound):
            end_early(session, new_id(), sample.clock.now())


def test_a_revoked_pole_is_no_place_and_two_poles_are_told_apart(sample: SampleLibrary) -> None:
    second, third = create_kiosk(sample), create_kiosk(sample)
    with sample.database.transaction() as session:
        session.get_one(KioskRow, third).last_seen_at = NOW
        found = dict(places(session, NOW))
        assert [place.pole for place in found["Roden"]] == [None, "de paal"]
        assert [place.pole for place in found["Norg"]] == [None, "paal 1 (staat uit)", "paal 2 (staat aan)"]
        session.get_one(KioskRow, second).revoked_at = NOW
        with pytest.raises(InvalidInput):
            find_place(session, str(second))
        with pytest.raises(InvalidInput):
            find_place(session, "nergens")


def assignment(app: Flask, sample: SampleLibrary) -> Assignment:
    """Ask what the pole of Roden is told, as that pole does."""
    status = {"software": "0", "queue": 0, "oldest_sequence": None, "refused": 0, "free_bytes": 1, "publication": None}
    answer = app.test_client().put("/api/v1/status", json=status, headers={"Authorization": f"Bearer {sample.token}"})
    assert answer.status_code == 200
    return Assignment.from_json(answer.get_data())


def test_a_pole_is_told_what_concerns_it(app: Flask, sample: SampleLibrary) -> None:
    create_activity(sample, "Taalcafé", choose="482")
    create_activity(sample, "Voorlezen", kiosk=sample.kiosk_id, starts_at=NOW + 35 * ONE_HOUR)
    create_activity(sample, "Te ver weg", starts_at=NOW + 38 * ONE_HOUR)
    create_activity(sample, "Elders", branch="norg")
    create_activity(sample, "Andere paal", branch="norg", kiosk=create_kiosk(sample))
    code, on_pole = assignment(app, sample).activities
    assert (code.name, code.code, code.on_pole) == ("Taalcafé", "482", False)
    assert (code.slug, code.starts_at, code.ends_at) == ("taalcafe-roden-2026-03-14", NOW, NOW + ONE_HOUR)
    assert (on_pole.name, on_pole.on_pole) == ("Voorlezen", True)
    sample.clock.forward(3600)
    assert [one.name for one in assignment(app, sample).activities] == ["Voorlezen"]


def test_what_is_set_on_another_pole_of_the_branch_is_not_told(app: Flask, sample: SampleLibrary) -> None:
    other = create_kiosk(sample)
    with sample.database.transaction() as session:
        kiosk, branch = session.get_one(KioskRow, other), session.scalars(select(BranchRow)).all()
        kiosk.branch_id = next(one.id for one in branch if one.slug == "roden")
    create_activity(sample, "Andere paal", kiosk=other)
    assert assignment(app, sample).activities == ()


def plan_form(**changes: str) -> dict[str, str]:
    """Return the form as it is sent for two hours from now."""
    return {"naam": "Taalcafé", "waar": "roden", "wanneer": "nu", "dag": "", "tijd": "", "uren": "2"} | changes


def test_staff_plan_one_see_its_code_and_stop_it(sanne: WebUser, sample: SampleLibrary) -> None:
    sent = sanne.sends("/activiteiten", plan_form())
    assert sent.status_code == 302
    page = sanne.opens(sent.headers["Location"]).get_data(as_text=True)
    with sample.database.reading() as session:
        row = session.scalars(select(ActivityRow)).one()
        assert (row.starts_at, row.ends_at) == (NOW, NOW + 2 * ONE_HOUR)
        assert session.get_one(StaffRow, row.created_by).name == "Sanne"
    assert "staat klaar" in page
    assert page.count(row.code) >= 2
    assert row.code in sanne.opens(f"/activiteiten/{row.id}").get_data(as_text=True)
    assert sanne.sends(f"/activiteiten/{row.id}/stop", {}, page="/activiteiten").status_code == 302
    assert "Er is nu geen activiteit" in sanne.opens("/activiteiten").get_data(as_text=True)


def test_a_plan_for_later_is_in_the_time_of_the_library(sanne: WebUser, sample: SampleLibrary) -> None:
    form = plan_form(waar=str(sample.kiosk_id), wanneer="later", dag="2026-03-28", tijd="22:00", uren="8")
    assert sanne.sends("/activiteiten", form).status_code == 302
    with sample.database.reading() as session:
        row = session.scalars(select(ActivityRow)).one()
    assert row.kiosk_id == sample.kiosk_id
    assert row.starts_at == datetime(2026, 3, 28, 21, tzinfo=UTC)
    assert row.ends_at - row.starts_at == timedelta(hours=8), "also in the night in which the clock changes"
    assert "elk bezoek aan deze paal hoort erbij" in sanne.opens("/activiteiten").get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"naam": " "}, "een naam"),
        ({"waar": ""}, "Kies een vestiging of een paal"),
        ({"waar": str(new_id())}, "Kies een vestiging of een paal"),
        ({"uren": "99999999"}, "hoeveel uur"),
        ({"wanneer": "later", "tijd": "09:00"}, "Kies een dag en een tijd"),
        ({"wanneer": "later", "dag": "9999-12-31", "tijd": "23:59"}, "Kies een dag en een tijd"),
        ({"wanneer": "later", "dag": "2026-03-14", "tijd": "09:00"}, "al voorbij"),
        ({"wanneer": "later", "dag": "2028-03-14", "tijd": "09:00"}, "te ver weg"),
    ],
)
def test_what_is_wrong_is_told_in_plain_words_and_nothing_typed_is_lost(
    sanne: WebUser, sample: SampleLibrary, changes: dict[str, str], told: str
) -> None:
    sent = sanne.sends("/activiteiten", plan_form(naam="Mijn <b>club</b>") | changes)
    page = sent.get_data(as_text=True)
    assert sent.status_code == 422
    assert told in page
    assert "naam" in changes or "Mijn &lt;b&gt;club&lt;/b&gt;" in page
    assert names(sample) == ([], [])


def test_a_pole_that_is_busy_is_told_with_what(sanne: WebUser, sample: SampleLibrary) -> None:
    sanne.sends("/activiteiten", plan_form(naam="Voor {other} & <i>allen</i>", waar=str(sample.kiosk_id)))
    sent = sanne.sends("/activiteiten", plan_form(waar=str(sample.kiosk_id)))
    assert sent.status_code == 409
    assert "iets anders: Voor {other} &amp; &lt;i&gt;allen&lt;/i&gt;." in sent.get_data(as_text=True)


def test_an_activity_that_is_gone_is_told(sanne: WebUser) -> None:
    assert sanne.opens(f"/activiteiten/{new_id()}").status_code == 404
    assert sanne.sends(f"/activiteiten/{new_id()}/stop", {}, page="/activiteiten").status_code == 404


@pytest.mark.parametrize(("slug", "shown"), [(None, "Taalcafé"), ("weg-roden-2025-01-01", "weg-roden-2025-01-01")])
def test_an_answer_shows_its_activity_also_one_that_is_unknown(
    sanne: WebUser, sample: SampleLibrary, slug: str | None, shown: str
) -> None:
    activity = create_activity(sample)
    visit = create_visit(sample.kiosk_id, activity=slug or activity.slug)
    sample.deliver(visit)
    page = sanne.opens(f"/antwoorden/{visit.id}/{HOURS}").get_data(as_text=True)
    assert f"Activiteit: {shown}" in page
    assert shown in sanne.opens("/antwoorden?soort=alle").get_data(as_text=True)


def test_the_export_has_the_slug(sample: SampleLibrary) -> None:
    sample.deliver(create_visit(sample.kiosk_id, activity="taalcafe-roden-2026-03-14"))
    sample.deliver(create_visit(sample.kiosk_id))
    file = io.StringIO()
    export_answers(sample.database, file, "csv", None)
    rows = csv.DictReader(io.StringIO(file.getvalue().removeprefix("\ufeff"), newline=""))
    assert sorted(row["activity"] for row in rows) == ["", "taalcafe-roden-2026-03-14"]


def test_times_are_spelled_as_people_say_them() -> None:
    now = datetime(2026, 3, 14, 12, tzinfo=UTC)
    evening = read_moment("2026-03-14", "22:00")
    assert spell_span(now, now + ONE_HOUR, now) == "vandaag van 13:00 tot 14:00 uur"
    assert spell_span(now, now + ONE_HOUR) == "zaterdag 14 maart van 13:00 tot 14:00 uur"
    assert spell_span(evening, evening + 4 * ONE_HOUR, now) == "vandaag van 22:00 tot morgen 02:00 uur"
    tuesday = read_moment("2026-03-17", "09:30")
    assert spell_span(tuesday, tuesday + ONE_HOUR, now) == "dinsdag 17 maart van 09:30 tot 10:30 uur"

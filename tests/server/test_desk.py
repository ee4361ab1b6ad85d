"""Withdrawal at the desk: three pictures lead staff to the visit, and what they do is what the code does."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy import func, select

from server.privacy.desk import DeskVisit, find_visit, find_visits, withdraw_at_desk
from server.privacy.dutch import LANGUAGES
from server.privacy.pictures import DRAWINGS, DUTCH, drawing, read_pictures
from server.privacy.withdrawal import withdraw
from server.tables import (
    AnswerRow,
    ConsentRow,
    LiveEventRow,
    RecordingRow,
    RecordingState,
    TombstoneRow,
    TranscriptRow,
    VisitRow,
)
from tests.makers import BETTER, NOW, WITHDRAWAL_KEY, SampleLibrary, create_kiosk, create_visit
from tests.media import spoken_recording
from tests.web import WebUser
from vertelpaal.errors import NotFound
from vertelpaal.identifiers import new_id
from vertelpaal.visit import SkipAnswer, Visit
from vertelpaal.withdrawal import PICTURES, keyed_hash, new_code, pictures_of
from vertelpaal.words import Language

TODAY = date(2026, 3, 14)
TEXTS = Path(__file__).parents[2] / "kiosk" / "screen" / "texts" / "nl.json"


def pictures(visit: Visit) -> tuple[str, str, str]:
    """Return what the pole showed."""
    assert visit.withdrawal_code is not None
    return pictures_of(visit.withdrawal_code)


def deliver_visit(sample: SampleLibrary, **changes: Any) -> Visit:
    """Deliver a visit to Roden that began at 12:28."""
    visit = create_visit(sample.kiosk_id, **changes)
    sample.deliver(visit)
    return visit


def look(sample: SampleLibrary, shown: tuple[str, ...], day: date = TODAY, branch: str = "roden") -> list[DeskVisit]:
    """Look for a visit as staff do."""
    with sample.database.reading() as session:
        return find_visits(session, branch, day, shown)


def create_code_with(*wanted: str) -> str:
    """Return a code whose pictures are these, in any order but theirs."""
    while True:
        code = new_code()
        if set(pictures_of(code)) == set(wanted) and pictures_of(code) != wanted:
            return code


def test_three_pictures_the_day_and_the_branch_lead_to_the_visit(sample: SampleLibrary) -> None:
    visit = deliver_visit(sample, language="en")
    for _ in range(5):
        deliver_visit(sample)
    (found,) = look(sample, pictures(visit))
    assert (found.id, found.language, found.answers, found.has_words) == (visit.id, "en", 1, False)
    assert (found.in_order, found.time_is_implausible) == (True, False)


def test_words_are_told_of_but_not_what_they_are_and_a_skip_is_no_answer(sample: SampleLibrary) -> None:
    recording, media = spoken_recording()
    spoken = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(spoken, {recording.id: media})
    skipped = create_visit(sample.kiosk_id)
    skip = SkipAnswer(question_id=BETTER, at=NOW)
    sample.deliver(skipped.model_copy(update={"answers": (*skipped.answers, skip)}))
    (found,) = look(sample, pictures(spoken))
    assert (found.answers, found.has_words) == (2, True)
    assert look(sample, pictures(skipped))[0].answers == 1


def test_wrong_pictures_another_day_and_another_branch_lead_nowhere(sample: SampleLibrary) -> None:
    visit = deliver_visit(sample)
    first, second, third = pictures(visit)
    wrong = next(name for name in PICTURES if name not in (first, second, third))
    assert look(sample, (first, second, wrong)) == []
    assert look(sample, (first, second)) == []
    assert look(sample, (first, second, third), TODAY + timedelta(days=1)) == []
    assert look(sample, (first, second, third), TODAY - timedelta(days=1)) == []
    assert look(sample, (first, second, third), branch="norg") == []
    assert look(sample, (first, second, third), branch="nergens") == []


def test_a_day_is_that_of_the_library(sample: SampleLibrary) -> None:
    midnight = NOW.replace(hour=23, minute=0)
    sample.clock.at = midnight
    visit = deliver_visit(sample, started_at=midnight, ended_at=midnight)
    assert look(sample, pictures(visit), TODAY) == []
    assert [one.id for one in look(sample, pictures(visit), TODAY + timedelta(days=1))] == [visit.id]


def test_the_same_pictures_in_another_order_come_after_the_exact_ones(sample: SampleLibrary) -> None:
    other = deliver_visit(sample, withdrawal_code=create_code_with("boat", "cat", "sun"))
    exact = deliver_visit(sample)
    with sample.database.transaction() as session:
        session.get_one(VisitRow, exact.id).pictures = "boat,cat,sun"
    assert [(one.id, one.in_order) for one in look(sample, ("boat", "cat", "sun"))] == [
        (exact.id, True),
        (other.id, False),
    ]


def test_a_visit_whose_clock_was_wrong_is_found_whatever_the_day(sample: SampleLibrary) -> None:
    long_ago = NOW - timedelta(days=4000)
    visit = deliver_visit(sample, started_at=long_ago, ended_at=long_ago)
    (found,) = look(sample, pictures(visit))
    assert found.time_is_implausible


def test_withdrawing_at_the_desk_erases_as_the_code_does(sample: SampleLibrary) -> None:
    recording, media = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: media})
    folders = (sample.folders.media, sample.folders.quarantine)
    done = withdraw_at_desk(sample.database, folders, visit.id, pictures(visit), sample.clock)
    assert (done.visit_id, done.recordings, done.was_withdrawn_before) == (visit.id, 1, False)
    assert not list(sample.folders.media.glob(f"{recording.id}.*"))
    assert look(sample, pictures(visit)) == []
    assert visit.withdrawal_code is not None
    with sample.database.reading() as session:
        row = session.get_one(VisitRow, visit.id)
        assert (row.pictures, row.age_band, row.withdrawn_at) == (None, None, sample.clock.now())
        assert session.get_one(RecordingRow, recording.id).state == RecordingState.ERASED
        assert session.get(TranscriptRow, recording.id) is None
        assert session.scalars(select(ConsentRow)).all() == []
        assert session.scalar(select(func.count()).select_from(AnswerRow)) == 2
        assert session.get_one(TombstoneRow, keyed_hash(visit.withdrawal_code, WITHDRAWAL_KEY)).visit_id == visit.id
        assert "erased" in session.scalars(select(LiveEventRow.kind).where(LiveEventRow.subject == str(visit.id))).all()
    with pytest.raises(NotFound):
        withdraw_at_desk(sample.database, folders, visit.id, pictures(visit), sample.clock)


def test_a_visit_with_other_pictures_is_not_withdrawn(sample: SampleLibrary) -> None:
    visit, other = deliver_visit(sample), deliver_visit(sample, withdrawal_code=create_code_with("boat", "cat", "sun"))
    for shown in (pictures(other), (), pictures(visit)[:2]):
        with pytest.raises(NotFound):
            withdraw_at_desk(sample.database, (), visit.id, shown, sample.clock)
    with pytest.raises(NotFound), sample.database.reading() as session:
        find_visit(session, new_id(), pictures(visit))
    with sample.database.reading() as session:
        assert session.get_one(VisitRow, visit.id).withdrawn_at is None


def test_withdrawing_by_code_forgets_the_pictures_as_well(sample: SampleLibrary) -> None:
    visit = deliver_visit(sample)
    assert visit.withdrawal_code is not None
    withdraw(sample.database, (sample.folders.media,), visit.withdrawal_code, WITHDRAWAL_KEY, sample.clock)
    assert look(sample, pictures(visit)) == []
    with sample.database.reading() as session:
        assert session.get_one(VisitRow, visit.id).pictures is None


def test_a_visit_without_a_code_has_no_pictures(sample: SampleLibrary) -> None:
    visit = deliver_visit(sample, withdrawal_code=None)
    with sample.database.reading() as session:
        assert session.get_one(VisitRow, visit.id).pictures is None


def test_the_desk_says_what_the_pole_says() -> None:
    assert dict(DUTCH) == json.loads(TEXTS.read_text(encoding="utf-8"))["pictures"]
    assert set(LANGUAGES) == set(get_args(Language))


def test_every_picture_is_drawn() -> None:
    assert {file.stem for file in DRAWINGS.glob("*.svg")} == set(PICTURES)
    for name in PICTURES:
        svg = ElementTree.fromstring(str(drawing(name)))
        assert svg.get("aria-hidden") == "true"
        assert not [part for part in svg.iter() if part.get("style") or part.get("id")], "inlined 32 to a page"


def test_only_pictures_are_read_and_each_once() -> None:
    assert read_pictures(["sun", "../secret", "sun", "cat", "<b>", "boat", "apple"]) == ("sun", "cat", "boat")


def desk(sample: SampleLibrary, shown: tuple[str, ...], branch: str = "roden") -> str:
    """Return the address of the desk with this day, branch and pictures."""
    query = [("vestiging", branch), ("dag", TODAY.isoformat()), *(("plaatje", name) for name in shown)]
    return f"/intrekken/balie?{urlencode(query)}"


def test_staff_find_a_visit_confirm_and_erase_it(app: Flask, sanne: WebUser, sample: SampleLibrary) -> None:
    visit = deliver_visit(sample)
    first = sanne.opens("/intrekken/balie").get_data(as_text=True)
    assert "Raak het eerste plaatje aan" in first
    assert all(name in first for name in DUTCH.values())
    found = sanne.opens(desk(sample, pictures(visit))).get_data(as_text=True)
    assert "14-3-2026 12:28" in found
    assert "Nederlands · 1 antwoord · zonder woorden" in found
    address = f"/intrekken/balie/{visit.id}?{urlencode([('plaatje', name) for name in pictures(visit)])}"
    assert "Dit kan niet terug" in sanne.opens(address).get_data(as_text=True)
    with sample.database.reading() as session:
        assert session.get_one(VisitRow, visit.id).withdrawn_at is None, "looking withdraws nothing"
    sent = sanne.sends(address, {})
    assert sent.status_code == 302
    assert "Het bezoek is ingetrokken" in sanne.opens(sent.headers["Location"]).get_data(as_text=True)
    with sample.database.reading() as session:
        assert session.get_one(VisitRow, visit.id).withdrawn_at is not None
    assert "Geen bezoek gevonden" in sanne.opens(desk(sample, pictures(visit))).get_data(as_text=True)
    assert sanne.opens(address).status_code == 404


def test_a_visit_that_is_not_there_yet_is_explained(sanne: WebUser, sample: SampleLibrary) -> None:
    visit = deliver_visit(sample)
    elsewhere = sanne.opens(desk(sample, pictures(visit), "norg")).get_data(as_text=True)
    assert "Misschien is het bezoek nog niet binnen" in elsewhere
    assert str(visit.id) not in elsewhere
    assert "Kies een vestiging" in sanne.opens(desk(sample, pictures(visit), "")).get_data(as_text=True)


@pytest.mark.parametrize("day", ["gisteren", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_makes_no_sense_is_told(sanne: WebUser, day: str) -> None:
    page = sanne.opens(f"/intrekken/balie?vestiging=roden&dag={day}&plaatje=sun&plaatje=cat&plaatje=boat")
    assert page.status_code == 422
    assert "Deze dag klopt niet" in page.get_data(as_text=True)


def test_a_stranger_withdraws_nothing(stranger: WebUser, sanne: WebUser, sample: SampleLibrary) -> None:
    visit = deliver_visit(sample)
    address = f"/intrekken/balie/{visit.id}?{urlencode([('plaatje', name) for name in pictures(visit)])}"
    assert stranger.opens(address).status_code == 302
    assert stranger.sends(address, {}, page="/intrekken").status_code == 401
    assert sanne.client.post(address).status_code == 400, "without the token of a form"
    assert "/intrekken/balie" not in stranger.opens("/intrekken").get_data(as_text=True)
    assert "/intrekken/balie" in sanne.opens("/intrekken").get_data(as_text=True)
    with sample.database.reading() as session:
        assert session.get_one(VisitRow, visit.id).withdrawn_at is None


def test_a_visit_is_looked_for_where_its_pole_stands(sample: SampleLibrary) -> None:
    there = create_visit(create_kiosk(sample))
    sample.deliver(there)
    assert look(sample, pictures(there)) == []
    assert [one.id for one in look(sample, pictures(there), branch="norg")] == [there.id]

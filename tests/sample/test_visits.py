"""Two years of sample visits are plausible, keep the promises of a visit, and travel in envelopes."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyrage
import pytest

from sample.questionnaire import sample_publication, sample_questionnaire
from sample.visits import OPENING_HOURS, PERIOD, RECORDED_WITHIN, SampleVisit, sample_visits
from vertelpaal import envelope
from vertelpaal.clock import AMSTERDAM
from vertelpaal.errors import NotFound
from vertelpaal.publication import AnswerKind, Publication, Purpose
from vertelpaal.visit import AgeBand, Ending, SmileyAnswer, Visit, is_tap
from vertelpaal.withdrawal import read_code

NOW = datetime(2026, 3, 16, 10, 30, tzinfo=UTC)
KIOSKS = {branch.slug: UUID(int=number) for number, branch in enumerate(sample_questionnaire().branches, start=1)}


def create_publication() -> Publication:
    return sample_publication({}, published_at=NOW - PERIOD)


def create_visits(
    folder: Path, *, seed: int = 1, count: int = 400, recordings: int = 4, now: datetime = NOW
) -> list[SampleVisit]:
    rng = random.Random(seed)
    made = sample_visits(create_publication(), KIOSKS, now, rng, folder, count=count, with_recordings=recordings)
    return list(made)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def visits(folder: Path) -> list[SampleVisit]:
    return create_visits(folder)


def test_as_many_as_asked_with_as_many_recordings(visits: list[SampleVisit]) -> None:
    assert len(visits) == 400
    assert sum(len(one.media) for one in visits) == 4
    assert len({one.visit.id for one in visits}) == 400
    assert {one.visit.recordings[0].way.value for one in visits if one.media} == {"voice", "video"}


def test_each_is_a_visit_that_survives_its_json(visits: list[SampleVisit]) -> None:
    assert all(Visit.from_json(one.visit.to_json()) == one.visit for one in visits)


def test_they_fall_in_opening_hours_of_the_two_years(visits: list[SampleVisit]) -> None:
    for one in visits:
        starts = one.visit.started_at.astimezone(AMSTERDAM)
        opens, closes = OPENING_HOURS[starts.weekday()]
        assert opens <= starts.hour < closes
        assert NOW - PERIOD <= one.visit.started_at < one.visit.ended_at < NOW
        assert all(one.visit.started_at < answer.at < one.visit.ended_at for answer in one.visit.answers)
        assert one.visit.ended_at - one.visit.started_at < timedelta(minutes=3)


def test_each_pole_numbers_its_visits_in_the_order_of_time(visits: list[SampleVisit]) -> None:
    for kiosk in KIOSKS.values():
        own = [one.visit for one in visits if one.visit.kiosk_id == kiosk]
        assert [visit.sequence for visit in own] == list(range(1, len(own) + 1))
        assert sorted(own, key=lambda visit: visit.started_at) == own


def test_every_branch_has_enough_for_a_score_of_each_aspect_in_each_year(visits: list[SampleVisit]) -> None:
    aspects = {question.id: question.aspect for question in create_publication().questions}
    scored = Counter(
        (one.visit.kiosk_id, one.visit.started_at > NOW - PERIOD / 2, aspects[answer.question_id])
        for one in visits
        for answer in one.visit.answers
        if isinstance(answer, SmileyAnswer)
    )
    assert len(scored) == 3 * 2 * 7
    assert min(scored.values()) >= 10


def test_branches_differ_and_coffee_gets_worse_in_roden(folder: Path) -> None:
    many = create_visits(folder, count=3000)
    coffee = {question.aspect: question.id for question in create_publication().questions}["horeca"]

    def mean(branch: str, *, recent: bool) -> float:
        values = [
            answer.value
            for one in many
            for answer in one.visit.answers
            if isinstance(answer, SmileyAnswer)
            and answer.question_id == coffee
            and one.visit.kiosk_id == KIOSKS[branch]
            and (one.visit.started_at > NOW - PERIOD / 2) == recent
        ]
        return sum(values) / len(values)

    assert mean("roden", recent=True) < mean("roden", recent=False) - 0.1
    assert mean("norg", recent=True) > mean("peize", recent=True) + 0.5


def test_all_kinds_of_people_come(visits: list[SampleVisit]) -> None:
    kinds = Counter(answer.kind for one in visits for answer in one.visit.answers)
    assert kinds.keys() == {"smiley", "not-used", "skip", "text", "recording"}
    assert {one.visit.ending for one in visits} == set(Ending)
    assert {one.visit.member for one in visits} == {True, False, None}
    assert {one.visit.age_band for one in visits} == {AgeBand.UNDER_16, AgeBand.FROM_16, None}
    assert {one.visit.language for one in visits} == {"nl", "en"}


def test_who_leaves_early_leaves_taps_and_no_code(visits: list[SampleVisit]) -> None:
    gone = [one.visit for one in visits if one.visit.ending is not Ending.THANKS]
    assert len(gone) > 10
    for visit in gone:
        assert visit.withdrawal_code is None and visit.age_band is None and visit.member is None
        assert all(is_tap(answer) for answer in visit.answers)
        assert 0 < len(visit.answers) < 7


def test_who_is_under_16_is_not_asked_the_open_question(visits: list[SampleVisit]) -> None:
    questions = {question.id: question.kind for question in create_publication().questions}
    young = [one.visit for one in visits if one.visit.age_band is AgeBand.UNDER_16]
    assert young
    for visit in young:
        assert visit.consents == ()
        assert all(questions[answer.question_id] is AnswerKind.SMILEY for answer in visit.answers)


def test_who_is_thanked_has_a_code_that_reads(visits: list[SampleVisit]) -> None:
    codes = [one.visit.withdrawal_code for one in visits if one.visit.ending is Ending.THANKS]
    assert len(set(codes)) == len(codes) > 300
    assert all(code is not None and read_code(code) == code for code in codes)


def test_recordings_are_recent_consented_and_what_they_say_they_are(visits: list[SampleVisit]) -> None:
    for one in (one for one in visits if one.media):
        assert one.visit.started_at > NOW - RECORDED_WITHIN
        assert one.visit.consents_to(Purpose.REVIEW)
        assert [len(one.media[recording.id]) for recording in one.visit.recordings] == [
            recording.bytes for recording in one.visit.recordings
        ]


def test_they_travel_in_envelopes(visits: list[SampleVisit], tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    some = [one for one in visits if one.media] + visits[:3]
    for number, one in enumerate(some):
        place = tmp_path / str(number)
        place.mkdir()
        with open(place / "sealed", "wb") as into:
            envelope.seal(one.visit, one.media, [identity.to_public()], into)
        opened = envelope.open_envelope(place / "sealed", [identity], place)
        assert opened.visit == one.visit
        assert {key: path.read_bytes() for key, path in opened.media.items()} == one.media


def test_the_same_chance_and_time_make_the_same_visits(visits: list[SampleVisit], folder: Path) -> None:
    assert create_visits(folder) == visits
    assert create_visits(folder, seed=2, recordings=0) != visits


def test_another_day_needs_no_other_recordings(visits: list[SampleVisit], folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    later = create_visits(folder, now=NOW + timedelta(days=9))
    assert {path.name for path in folder.iterdir()} == before
    assert sum(len(one.media) for one in later) == 4


def test_an_unknown_branch_is_an_error(tmp_path: Path) -> None:
    unknown = {"assen": UUID(int=9)}
    with pytest.raises(NotFound, match="assen"):
        list(sample_visits(create_publication(), unknown, NOW, random.Random(1), tmp_path, count=1, with_recordings=0))

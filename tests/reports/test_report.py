"""A report counts what was asked, when and where, and keeps different wordings apart."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from server.database import Database
from server.privacy.withdrawal import withdraw
from server.reports.lines import lines
from server.reports.period import read_period
from server.reports.queries import ReportQuery
from server.reports.report import Report, ReportRow, make_report
from server.tables import AnswerRow, BranchRow, VisitRow
from tests.makers import HOURS, STAFF, WITHDRAWAL_KEY, SampleLibrary, create_visit
from tests.reports.makers import NOON, Reply, keep_smileys, keep_visit, reword_hours
from vertelpaal.errors import InvalidInput

YEAR = read_period("2024-01-01", "2024-12-31")
MADE = datetime(2025, 1, 6, 9, 30, tzinfo=UTC)


def report_of(database: Database, *branches: str, first: str = "2024-01-01", last: str = "2024-12-31") -> Report:
    return make_report(database, ReportQuery(read_period(first, last), branches), MADE)


def row_of(report: Report, aspect: str) -> ReportRow:
    return next(row for row in report.rows if row.aspect == aspect)


def keep_random_visits(library: SampleLibrary, dice: random.Random, times: int) -> None:
    """Keep visits over all branches, with replies and moments of every kind, some at the very edges of the year."""
    edges = [YEAR.begin, YEAR.begin - timedelta(seconds=1), YEAR.end, YEAR.end - timedelta(seconds=1)]
    with library.database.transaction() as session:
        for _ in range(times):
            moment = YEAR.begin + timedelta(days=dice.uniform(-60, 430))
            replies: dict[object, Reply] = {
                question: dice.choice([*range(1, 6), 4, 5, 5, "skip", "not-used"])
                for question in (HOURS, STAFF)
                if dice.random() < 0.9
            }
            keep_visit(
                session,
                library,
                replies,  # type: ignore[arg-type]
                at=dice.choice([*edges, moment, moment, moment, moment]),
                branch=dice.choice(["roden", "norg", "peize"]),
                implausible=dice.random() < 0.1,
            )


def taps_by_hand(database: Database, aspect: str, branches: Iterable[str]) -> list[int]:
    """Return the smileys of 2024 by looking at every row, one after the other."""
    taps = []
    with database.reading() as session:
        slugs = {branch.id: branch.slug for branch in session.scalars(select(BranchRow))}
        for answer in session.scalars(select(AnswerRow)):
            visit = session.get_one(VisitRow, answer.visit_id)
            in_year = visit.started_at.astimezone(ZoneInfo("Europe/Amsterdam")).year == 2024
            counted = in_year and not visit.time_is_implausible and slugs[visit.branch_id] in branches
            if counted and answer.aspect == aspect and answer.kind == "smiley":
                assert answer.smiley is not None
                taps.append(answer.smiley)
    return taps


@pytest.mark.parametrize("branches", [(), ("norg",), ("roden", "peize")])
def test_every_number_is_what_counting_by_hand_gives(
    sample: SampleLibrary, database: Database, branches: tuple[str, ...]
) -> None:
    keep_random_visits(sample, random.Random(14), 400)
    report = report_of(database, *branches)
    for aspect in ("openingstijden", "medewerkers"):
        taps = taps_by_hand(database, aspect, branches or ("roden", "norg", "peize"))
        score = row_of(report, aspect).score
        assert score is not None
        assert score.n == len(taps) > 30
        assert math.isclose(score.satisfied, sum(tap in (4, 5) for tap in taps) / len(taps))
        assert math.isclose(score.mean, sum({1: 0, 2: 25, 3: 50, 4: 75, 5: 100}[tap] for tap in taps) / len(taps))
        for bound in (score.interval.low, score.interval.high):
            error = 1.959964 * math.sqrt(bound * (1 - bound) / len(taps))
            assert math.isclose(abs(score.satisfied - bound), error, rel_tol=1e-6)


def test_not_used_and_skip_stand_beside_the_score(sample: SampleLibrary, database: Database) -> None:
    replies: dict[Reply, int] = {5: 9, 1: 3, "not-used": 4, "skip": 2}
    with database.transaction() as session:
        for reply, times in replies.items():
            for _ in range(times):
                keep_visit(session, sample, {HOURS: reply})
    score = row_of(report_of(database), "openingstijden").score
    assert score is not None
    assert (score.n, score.satisfied, score.mean) == (12, 0.75, 75.0)
    assert (score.not_used, score.skipped) == (4, 2)


def test_the_first_and_last_second_of_the_year_count_and_their_neighbours_do_not(
    sample: SampleLibrary, database: Database
) -> None:
    inside = [YEAR.begin, YEAR.end - timedelta(seconds=1)]
    outside = [YEAR.begin - timedelta(seconds=1), YEAR.end]
    with database.transaction() as session:
        for moment in inside * 6:
            keep_visit(session, sample, {HOURS: 5}, at=moment)
        for moment in outside * 6:
            keep_visit(session, sample, {HOURS: 1}, at=moment)
    report = report_of(database)
    score = row_of(report, "openingstijden").score
    assert score is not None
    assert (report.visits, score.n, score.satisfied) == (12, 12, 1.0)


def test_nine_answers_leave_no_trace(sample: SampleLibrary, database: Database) -> None:
    keep_smileys(sample, (0, 0, 0, 4, 5))
    report = report_of(database)
    assert row_of(report, "openingstijden").score is None
    assert report.visits is None
    line = lines(report)[0]
    assert (line.n, line.figures, line.silence) == ("<10", None, "te weinig antwoorden")


def test_an_aspect_that_nobody_answered_is_as_silent_as_one_with_nine(
    sample: SampleLibrary, database: Database
) -> None:
    keep_smileys(sample, (0, 0, 0, 4, 5))
    hours, staff = (row_of(report_of(database), aspect) for aspect in ("openingstijden", "medewerkers"))
    assert (hours.score, staff.score) == (None, None)


def test_another_wording_is_another_row_and_the_report_says_so(sample: SampleLibrary, database: Database) -> None:
    keep_smileys(sample, (0, 0, 0, 0, 20))
    second = reword_hours(sample, "Zijn wij op tijd open?")
    with database.transaction() as session:
        for _ in range(12):
            keep_visit(session, sample, {HOURS: 1, STAFF: 5}, publication=second)
    report = report_of(database)
    found = {(row.label, row.question, row.publications): row.score for row in report.rows}
    newer = found["Openingstijden, vraag 1", "Zijn wij op tijd open?", (2,)]
    older = found["Openingstijden, vraag 2", "Wat vindt u van de openingstijden?", (1,)]
    assert newer is not None
    assert older is not None
    assert (newer.n, newer.satisfied, older.n, older.satisfied) == (12, 0.0, 20, 1.0)
    assert any("veranderd bij: openingstijden" in note for note in report.notes)
    assert [row.label for row in report.rows].count("Medewerkers") == 1
    assert row_of(report, "medewerkers").publications == (1, 2)


def test_the_same_wording_in_two_publications_is_one_row(sample: SampleLibrary, database: Database) -> None:
    keep_smileys(sample, (0, 0, 0, 0, 8))
    second = reword_hours(sample, "Wat vindt u van de openingstijden?")
    with database.transaction() as session:
        for _ in range(8):
            keep_visit(session, sample, {HOURS: 1}, publication=second)
    report = report_of(database)
    score = row_of(report, "openingstijden").score
    assert score is not None
    assert (score.n, score.satisfied) == (16, 0.5)
    assert not any("veranderd" in note for note in report.notes)


def test_a_visit_with_an_impossible_time_is_left_out_and_counted_where_it_arrived(
    sample: SampleLibrary, database: Database
) -> None:
    keep_smileys(sample, (0, 0, 0, 0, 10))
    long_ago = datetime(1970, 1, 1, 1, tzinfo=UTC)
    with database.transaction() as session:
        keep_visit(session, sample, {HOURS: 1}, at=long_ago, implausible=True, received_at=NOON)
        keep_visit(session, sample, {HOURS: 1}, at=NOON, implausible=True, received_at=NOON)
        keep_visit(session, sample, {HOURS: 1}, at=NOON, implausible=True, received_at=NOON + timedelta(days=400))
        keep_visit(session, sample, {HOURS: 1}, at=NOON, implausible=True, received_at=NOON, branch="norg")
    report = report_of(database, "roden")
    score = row_of(report, "openingstijden").score
    assert score is not None
    assert (score.n, report.visits, report.left_out) == (10, 10, 2)
    assert report.notes[-1].startswith("2 bezoeken tellen niet mee")
    assert report_of(database).left_out == 3


def test_taps_still_count_after_a_withdrawal_but_belong_to_nobody(sample: SampleLibrary, database: Database) -> None:
    keep_smileys(sample, (9, 0, 0, 0, 0))
    visit = create_visit(sample.kiosk_id, smiley=5)
    sample.deliver(visit)
    assert visit.withdrawal_code is not None
    withdraw(database, (sample.folders.media,), visit.withdrawal_code, WITHDRAWAL_KEY, sample.clock)
    score = row_of(report_of(database, last="2026-12-31"), "openingstijden").score
    assert score is not None
    assert (score.n, score.satisfied) == (10, 0.1)


def test_an_open_question_has_no_score(sample: SampleLibrary, database: Database) -> None:
    keep_smileys(sample, (0, 0, 0, 0, 12))
    assert {row.aspect for row in report_of(database).rows} == {"openingstijden", "medewerkers"}


def test_a_report_without_visits_is_a_report(sample: SampleLibrary, database: Database) -> None:
    report = report_of(database)
    assert (report.rows, report.visits, report.publications, report.left_out) == ((), None, (), 0)
    assert report.library == "Bibliotheek van de toetsen"


def test_a_report_of_an_empty_database_is_a_report(database: Database) -> None:
    assert (report_of(database).branches, report_of(database).library) == ((), "De bibliotheek")


def test_an_unknown_branch_is_named_with_those_that_there_are(sample: SampleLibrary, database: Database) -> None:
    with pytest.raises(InvalidInput, match="no branch 'zuidlaren'; there are: norg, peize, roden"):
        report_of(database, "roden", "zuidlaren")


def test_the_sentence_brings_its_evidence(sample: SampleLibrary, database: Database) -> None:
    keep_smileys(sample, (10, 13, 20, 80, 117))
    figures = lines(report_of(database))[0].figures
    assert figures is not None
    assert figures.sentence.replace("\N{NO-BREAK SPACE}", " ") == (
        "82 % van de 240 bezoekers die antwoord gaven is tevreden over het onderwerp openingstijden "
        "(95 %-betrouwbaarheidsinterval 77–86 %), 1 januari t/m 31 december 2024, vestigingen Norg, Peize en Roden. "
        "Vraag: “Wat vindt u van de openingstijden?”"
    )


def test_half_a_percent_is_rounded_up_as_people_do(sample: SampleLibrary, database: Database) -> None:
    keep_smileys(sample, (7, 0, 0, 0, 33))
    figures = lines(report_of(database, "roden"))[0].figures
    assert figures is not None
    assert figures.satisfied == "83\N{NO-BREAK SPACE}%"

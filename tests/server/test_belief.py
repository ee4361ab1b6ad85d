"""A clock that leaps erases nothing, until a person has looked at it; a weekend with the server off needs nobody."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from server.check import findings_with
from server.config import ServerSettings
from server.live import announce
from server.pipeline.janitor import Janitor
from server.privacy.belief import LONGEST_LEAP, STEP_BACK, believe, check_clock, trust
from server.privacy.periods import DEFAULT_PERIODS
from server.privacy.retention import end_what_is_over
from server.staff.operations import add_staff, disable_staff
from server.staff.passwords import PasswordHash
from server.tables import ClockRow, EnvelopeRow, EnvelopeState, LiveEventRow, RecordingRow, VisitRow
from tests.makers import NOW, SampleLibrary, create_visit, seal
from tests.media import spoken_recording
from tests.server.test_janitor import begin_upload
from vertelpaal.check import Finding
from vertelpaal.cli import root
from vertelpaal.clock import SystemClock
from vertelpaal.errors import DoubtedClock
from vertelpaal.identifiers import new_id
from vertelpaal.visit import Visit

YEAR = timedelta(days=366)
WEEKEND = timedelta(days=4)
SUMMER = timedelta(weeks=5)


def believes(sample: SampleLibrary, now: datetime) -> bool:
    try:
        with sample.database.transaction() as session:
            believe(session, now)
    except DoubtedClock:
        return False
    return True


def test_a_fresh_database_believes_its_first_clock(sample: SampleLibrary) -> None:
    assert believes(sample, NOW)
    assert believes(sample, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("leap", "believed"),
    [
        (timedelta(hours=1), True),
        (WEEKEND, True),
        (LONGEST_LEAP, True),
        (LONGEST_LEAP + timedelta(minutes=1), False),
        (SUMMER, False),
        (YEAR, False),
        (-STEP_BACK, True),
        (-STEP_BACK - timedelta(minutes=1), False),
        (-YEAR, False),
    ],
    ids=str,
)
def test_a_long_weekend_is_believed_and_a_leap_is_not(sample: SampleLibrary, leap: timedelta, believed: bool) -> None:
    assert believes(sample, NOW)
    assert believes(sample, NOW + leap) is believed
    assert believes(sample, NOW + timedelta(minutes=5)) is (leap not in (WEEKEND, LONGEST_LEAP)), "what it remembers"


def test_a_clock_that_was_set_back_a_little_does_not_move_what_was_seen(sample: SampleLibrary) -> None:
    """Else it might go back for good, a little at a time."""
    assert believes(sample, NOW)
    assert believes(sample, NOW - STEP_BACK)
    assert not believes(sample, NOW - 2 * STEP_BACK)


def put_something_everywhere(sample: SampleLibrary) -> Visit:
    """Leave what goes for its age in every place where the janitor looks, all of it young; return a visit to keep."""
    recording, data = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    aside = create_visit(sample.kiosk_id)
    sample.receive(aside.id, seal(aside, {}, sample.identity.to_public()))
    sample.unpacker.quarantine(aside.id, "a key is missing")
    begin_upload(sample)
    with sample.database.transaction() as session:
        announce(session, "erased", "the last news", sample.clock.now())
    for name in (f"{new_id()}.webm", f".{new_id()}.webm.1-1.part"):
        (sample.folders.media / name).write_bytes(b"its row may be about to be committed")
    (sample.folders.intake / f"{new_id()}.part").write_bytes(b"of nobody")
    now = sample.clock.now().timestamp()
    for file in every_file(sample):
        os.utime(file, (now, now))
    return visit


def every_file(sample: SampleLibrary) -> set[Path]:
    folders = (sample.folders.media, sample.folders.quarantine, sample.folders.intake)
    return {file for folder in folders for file in folder.iterdir() if not file.name.startswith((".lock", ".settle"))}


def every_row(sample: SampleLibrary) -> Mapping[str, int]:
    with sample.database.reading() as session:
        counted = {row: session.scalar(select(func.count()).select_from(row)) for row in (EnvelopeRow, LiveEventRow)}
        codes = session.scalar(select(func.count(VisitRow.withdrawal_hash)))
    return {row.__tablename__: count or 0 for row, count in counted.items()} | {"codes": codes or 0}


@pytest.mark.parametrize("leap", [YEAR * 3, -YEAR], ids=["years ahead", "a year back"])
def test_a_clock_that_leaps_erases_nothing_and_is_told(
    sample: SampleLibrary, leap: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    janitor = Janitor(sample.database, sample.folders, sample.clock, 90, DEFAULT_PERIODS)
    put_something_everywhere(sample)
    assert janitor.clean() == NOW
    files, rows = every_file(sample), every_row(sample)
    sample.clock.at += leap
    for night in range(3):
        sample.clock.at = sample.clock.at.replace(hour=2) + timedelta(days=1)
        sample.clock.seconds += timedelta(days=1).total_seconds()
        assert janitor.clean_now_and_then() is None, night
    assert janitor.clean() is None, "nor at its next start"
    with pytest.raises(DoubtedClock):
        end_what_is_over(sample.database, (sample.folders.media,), DEFAULT_PERIODS, sample.clock)
    assert (every_file(sample), every_row(sample)) == (files, rows)
    assert "nothing is removed for its age" in caplog.text
    assert "--clock-is-right" in caplog.text


def test_when_the_clock_is_right_again_all_goes_on(sample: SampleLibrary) -> None:
    janitor = Janitor(sample.database, sample.folders, sample.clock, 90, DEFAULT_PERIODS)
    put_something_everywhere(sample)
    janitor.clean()
    files = every_file(sample)
    sample.clock.at += YEAR
    janitor.clean()
    sample.clock.at += timedelta(days=2) - YEAR
    assert janitor.clean() == NOW + timedelta(days=2)
    gone = {file.name.rpartition(".")[2] for file in files - every_file(sample)}
    assert gone == {"webm", "part"}, "what was left behind"


def test_a_library_that_was_closed_for_weeks_goes_on_after_a_word(sample: SampleLibrary) -> None:
    janitor = Janitor(sample.database, sample.folders, sample.clock, 90, DEFAULT_PERIODS)
    put_something_everywhere(sample)
    janitor.clean()
    sample.clock.forward(SUMMER.total_seconds())
    assert janitor.clean() is None
    with sample.database.transaction() as session:
        trust(session, sample.clock.now())
    assert janitor.clean() == NOW + SUMMER
    sample.clock.forward(WEEKEND.total_seconds())
    assert janitor.clean() is not None


def test_what_is_not_for_its_age_goes_on_while_the_clock_is_doubted(sample: SampleLibrary) -> None:
    """Media whose row let go, sealed bytes of what is done, and envelopes that are whole."""
    recording, data = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    whole = begin_upload(sample)
    janitor = Janitor(sample.database, sample.folders, sample.clock, 90, DEFAULT_PERIODS)
    janitor.clean()
    left = next(sample.folders.media.glob(f"{recording.id}.*"))
    with sample.database.transaction() as session:
        session.get_one(RecordingRow, recording.id).media_file = None
    sample.folders.sealed(visit.id).write_bytes(b"a power cut brought it back")
    whole.part.write_bytes(whole.sealed)
    whole.part.rename(sample.folders.sealed(whole.visit_id))
    sample.clock.at += YEAR
    janitor.clean()
    assert not left.exists()
    assert not sample.folders.sealed(visit.id).exists()
    with sample.database.reading() as session:
        assert session.get_one(EnvelopeRow, whole.visit_id).state == EnvelopeState.RECEIVED


@pytest.fixture
def settings(sample: SampleLibrary, machine: None) -> ServerSettings:
    """Return the settings of the library for its commands, whose database believed another clock five weeks ago."""
    with sample.database.transaction() as session:
        session.add(ClockRow(id=1, believed_at=SystemClock().now() - SUMMER))
    return ServerSettings.load()


def clock_line(settings: ServerSettings) -> Finding:
    return next(found for found in findings_with(settings) if found.subject == "clock")


def retention(*options: str) -> Result:
    return CliRunner().invoke(root, ["privacy", "retention", *options])


def old_voice(sample: SampleLibrary) -> Path:
    """Deliver a voice of last year; return its file."""
    recording, data = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    with sample.database.transaction() as session:
        row = session.get_one(VisitRow, visit.id)
        row.started_at, row.time_is_implausible = SystemClock().now() - timedelta(days=200), False
    return next(sample.folders.media.glob(f"{recording.id}.*"))


def test_a_manager_looks_at_the_clock_and_says_that_it_is_right(
    sample: SampleLibrary, settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERTELPAAL_KEEP_STAFF_DAYS", "30")  # less than the five weeks
    voice = old_voice(sample)
    doubted = clock_line(settings)
    assert doubted.good is False
    assert "vertelpaal privacy retention --clock-is-right" in doubted.says
    for options in ((), ("--dry-run",)):
        refused = retention(*options)
        assert isinstance(refused.exception, DoubtedClock)
        assert voice.exists()
    with sample.database.transaction() as session:
        add_staff(session, "bilal@bibliotheek.example", "Bilal", PasswordHash("the hash of Bilal"), NOW)
        disable_staff(session, "bilal@bibliotheek.example", SystemClock().now())  # stamped with what is believed
    would = retention("--dry-run", "--clock-is-right")
    assert "voice       1" in would.stdout
    assert voice.exists()
    assert clock_line(settings).good is False, "a dry run says nothing for good"
    done = retention("--clock-is-right")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "Done.")
    assert done.stdout.splitlines()[:-1] == would.stdout.splitlines()[:-1], "the dry run said what would go"
    assert not voice.exists()
    assert clock_line(settings).good is True
    assert retention().exit_code == 0


def test_looking_remembers_nothing(sample: SampleLibrary) -> None:
    with sample.database.transaction() as session:
        check_clock(session, NOW + YEAR)
        assert session.scalars(select(ClockRow)).all() == []

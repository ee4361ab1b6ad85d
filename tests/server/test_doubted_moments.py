"""What comes, or is taken back, while the server's clock is wrong goes neither too early nor too late."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from server.pipeline.janitor import Janitor
from server.pipeline.unpack import Unpacker
from server.privacy.belief import LONGEST_LEAP, believe, believed_now, check_clock, stamp_now, trust
from server.privacy.journal import Journal, keep_journal, read_journal
from server.privacy.periods import UPLOAD_KEPT, Periods
from server.privacy.withdrawal import withdraw
from server.staff.operations import add_staff, disable_staff
from server.staff.passwords import PasswordHash
from server.tables import ClockRow, LiveEventRow, StaffRow, StaffSessionRow, TombstoneRow, VisitRow
from tests.backup.makers import copied
from tests.makers import NOW, WITHDRAWAL_KEY, SampleLibrary, create_visit, seal
from tests.media import spoken_recording
from tests.server.test_janitor import begin_upload
from tests.web import WebUser
from vertelpaal.assignment import Assignment, KioskStatus
from vertelpaal.errors import DoubtedClock
from vertelpaal.identifiers import new_id
from vertelpaal.visit import Visit
from vertelpaal.withdrawal import new_code

EMAIL = "bilal@bibliotheek.example"
DAY = timedelta(days=1)
MONTHS = timedelta(days=200)
QUARANTINE_DAYS = 15
PERIODS = Periods(
    video=10 * DAY,
    voice=20 * DAY,
    transcript=25 * DAY,
    text=26 * DAY,
    profile=40 * DAY,
    tombstone=50 * DAY,
    staff=45 * DAY,
)
LAST_DAY = {
    "voice opened": 20,
    "voice opened later": 20,
    "quarantine": QUARANTINE_DAYS,
    "upload": UPLOAD_KEPT.days,
    "code": 40,
    "name": 45,
    "tombstone": 50,
    "line of the journal": 50,
}
"""The last day of each kind on which it is still there, when it came on day 0."""
DAYS = sorted({*range(0, 70, 7), *(day + off for day in LAST_DAY.values() for off in (-1, 0, 1))})
"""Where it is looked: around each last day, and often enough for a clock that is believed."""


@pytest.fixture
def sample(sample: SampleLibrary) -> SampleLibrary:
    unpacker = Unpacker(sample.database, sample.folders, [sample.identity], WITHDRAWAL_KEY, sample.clock, remux=copied)
    keep_journal(sample.database, sample.home / "withdrawals")
    with sample.database.transaction() as session:
        add_staff(session, EMAIL, "Bilal", PasswordHash("the hash of Bilal"), NOW)
    return replace(sample, unpacker=unpacker)


def cleans(sample: SampleLibrary) -> bool:
    """Let a worker start, and say whether its janitor believes the clock."""
    journal = Journal(sample.home / "withdrawals", PERIODS.tombstone)
    return Janitor(sample.database, sample.folders, sample.clock, QUARANTINE_DAYS, PERIODS, journal).clean() is not None


def sealed_visit(sample: SampleLibrary, offset: timedelta) -> tuple[Visit, bytes]:
    """Return a spoken visit of now at a pole with a right clock, which it compared with the server's."""
    recording, data = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording, clock_offset=offset.total_seconds())
    return visit, seal(visit, {recording.id: data}, sample.identity.to_public())


def lives_through(sample: SampleLibrary, offset: timedelta) -> Visit:
    """Receive, open, put aside, begin, withdraw and close an account; return a visit that is opened later."""
    opened, data = sealed_visit(sample, offset)
    sample.receive(opened.id, data)
    sample.unpacker.unpack(opened.id)
    aside = new_id()
    sample.receive(aside, b"no envelope at all")
    sample.unpacker.unpack(aside)
    begun = begin_upload(sample)
    os.utime(begun.part, (sample.clock.now().timestamp(),) * 2)
    withdraw(sample.database, (sample.folders.media,), new_code(), WITHDRAWAL_KEY, sample.clock)
    with sample.database.transaction() as session:
        disable_staff(session, EMAIL, sample.clock.now())
    waiting, data = sealed_visit(sample, offset)
    sample.receive(waiting.id, data)
    return waiting


def there(sample: SampleLibrary, waiting: Visit) -> Mapping[str, bool]:
    """Say of each kind whether it is still there."""
    later = {f"{one.id}.webm" for one in waiting.recordings}
    media = {file.name for file in sample.folders.media.iterdir()}
    with sample.database.reading() as session:
        found = {
            "code": session.scalar(select(VisitRow.id).where(VisitRow.withdrawal_hash.is_not(None)).limit(1)),
            "name": session.scalar(select(StaffRow.id).where(StaffRow.name == "Bilal")),
            "tombstone": session.scalar(select(TombstoneRow.withdrawal_hash)),
        }
    return {
        "voice opened": bool(media - later),
        "voice opened later": bool(media & later),
        "quarantine": any(sample.folders.quarantine.glob("*.age")),
        "upload": any(sample.folders.intake.glob("*.part")),
        "line of the journal": bool(read_journal(sample.home / "withdrawals")),
    } | {name: one is not None for name, one in found.items()}


def last_days(sample: SampleLibrary, waiting: Visit) -> Mapping[str, int]:
    """Let days pass on a clock that is right, and return the last one on which each kind was there."""
    begun, last = sample.clock.now(), dict.fromkeys(LAST_DAY, -1)
    for day in DAYS:
        sample.clock.at = begun + day * DAY
        assert cleans(sample), day
        last |= {name: day for name, is_there in there(sample, waiting).items() if is_there}
    return last


@pytest.mark.parametrize(
    "wrong",
    [NOW + timedelta(days=366), datetime(1970, 1, 1, tzinfo=UTC), NOW - timedelta(days=30)],
    ids=["a year ahead", "1970", "a month back"],
)
def test_what_came_during_a_leap_is_kept_as_long_as_was_promised(sample: SampleLibrary, wrong: datetime) -> None:
    assert cleans(sample)
    sample.clock.at = wrong
    assert not cleans(sample)
    waiting = lives_through(sample, wrong - NOW)
    with sample.database.reading() as session:
        assert {event.happened_at for event in session.scalars(select(LiveEventRow))} == {NOW}
    sample.clock.at = NOW + timedelta(minutes=10)
    assert cleans(sample)
    sample.unpacker.unpack(waiting.id)
    with sample.database.reading() as session:
        visits = session.scalars(select(VisitRow)).all()
        assert [visit.time_is_implausible for visit in visits] == [True, True], "no report may count on it"
    sample.clock.at = NOW + timedelta(minutes=20)
    assert last_days(sample, waiting) == {name: day - 1 for name, day in LAST_DAY.items()}, "day by day, and 20 minutes"


def test_what_came_before_a_person_said_that_the_clock_is_right_counts_from_then(sample: SampleLibrary) -> None:
    """The server was off for months, or an old backup came back; the last believed moment is too long ago."""
    assert cleans(sample)
    sample.clock.at = NOW + MONTHS
    assert not cleans(sample)
    waiting = lives_through(sample, MONTHS)
    sample.unpacker.unpack(waiting.id)
    with sample.database.transaction() as session:
        trust(session, sample.clock.now())
    assert last_days(sample, waiting) == LAST_DAY


def test_what_a_believed_future_stamped_counts_from_the_word_that_ended_it(sample: SampleLibrary) -> None:
    sample.clock.at = NOW + MONTHS
    assert cleans(sample)
    waiting = lives_through(sample, MONTHS)
    sample.unpacker.unpack(waiting.id)
    sample.clock.at = NOW
    assert not cleans(sample)
    with sample.database.transaction() as session:
        trust(session, NOW)
    lasts = last_days(sample, waiting)
    assert lasts == LAST_DAY | {"line of the journal": DAYS[-1]}, "a line may belong to a database that was lost"


def test_a_receipt_is_repeated_as_it_was_given(sample: SampleLibrary) -> None:
    assert cleans(sample)
    sample.clock.at = NOW + MONTHS
    visit, data = sealed_visit(sample, MONTHS)
    receipt = sample.receive(visit.id, data)
    assert receipt.received_at == NOW
    sample.clock.at = NOW + DAY
    assert sample.intake.progress(visit.id, sample.kiosk_id).receipt == receipt


def test_one_tiny_read_is_what_it_costs(sample: SampleLibrary) -> None:
    with sample.database.transaction() as session:
        assert believed_now(session, NOW) == NOW, "where nothing is remembered"
        believe(session, NOW)
        assert believed_now(session, NOW + LONGEST_LEAP) == NOW + LONGEST_LEAP
        assert believed_now(session, NOW + LONGEST_LEAP + DAY) == NOW
        assert session.get_one(ClockRow, 1).believed_at == NOW, "asking remembers nothing"


def test_poles_that_check_in_keep_the_clock_believed_while_no_worker_runs(sample: SampleLibrary, app: Flask) -> None:
    assert cleans(sample)
    headers = {"Authorization": f"Bearer {sample.token}"}
    told = KioskStatus(
        software="0.1.0", queue=0, oldest_sequence=None, refused=0, free_bytes=10**9, publication=None, seals_to=None
    ).to_json()

    def is_told_a_time_to_believe() -> bool:
        answer = app.test_client().put("/api/v1/status", data=told, headers=headers)
        return Assignment.from_neighbour(answer.data).time_is_believed

    for day in (5, 10, 15):
        sample.clock.at = NOW + day * DAY
        assert is_told_a_time_to_believe()
    with sample.database.reading() as session:
        check_clock(session, NOW + 20 * DAY)
    sample.clock.at = NOW + MONTHS
    assert not is_told_a_time_to_believe(), "a visit that is sealed now may be delivered when nothing is doubted"
    with sample.database.reading() as session, pytest.raises(DoubtedClock):
        check_clock(session, NOW + MONTHS)


def test_a_persons_word_waits_for_what_is_being_stamped_and_stamps_it_anew(sample: SampleLibrary) -> None:
    assert cleans(sample)
    sample.clock.at = NOW + MONTHS

    def says() -> None:
        with sample.database.transaction() as session:
            trust(session, NOW + MONTHS)

    person = threading.Thread(target=says)
    with sample.database.transaction() as session:
        stamp = stamp_now(session, NOW + MONTHS)
        person.start()
        person.join(1.0)
        assert person.is_alive(), "it did not wait"
        session.add(TombstoneRow(withdrawal_hash="0" * 64, withdrawn_at=stamp))
    person.join(20)
    with sample.database.reading() as session:
        assert session.scalars(select(TombstoneRow.withdrawn_at)).all() == [NOW + MONTHS]


def test_what_a_leap_ahead_dated_beyond_now_counts_from_now(sample: SampleLibrary) -> None:
    """A file whose row never came, one of an upload that nobody knows, and a session of staff."""
    files = (sample.folders.media / f"{new_id()}.mp4", sample.folders.intake / f"{new_id()}.part")
    for file in files:
        file.write_bytes(b"of nobody")
        os.utime(file, ((NOW + 10 * MONTHS).timestamp(),) * 2)
    with sample.database.transaction() as session:
        sign = session.scalars(select(StaffRow.id)).first()
        for began in (NOW, NOW + 10 * MONTHS):
            row = StaffSessionRow(token_hash=new_id().hex * 2, staff_id=sign, began_at=began, last_seen_at=began)
            session.add(row)
    assert cleans(sample)
    assert all(file.exists() for file in files), "it may be about to get its row"
    with sample.database.reading() as session:
        assert session.scalars(select(StaffSessionRow.began_at)).all() == [NOW]
    sample.clock.at = NOW + DAY
    assert cleans(sample)
    assert not any(file.exists() for file in files)


def test_the_page_of_quarantine_goes_by_the_believed_moment(sample: SampleLibrary, sanne: WebUser) -> None:
    assert cleans(sample)
    aside = new_id()
    sample.receive(aside, b"no envelope at all")
    sample.unpacker.unpack(aside)
    sample.clock.at = NOW + timedelta(hours=1)
    assert str(aside)[:8] in sanne.opens("/quarantaine").text
    sample.clock.at = NOW + MONTHS
    sanne.signs_in()
    assert str(aside)[:8] in sanne.opens("/quarantaine").text, "it still lies there"


def test_two_workers_that_start_at_once_on_a_fresh_database_both_believe(sample: SampleLibrary) -> None:
    """The second begins while the first has written and not committed; its wait ends when the first is done."""
    failed: list[BaseException] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        try:
            with sample.database.transaction() as session:
                believe(session, NOW + timedelta(minutes=1))
        except BaseException as error:
            failed.append(error)

    other = threading.Thread(target=second)
    with sample.database.transaction() as session:
        believe(session, NOW)
        session.flush()
        other.start()
        assert begun.wait(20)
        other.join(1.0)
        assert other.is_alive(), "it did not wait for the first"
    other.join(20)
    assert failed == []
    with sample.database.reading() as session:
        assert session.get_one(ClockRow, 1).believed_at == NOW + timedelta(minutes=1)

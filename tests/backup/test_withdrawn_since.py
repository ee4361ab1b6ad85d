"""What was withdrawn since the backup stays gone, by the journal or by the present database."""

from __future__ import annotations

import fcntl
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select

from server.backup.rows import drop_everything, has_table
from server.pipeline.janitor import Janitor
from server.privacy.belief import trust
from server.privacy.journal import Journal, Tombstone, read_journal, write_lines
from server.privacy.periods import DEFAULT_PERIODS
from server.tables import EnvelopeRow, EnvelopeState, TombstoneRow, TranscriptRow, VisitRow
from tests.backup.makers import Elsewhere, Lived, files_of, unpacker_of
from tests.makers import NOW, create_visit
from tests.server.test_withdrawal import WORDS
from vertelpaal.errors import Conflict, UnfitMachine


def assert_stays_gone(lived: Lived, elsewhere: Elsewhere) -> None:
    """Look everywhere for what was withdrawn, opened or still sealed."""
    assert WORDS not in repr(elsewhere.everything())
    with elsewhere.database.reading() as session:
        assert session.scalars(select(TranscriptRow)).all() == []
        assert session.get_one(VisitRow, lived.spoken.id).withdrawn_at is not None
    ids = [recording.id for visit in (lived.spoken, lived.waiting) for recording in visit.recordings]
    assert not [file for one in ids for file in elsewhere.places.home.rglob(f"{one}.*")]
    unpacker_of(lived, elsewhere).unpack(lived.waiting.id)
    with elsewhere.database.reading() as session:
        assert session.get_one(EnvelopeRow, lived.waiting.id).state == EnvelopeState.ERASED
        assert session.get(VisitRow, lived.waiting.id) is None
    assert not [file for one in ids for file in elsewhere.places.home.rglob(f"{one}.*")]


def test_what_was_withdrawn_since_stays_gone_by_the_journal_alone(lived: Lived, elsewhere: Elsewhere) -> None:
    lived.backs_up()
    lived.withdraws(lived.spoken)
    lived.withdraws(lived.waiting)
    elsewhere.places.root.mkdir(parents=True)
    elsewhere.places.journal.write_bytes(lived.places.journal.read_bytes())
    assert elsewhere.restores(lived.backup).erased == 1
    assert_stays_gone(lived, elsewhere)


def test_what_was_withdrawn_since_stays_gone_by_the_present_database_alone(lived: Lived) -> None:
    lived.backs_up()
    lived.withdraws(lived.spoken)
    lived.withdraws(lived.waiting)
    lived.places.journal.unlink()
    here = Elsewhere(lived.sample.database, lived.places)
    with pytest.raises(Conflict, match="not empty"):
        here.restores(lived.backup)
    here.restores(lived.backup, replace=True)
    assert_stays_gone(lived, here)
    assert len(read_journal(lived.places.journal)) == 2


def test_a_second_restore_of_an_older_backup_knows_what_the_first_one_knew(lived: Lived, elsewhere: Elsewhere) -> None:
    """The newer backup comes back on a new machine, the database is lost again, and only the older one is left."""
    lived.backs_up()
    older, lived.backup = lived.backup, lived.backup.with_name("newer.age")
    lived.withdraws(lived.spoken)
    lived.withdraws(lived.waiting)
    lived.backs_up()
    elsewhere.restores(lived.backup)
    assert len(read_journal(elsewhere.places.journal)) == 2
    elsewhere.restores(lived.backup, replace=True)
    assert len(read_journal(elsewhere.places.journal)) == 2, "each once"
    with elsewhere.database.engine.begin() as connection:
        drop_everything(connection)
    assert elsewhere.restores(older, replace=True).erased == 1
    assert_stays_gone(lived, elsewhere)


def test_a_line_ends_with_its_tombstone(lived: Lived) -> None:
    file, clock, kept = lived.places.journal, lived.sample.clock, DEFAULT_PERIODS.tombstone
    journal = Journal(file, kept)
    janitor = Janitor(lived.sample.database, lived.sample.folders, clock, 90, DEFAULT_PERIODS, journal)

    def cleans_after(time: timedelta) -> list[Tombstone]:
        clock.forward(time.total_seconds())
        with lived.sample.database.transaction() as session:
            trust(session, clock.now())
        janitor.clean()
        return read_journal(file)

    assert cleans_after(timedelta()) == []
    clock.forward(60)
    lived.withdraws(lived.spoken)
    file.chmod(0o660)
    clock.forward(timedelta(days=10).total_seconds())
    lived.withdraws(lived.waiting)
    assert len(cleans_after(kept - timedelta(days=10))) == 2
    (left,) = cleans_after(timedelta(seconds=60))
    assert left.visit_id != lived.spoken.id
    assert file.stat().st_mode & 0o777 == 0o660, "web and worker both write it"
    with lived.sample.database.reading() as session:
        assert session.scalars(select(TombstoneRow.withdrawal_hash)).all() == [left.code_hash]
    with lived.sample.database.transaction() as session:
        session.get_one(TombstoneRow, left.code_hash).withdrawn_at = clock.now()  # it came while the clock was doubted
    assert cleans_after(timedelta(days=11)) == [left], "as long as the database knows it"


def test_a_backup_that_somebody_kept_too_long_brings_back_nothing_that_was_withdrawn(
    lived: Lived, elsewhere: Elsewhere
) -> None:
    lived.backs_up()
    lived.withdraws(lived.spoken)
    lived.withdraws(lived.waiting)
    lived.sample.clock.forward(timedelta(days=400).total_seconds())
    with lived.sample.database.transaction() as session:
        trust(session, lived.sample.clock.now())
    journal = Journal(lived.places.journal, DEFAULT_PERIODS.tombstone)
    Janitor(lived.sample.database, lived.sample.folders, lived.sample.clock, 90, DEFAULT_PERIODS, journal).clean()
    elsewhere.places.root.mkdir(parents=True)
    elsewhere.places.journal.write_bytes(lived.places.journal.read_bytes())
    assert elsewhere.restores(lived.backup).erased == 1
    assert_stays_gone(lived, elsewhere)


def test_a_withdrawal_that_comes_while_the_journal_is_written_anew_is_in_the_new_one(tmp_path: Path) -> None:
    file, anew = tmp_path / "withdrawals", tmp_path / "anew"
    tombstones = [Tombstone(str(number) * 64, NOW, None) for number in (1, 2, 3)]
    write_lines(file, tombstones[:1])
    write_lines(anew, tombstones[1:2])
    coming = Thread(target=write_lines, args=(file, tombstones[2:]))
    with file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        coming.start()
        while sum(link.is_symlink() and link.readlink() == file for link in Path("/proc/self/fd").iterdir()) < 2:
            assert coming.is_alive(), "it waits for whoever holds the journal"
        anew.replace(file)
    coming.join()
    assert read_journal(file) == tombstones[1:]


def test_the_control_a_restore_that_forgets_the_tombstones_is_caught(lived: Lived, elsewhere: Elsewhere) -> None:
    lived.backs_up()
    lived.withdraws(lived.spoken)
    lived.withdraws(lived.waiting)
    elsewhere.places.root.mkdir(parents=True)
    elsewhere.places.journal.write_bytes(lived.places.journal.read_bytes())
    elsewhere.restores(lived.backup, settle=[lambda session, tombstones: None])
    with pytest.raises(AssertionError):
        assert_stays_gone(lived, elsewhere)


def test_the_journal_is_written_before_a_withdrawal_counts(lived: Lived) -> None:
    """Also when the disk of the database gives way at the commit: the visitor has said it."""
    lived.withdraws(lived.spoken)
    (noted,) = read_journal(lived.places.journal)
    with lived.sample.database.reading() as session:
        (row,) = session.scalars(select(TombstoneRow))
    assert noted == (row.withdrawal_hash, row.withdrawn_at, lived.spoken.id)
    with lived.places.journal.open("ab") as journal:
        journal.write(b"0123 half a li")  # the power went
    lived.withdraws(lived.waiting)
    assert len(read_journal(lived.places.journal)) == 2
    lived.places.journal.unlink()
    lived.places.journal.mkdir()
    with pytest.raises(OSError, match="directory"):
        lived.withdraws(create_visit(lived.sample.kiosk_id))
    with lived.sample.database.reading() as session:
        assert len(session.scalars(select(TombstoneRow)).all()) == 2


def test_a_journal_that_cannot_be_written_stops_a_restore_before_it_changes_anything(
    lived: Lived, elsewhere: Elsewhere
) -> None:
    lived.backs_up()
    elsewhere.places.journal.mkdir(parents=True)  # as little to be written as a file of root's, also for root
    before = files_of(elsewhere.places)
    with pytest.raises(UnfitMachine, match="systemd-tmpfiles --create"):
        elsewhere.restores(lived.backup)
    assert not elsewhere.places.begun.exists()
    assert files_of(elsewhere.places) == before
    with elsewhere.database.engine.connect() as connection:
        assert not has_table(connection, "visits"), "its rows were not touched"

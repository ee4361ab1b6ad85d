"""What was withdrawn since the backup stays gone, by the journal or by the present database."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from server.privacy.journal import read_journal
from server.tables import EnvelopeRow, EnvelopeState, TombstoneRow, TranscriptRow, VisitRow
from tests.backup.makers import Elsewhere, Lived, unpacker_of
from tests.makers import create_visit
from tests.server.test_withdrawal import WORDS
from vertelpaal.errors import Conflict


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

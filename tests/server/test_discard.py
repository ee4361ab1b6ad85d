"""What staff discard from quarantine is gone for good, and known when it comes again."""

from __future__ import annotations

from threading import Thread
from uuid import uuid4

import pytest
from click.testing import CliRunner

from server.pipeline.discard import discard
from server.pipeline.retry import retry
from server.pipeline.settling import settling
from server.privacy.withdrawal import withdraw
from server.review.queries import quarantined
from server.tables import EnvelopeRow, EnvelopeState
from tests.makers import WITHDRAWAL_KEY, SampleLibrary, create_visit, seal
from vertelpaal.cli import root
from vertelpaal.errors import NotFound
from vertelpaal.visit import Visit


def put_aside(sample: SampleLibrary) -> tuple[Visit, bytes]:
    visit = create_visit(sample.kiosk_id)
    sealed = seal(visit, {}, sample.identity.to_public())
    sample.receive(visit.id, sealed)
    sample.unpacker.quarantine(visit.id, "a key is missing")
    return visit, sealed


def test_what_is_discarded_is_gone_and_known_and_can_be_withdrawn(sample: SampleLibrary) -> None:
    visit, sealed = put_aside(sample)
    sample.folders.sealed(visit.id).write_bytes(sealed)  # as a power cut brings it back
    assert discard(sample.database, sample.folders, visit.id, sample.clock)
    assert not sample.folders.aside(visit.id).exists()
    assert not sample.folders.sealed(visit.id).exists()
    assert sample.receive(visit.id, sealed).visit_id == visit.id, "its pole has its receipt"
    assert not sample.folders.sealed(visit.id).exists(), "and it is not taken in again"
    assert retry(sample.database, sample.folders, sample.clock, everything=True) == []
    assert not discard(sample.database, sample.folders, visit.id, sample.clock)
    assert visit.withdrawal_code is not None
    folders = (sample.folders.media, sample.folders.quarantine)
    done = withdraw(sample.database, folders, visit.withdrawal_code, WITHDRAWAL_KEY, sample.clock)
    assert (done.visit_id, done.was_withdrawn_before) == (None, False)
    with sample.database.reading() as session:
        assert quarantined(session, 90) == []
        assert session.get_one(EnvelopeRow, visit.id).state == EnvelopeState.ERASED


def test_what_is_not_in_quarantine_is_not_discarded(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    assert not discard(sample.database, sample.folders, visit.id, sample.clock)
    assert sample.folders.sealed(visit.id).exists()


def test_who_discards_waits_for_whoever_lets_it_in_again(sample: SampleLibrary) -> None:
    visit, sealed = put_aside(sample)
    discarding = Thread(target=discard, args=(sample.database, sample.folders, visit.id, sample.clock))
    with settling(sample.folders, visit.id):
        discarding.start()
        discarding.join(0.5)
        sample.folders.aside(visit.id).rename(sample.folders.sealed(visit.id))
        with sample.database.transaction() as session:
            session.get_one(EnvelopeRow, visit.id).state = EnvelopeState.RECEIVED
    discarding.join()
    assert sample.folders.sealed(visit.id).read_bytes() == sealed


@pytest.mark.usefixtures("machine")
def test_the_command_discards_one_or_all(sample: SampleLibrary) -> None:
    (first, _), *others = put_aside(sample), put_aside(sample), put_aside(sample)
    assert CliRunner().invoke(root, ["discard"]).exit_code == 2
    assert CliRunner().invoke(root, ["discard", str(first.id), "--all"]).exit_code == 2
    assert isinstance(CliRunner().invoke(root, ["discard", str(uuid4())]).exception, NotFound)
    assert "1 envelope" in CliRunner().invoke(root, ["discard", str(first.id)]).stdout
    assert [sample.folders.aside(visit.id).exists() for visit, _ in others] == [True, True]
    assert "2 envelope(s)" in CliRunner().invoke(root, ["discard", "--all"]).stdout
    assert not list(sample.folders.quarantine.glob("*.age"))

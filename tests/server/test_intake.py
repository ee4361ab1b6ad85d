"""Envelopes in: resumable, idempotent, and a receipt only for what is safe."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from uuid import uuid4

import pytest

from server.tables import EnvelopeRow, EnvelopeState
from tests.makers import SampleLibrary, create_kiosk, create_visit, seal
from vertelpaal.errors import (
    DifferentBytes,
    InvalidInput,
    NotAllowed,
    NotFound,
    StorageFull,
    Throttled,
    TooLarge,
    WrongOffset,
)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_an_envelope_in_pieces_gets_a_receipt_that_repeats_visit_and_hash(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sealed = seal(visit, {}, sample.identity.to_public())
    sample.intake.declare(visit.id, sample.kiosk_id, len(sealed), sha(sealed))
    first = sample.intake.append(visit.id, sample.kiosk_id, 0, [sealed[:100]])
    assert (first.offset, first.receipt) == (100, None)
    last = sample.intake.append(visit.id, sample.kiosk_id, 100, [sealed[100:]])
    assert last.receipt is not None
    assert (last.receipt.visit_id, last.receipt.sha256) == (visit.id, sha(sealed))
    assert sample.folders.sealed(visit.id).read_bytes() == sealed


def test_the_same_envelope_again_gets_the_same_receipt(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sealed = seal(visit, {}, sample.identity.to_public())
    receipt = sample.receive(visit.id, sealed)
    sample.clock.forward(3600)
    again = sample.intake.declare(visit.id, sample.kiosk_id, len(sealed), sha(sealed))
    assert again.receipt == receipt
    sample.unpacker.unpack(visit.id)
    assert sample.intake.declare(visit.id, sample.kiosk_id, len(sealed), sha(sealed)).receipt == receipt


def test_the_same_visit_with_other_bytes_is_refused_and_noted(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sealed = seal(visit, {}, sample.identity.to_public())
    other = seal(visit, {}, sample.identity.to_public())
    sample.receive(visit.id, sealed)
    with pytest.raises(DifferentBytes):
        sample.intake.declare(visit.id, sample.kiosk_id, len(other), sha(other))
    with sample.database.reading() as session:
        row = session.get_one(EnvelopeRow, visit.id)
        assert (row.sha256, row.other_sha256) == (sha(sealed), sha(other))
    assert sample.folders.sealed(visit.id).read_bytes() == sealed


def test_an_upload_at_the_wrong_offset_is_told_the_true_one(sample: SampleLibrary) -> None:
    visit_id, data = uuid4(), b"x" * 1000
    sample.intake.declare(visit_id, sample.kiosk_id, len(data), sha(data))
    sample.intake.append(visit_id, sample.kiosk_id, 0, [data[:400]])
    with pytest.raises(WrongOffset) as refused:
        sample.intake.append(visit_id, sample.kiosk_id, 300, [data[300:]])
    assert refused.value.offset == 400


def test_bytes_that_do_not_match_the_hash_get_no_receipt_and_begin_again(sample: SampleLibrary) -> None:
    visit_id, data = uuid4(), b"x" * 1000
    sample.intake.declare(visit_id, sample.kiosk_id, len(data), sha(data))
    with pytest.raises(WrongOffset) as refused:
        sample.intake.append(visit_id, sample.kiosk_id, 0, [b"y" * 1000])
    assert refused.value.offset == 0
    assert sample.intake.append(visit_id, sample.kiosk_id, 0, [data]).receipt is not None


def test_more_bytes_than_declared_are_refused(sample: SampleLibrary) -> None:
    visit_id, data = uuid4(), b"x" * 10
    sample.intake.declare(visit_id, sample.kiosk_id, len(data), sha(data))
    with pytest.raises(InvalidInput):
        sample.intake.append(visit_id, sample.kiosk_id, 0, [data + b"more"])


@pytest.mark.parametrize("length", [0, -1, 300 * 2**20])
def test_an_envelope_that_cannot_be_one_is_refused_before_a_byte_comes(sample: SampleLibrary, length: int) -> None:
    with pytest.raises(TooLarge):
        sample.intake.declare(uuid4(), sample.kiosk_id, length, "0" * 64)


def test_a_full_disk_is_told_before_a_byte_comes(sample: SampleLibrary) -> None:
    from server.intake.envelopes import Intake

    full = Intake(sample.database, sample.folders.intake, sample.clock, keep_free=2**62)
    with pytest.raises(StorageFull):
        full.declare(uuid4(), sample.kiosk_id, 10, "0" * 64)


def test_a_crash_between_rename_and_commit_is_finished_by_the_next_try(sample: SampleLibrary) -> None:
    visit_id, data = uuid4(), b"x" * 1000
    sample.intake.declare(visit_id, sample.kiosk_id, len(data), sha(data))
    sample.folders.sealed(visit_id).write_bytes(data)  # renamed, and then the power went
    found = sample.intake.declare(visit_id, sample.kiosk_id, len(data), sha(data))
    assert (found.offset, found.receipt) == (1000, None)
    assert sample.intake.append(visit_id, sample.kiosk_id, 1000, []).receipt is not None
    with sample.database.reading() as session:
        assert session.get_one(EnvelopeRow, visit_id).state == EnvelopeState.RECEIVED


def test_a_pole_that_was_paired_anew_goes_on_with_its_upload(sample: SampleLibrary) -> None:
    visit_id, data, anew = uuid4(), b"x" * 1000, create_kiosk(sample)
    sample.intake.declare(visit_id, sample.kiosk_id, len(data), sha(data))
    sample.intake.append(visit_id, sample.kiosk_id, 0, [data[:400]])
    assert sample.intake.declare(visit_id, anew, len(data), sha(data)).offset == 400
    assert sample.intake.append(visit_id, anew, 400, [data[400:]]).receipt is not None


def test_a_second_upload_of_the_same_visit_does_not_wait_for_the_first(sample: SampleLibrary) -> None:
    visit_id, data = uuid4(), b"x" * 1000
    sample.intake.declare(visit_id, sample.kiosk_id, len(data), sha(data))

    def half() -> Iterator[bytes]:
        yield data[:400]
        with pytest.raises(Throttled):
            sample.intake.append(visit_id, sample.kiosk_id, 0, [data])

    assert sample.intake.append(visit_id, sample.kiosk_id, 0, half()).offset == 400


def test_another_pole_does_not_find_an_envelope(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    with pytest.raises(NotFound):
        sample.intake.progress(visit.id, uuid4())


def test_a_wrong_or_revoked_token_reaches_nothing(sample: SampleLibrary) -> None:
    from server.intake.pairing import kiosk_of_token, revoke_kiosk

    with sample.database.transaction() as session, pytest.raises(NotAllowed):
        kiosk_of_token(session, "wrong")
    with sample.database.transaction() as session:
        assert kiosk_of_token(session, sample.token).id == sample.kiosk_id
        revoke_kiosk(session, sample.kiosk_id, sample.clock.now())
    with sample.database.transaction() as session, pytest.raises(NotAllowed):
        kiosk_of_token(session, sample.token)

"""The outbox while one visit is sealed and room for the next is taken."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest
from pyrage import x25519

from kiosk.outbox import Outbox
from tests.makers import create_visit
from vertelpaal.identifiers import new_id

ROOM = 2**16


class SlowDisk:
    """A disk that takes its time to find room, and finds it in the file that it was asked for."""

    def __init__(self) -> None:
        self.asked, self.may_go_on = threading.Event(), threading.Event()

    def take_room(self, file: Path, size: int) -> None:
        """Take room once the test says so."""
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        self.asked.set()
        self.may_go_on.wait(30)
        os.posix_fallocate(descriptor, 0, size)
        os.close(descriptor)


def test_room_that_comes_late_adds_nothing_to_a_sealed_envelope(tmp_path: Path) -> None:
    Outbox(tmp_path).reserve(ROOM)
    disk = SlowDisk()
    outbox = Outbox(tmp_path, disk.take_room)
    visit, recipient = create_visit(new_id()), x25519.Identity.generate().to_public()
    taking = threading.Thread(target=outbox.reserve, args=(2 * ROOM,))
    sealing = threading.Thread(target=outbox.put, args=(visit, {}, [recipient]))
    taking.start()
    assert disk.asked.wait(30)
    sealing.start()
    sealing.join(0.3)  # an outbox that does not wait is done by now
    disk.may_go_on.set()
    taking.join(30)
    sealing.join(30)
    (sealed,) = outbox.waiting()
    assert hashlib.sha256(sealed.file.read_bytes()).hexdigest() == sealed.sha256()
    assert sealed.length < ROOM
    assert not (tmp_path / ".reserved").exists()


def test_an_envelope_takes_the_room_that_was_kept_for_it(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.reserve(ROOM)
    room = (tmp_path / ".reserved").stat().st_ino
    sealed = outbox.put(create_visit(new_id()), {}, [x25519.Identity.generate().to_public()])
    assert sealed.file.stat().st_ino == room
    assert sealed.length < ROOM


@pytest.mark.parametrize("spoiled", [None, b"", b"\0\0\0", b"12x", "²".encode(), b"9" * 10, b"9" * 40])
def test_a_spoiled_number_does_not_stop_the_pole_and_comes_before_none_that_waits(
    tmp_path: Path, spoiled: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(tmp_path)
    for number in (1, 2, 3):
        assert outbox.next_sequence() == number
    visit = create_visit(new_id()).model_copy(update={"sequence": 7})
    outbox.put(visit, {}, [x25519.Identity.generate().to_public()])
    assert Outbox(tmp_path).next_sequence() == 4, "the control: a sound number goes on"
    (tmp_path / "sequence").unlink()
    if spoiled is not None:
        (tmp_path / "sequence").write_bytes(spoiled)
    assert Outbox(tmp_path).next_sequence() == 8
    assert "is lost" in caplog.text
    assert Outbox(tmp_path).next_sequence() == 9

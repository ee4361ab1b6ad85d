"""A new pair of keys takes over while the house runs; a week's backlog to the old one still arrives and opens."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from kiosk.outbox import Outbox
from kiosk.server_client import ServerClient
from kiosk.shelf import Shelf, Token
from kiosk.uplink import Uplink
from server.extensions import Library
from server.intake.key_rotation import key_uses, retire, still_to_come, waiting_envelopes
from server.pipeline.unpack import Unpacker
from server.tables import EnvelopeRow, EnvelopeState
from tests.makers import NOW, WITHDRAWAL_KEY, SampleLibrary, create_visit
from tests.serving import serving
from vertelpaal.errors import Conflict, NotFound, SettingsError
from vertelpaal.keys import KeyRing, current_public_key, key_files, key_for_poles, new_key_file, read_public_key

BACKLOG = 30


@dataclass
class Rotating:
    """A pole and a server whose web side and worker run on while keys come and go."""

    sample: SampleLibrary
    keys: Path
    unpacker: Unpacker
    shelf: Shelf
    outbox: Outbox
    uplink: Uplink

    def seals(self) -> UUID:
        """Make a visit at the pole, sealed to the key that the pole was told last."""
        assignment = self.shelf.assignment()
        assert assignment is not None
        visit = create_visit(self.sample.kiosk_id, sequence=self.outbox.next_sequence())
        self.outbox.put(visit, {}, [read_public_key(assignment.public_key)])
        return visit.id

    def works(self) -> None:
        """Let the worker open everything that has arrived."""
        with self.sample.database.reading() as session:
            waiting = session.scalars(
                select(EnvelopeRow.visit_id).where(EnvelopeRow.state == EnvelopeState.RECEIVED)
            ).all()
        for visit_id in waiting:
            self.unpacker.unpack(visit_id)

    def states(self) -> dict[UUID, str]:
        with self.sample.database.reading() as session:
            return {row.visit_id: row.state for row in session.scalars(select(EnvelopeRow))}

    def sealed(self) -> list[Path]:
        return waiting_envelopes(self.sample.folders.intake, self.sample.folders.quarantine)

    def waiting(self) -> dict[str, int]:
        return {use.key.name: use.waiting for use in key_uses(self.keys, current_public_key(self.keys), self.sealed())}

    def retires(self, name: str, *, lose_answers: bool = False) -> None:
        with self.sample.database.reading() as session:
            current = current_public_key(self.keys)
            retire(session, self.keys, name, current, self.sealed(), lose_answers=lose_answers)


@pytest.fixture
def rotating(sample: SampleLibrary, app: Flask, tmp_path: Path) -> Iterator[Rotating]:
    home = tmp_path / "keyed"
    keys = home / "keys"
    new_key_file(keys, "first", NOW - timedelta(days=365))
    library: Library = app.extensions["vertelpaal"]
    app.extensions["vertelpaal"] = Library(
        library.settings, library.database, library.clock, lambda: key_for_poles(home)
    )
    shelf, outbox = Shelf(tmp_path / "pole"), Outbox(tmp_path / "pole" / "outbox")
    shelf.keep_token(Token(kiosk_id=sample.kiosk_id, token=sample.token))
    unpacker = Unpacker(sample.database, sample.folders, KeyRing(keys), WITHDRAWAL_KEY, sample.clock)
    with serving(app) as url:
        uplink = Uplink(
            client=ServerClient(url),
            shelf=shelf,
            outbox=outbox,
            clock=sample.clock,
            rng=random.Random(1),
            on_publication=lambda _: None,
            on_pairing=lambda _: None,
            seconds=30,
        )
        uplink.once()
        yield Rotating(sample, keys, unpacker, shelf, outbox, uplink)


def test_a_weeks_backlog_to_the_old_key_is_delivered_and_opened_after_a_rotation(rotating: Rotating) -> None:
    before = rotating.seals()
    rotating.uplink.once()
    rotating.works()  # the worker has read its keys, and runs on
    backlog = [rotating.seals() for _ in range(BACKLOG)]
    new_key_file(rotating.keys, "second", NOW)
    with pytest.raises(Conflict, match="has not said that it seals to the new key"):
        rotating.retires("first")
    rotating.uplink.once()
    assert rotating.outbox.waiting() == []
    assert rotating.waiting() == {"first": BACKLOG, "second": 0}
    fresh = rotating.seals()
    rotating.uplink.once()
    assert rotating.waiting() == {"first": BACKLOG, "second": 1}
    with pytest.raises(Conflict, match=f"{BACKLOG} envelope"):
        rotating.retires("first")
    rotating.works()
    assert rotating.states() == dict.fromkeys([before, *backlog, fresh], EnvelopeState.PROCESSED)
    assert rotating.waiting() == {"first": 0, "second": 0}


def test_an_old_key_goes_when_nothing_can_come_and_not_before(rotating: Rotating) -> None:
    rotating.seals()
    new_key_file(rotating.keys, "second", NOW)
    rotating.uplink.once()  # says that it holds one, hears of the new key, delivers
    rotating.works()
    with pytest.raises(Conflict, match="has not said"):
        rotating.retires("first")
    rotating.uplink.once()
    rotating.retires("first")
    assert [key.name for key in key_files(rotating.keys)] == ["second"]
    with pytest.raises(NotFound):
        rotating.retires("first")
    with pytest.raises(Conflict, match="poles seal to second now"):
        rotating.retires("second", lose_answers=True)


def test_a_key_that_was_retired_too_early_costs_exactly_what_was_said(rotating: Rotating) -> None:
    """The control: were the old key not kept, the backlog would not open, and this is how that looks."""
    lost = rotating.seals()
    new_key_file(rotating.keys, "second", NOW)
    rotating.retires("first", lose_answers=True)
    rotating.uplink.once()
    kept = rotating.seals()
    rotating.uplink.once()
    rotating.works()
    assert rotating.states() == {lost: EnvelopeState.QUARANTINED, kept: EnvelopeState.PROCESSED}


def test_an_upload_in_the_middle_holds_the_key(rotating: Rotating) -> None:
    sample = rotating.sample
    visit_id = rotating.seals()
    (sealed,) = rotating.outbox.waiting()
    sample.intake.declare(visit_id, sample.kiosk_id, sealed.length, sealed.sha256())
    sample.intake.append(visit_id, sample.kiosk_id, 0, [sealed.file.read_bytes()[:20]])
    new_key_file(rotating.keys, "second", NOW)
    assert rotating.waiting() == {"first": 1, "second": 1}, "the header is not here yet: it may be either's"
    with sample.database.reading() as session:
        reasons = still_to_come(session, current_public_key(rotating.keys))
    assert f"envelope {visit_id} is arriving" in reasons


def test_the_newest_key_is_the_one_made_last_whatever_its_name(tmp_path: Path) -> None:
    home = tmp_path / "home"
    new_key_file(home / "keys", "zomer", NOW - timedelta(days=10))
    new_key_file(home / "keys", "herfst", NOW)
    assert [key.name for key in key_files(home / "keys")] == ["zomer", "herfst"]
    assert key_for_poles(home) == key_files(home / "keys")[-1].public_key
    (home / "public-key").unlink()
    assert key_for_poles(home) == key_files(home / "keys")[-1].public_key
    with pytest.raises(SettingsError, match="never overwritten"):
        new_key_file(home / "keys", "zomer")

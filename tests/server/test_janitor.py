"""The janitor: what nothing points to goes, what is needed stays."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import IO
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from server.config import ServerSettings
from server.intake.envelopes import Intake
from server.pipeline.janitor import SETTLED, Janitor
from server.pipeline.retry import retry
from server.pipeline.settling import settling
from server.privacy.belief import trust
from server.privacy.periods import UPLOAD_KEPT
from server.review.queries import quarantined
from server.tables import EnvelopeRow, EnvelopeState
from setup.layout import ROOT
from tests.makers import NOW, SampleLibrary, create_recording, create_visit, seal
from tests.media import spoken_recording
from vertelpaal.clock import SystemClock
from vertelpaal.durable import write_durably
from vertelpaal.identifiers import new_id

BEGUN = 100
"""How many bytes of a begun upload have come."""


def clean(sample: SampleLibrary) -> None:
    Janitor(sample.database, sample.folders, SystemClock(), quarantine_days=90).clean()


@dataclass(frozen=True)
class Begun:
    """An upload of which a part has come."""

    visit_id: UUID
    sealed: bytes
    sha256: str
    part: Path


def begin_upload(sample: SampleLibrary) -> Begun:
    visit = create_visit(sample.kiosk_id)
    sealed = seal(visit, {}, sample.identity.to_public())
    sha256 = hashlib.sha256(sealed).hexdigest()
    sample.intake.declare(visit.id, sample.kiosk_id, len(sealed), sha256)
    sample.intake.append(visit.id, sample.kiosk_id, 0, [sealed[:BEGUN]])
    return Begun(visit.id, sealed, sha256, sample.folders.intake / f"{visit.id}.part")


def written_ago(file: Path, ago: timedelta) -> Path:
    """Write a file as if it had been written a while ago."""
    file.write_bytes(b"left behind")
    then = SystemClock().now().timestamp() - ago.total_seconds()
    os.utime(file, (then, then))
    return file


def test_what_a_killed_worker_left_unpacked_goes(sample: SampleLibrary) -> None:
    place = sample.folders.work / str(uuid4())
    place.mkdir(parents=True)
    (place / "envelope.zip").write_bytes(b"in plain")
    clean(sample)
    assert not list(sample.folders.work.rglob("*"))


def test_media_that_nobody_owns_go_and_live_ones_stay(sample: SampleLibrary) -> None:
    recording, data = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    orphan = written_ago(sample.folders.media / f"{uuid4()}.mp4", SETTLED * 2)
    fresh = written_ago(sample.folders.media / f"{uuid4()}.mp4", timedelta(minutes=1))
    live = list(sample.folders.media.glob(f"{recording.id}.*"))
    os.utime(live[0], (1, 1))
    clean(sample)
    assert not orphan.exists()
    assert fresh.exists(), "its row may be about to be committed"
    assert live[0].exists()


def test_what_a_crash_left_half_written_goes_within_hours(sample: SampleLibrary) -> None:
    folders = (sample.folders.media, sample.folders.quarantine, sample.folders.intake)
    left = {
        age: [written_ago(folder / f".{new_id()}.{ending}.17-4711.part", age) for folder in folders]
        for ending, age in (("webm", SETTLED * 2), ("age", timedelta(minutes=1)))
    }
    clean(sample)
    assert [half.exists() for half in left[SETTLED * 2]] == [False] * len(folders)
    assert [half.exists() for half in left[timedelta(minutes=1)]] == [True] * len(folders), "somebody may be writing it"


def test_a_copy_that_is_killed_leaves_such_a_half(sample: SampleLibrary) -> None:
    """The control: the name under which it lies is the one that the janitor looks for."""
    names: list[str] = []
    target = sample.folders.quarantine / f"{new_id()}.webm"
    write_durably(target, lambda _: names.extend(half.name for half in target.parent.glob(".*.part")))
    assert [name.startswith(f".{target.name}.") for name in names] == [True]


def test_sealed_bytes_that_a_power_cut_brought_back_go(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.deliver(visit)
    back = written_ago(sample.folders.sealed(visit.id), timedelta(0))
    waiting = written_ago(sample.folders.sealed(uuid4()), timedelta(days=400))
    clean(sample)
    assert not back.exists()
    assert waiting.exists(), "what is not done is never too old"


def test_quarantine_ends_when_its_page_says(sample: SampleLibrary) -> None:
    old = written_ago(sample.folders.quarantine / f"{uuid4()}.age", timedelta(days=91))
    young = written_ago(sample.folders.quarantine / f"{uuid4()}.age", timedelta(days=89))
    clean(sample)
    assert not old.exists()
    assert young.exists()


def test_the_days_of_quarantine_count_from_the_receipt_however_often_it_is_tried(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    janitor = Janitor(sample.database, sample.folders, sample.clock, quarantine_days=90)
    for day, stays in ((0, True), (60, True), (89, True), (91, False)):
        sample.clock.at = NOW + timedelta(days=day)
        retry(sample.database, sample.folders, sample.clock, everything=True)
        sample.unpacker.quarantine(visit.id, "a key is missing")
        with sample.database.transaction() as session:
            trust(session, sample.clock.now())
            assert [one.kept_until for one in quarantined(session, 90)] == [NOW + timedelta(days=90)]
        janitor.clean()
        assert sample.folders.aside(visit.id).exists() is stays, day


def test_a_recording_that_was_put_aside_counts_from_the_receipt_as_well(sample: SampleLibrary) -> None:
    recording = create_recording(b"no film")
    sample.deliver(create_visit(sample.kiosk_id, recording=recording), {recording.id: b"no film"})
    aside = sample.folders.quarantine / f"{recording.id}.webm"
    janitor = Janitor(sample.database, sample.folders, sample.clock, quarantine_days=90)
    for day, stays in ((89, True), (91, False)):
        sample.clock.at = NOW + timedelta(days=day)
        janitor.clean()
        assert aside.exists() is stays, day


def test_quarantine_is_never_kept_longer_than_video(tmp_path: Path) -> None:
    settings = ServerSettings(home=tmp_path, secret_key=SecretStr("s" * 32), withdrawal_key=SecretStr("w" * 32))
    assert settings.days_aside == 90
    assert settings.model_copy(update={"keep_video_days": 7}).days_aside == 7
    assert settings.model_copy(update={"quarantine_days": 5}).days_aside == 5
    used = [path for path in (ROOT / "server").rglob("*.py") if ".quarantine_days" in path.read_text(encoding="utf-8")]
    assert used == [ROOT / "server" / "config.py"], "everybody else asks how long it is really kept"


def test_an_upload_that_nobody_goes_on_with_is_forgotten_and_may_begin_anew(sample: SampleLibrary) -> None:
    left, slow, whole = begin_upload(sample), begin_upload(sample), begin_upload(sample)
    sample.clock.forward(UPLOAD_KEPT.total_seconds() + 60)
    for part, ago in ((left.part, UPLOAD_KEPT * 2), (slow.part, timedelta(days=1))):
        then = (sample.clock.now() - ago).timestamp()
        os.utime(part, (then, then))
    whole.part.write_bytes(whole.sealed)
    whole.part.rename(sample.folders.sealed(whole.visit_id))  # killed before its receipt
    Janitor(sample.database, sample.folders, sample.clock, quarantine_days=90).clean()
    assert not left.part.exists()
    found = [
        sample.intake.declare(one.visit_id, sample.kiosk_id, len(one.sealed), one.sha256) for one in (left, slow, whole)
    ]
    assert [one.offset for one in found] == [0, BEGUN, len(whole.sealed)]
    assert found[2].receipt is not None, "it is received, although its pole never asked again"
    assert sample.receive(left.visit_id, left.sealed).sha256 == left.sha256


def test_an_upload_that_is_under_way_is_not_forgotten(sample: SampleLibrary) -> None:
    begun = begin_upload(sample)

    def pieces() -> Iterator[bytes]:
        sample.clock.forward(UPLOAD_KEPT.total_seconds() * 2)
        assert sample.intake.forget_abandoned(sample.clock.now()) == 0
        yield begun.sealed[BEGUN:]

    assert sample.intake.append(begun.visit_id, sample.kiosk_id, BEGUN, pieces()).receipt is not None


@pytest.mark.parametrize("forgets", [False, True])
def test_two_janitors_at_once_forget_and_receive_an_upload_once(
    sample: SampleLibrary, monkeypatch: pytest.MonkeyPatch, forgets: bool
) -> None:
    left, whole = begin_upload(sample), begin_upload(sample)
    sample.clock.forward(UPLOAD_KEPT.total_seconds() + 60)
    then = (sample.clock.now() - UPLOAD_KEPT * 2).timestamp()
    os.utime(left.part, (then, then))
    whole.part.write_bytes(whole.sealed)
    whole.part.rename(sample.folders.sealed(whole.visit_id))
    slow = Intake(sample.database, sample.folders.intake, sample.clock)
    locked = slow._locked

    def after_the_other(visit_id: UUID) -> AbstractContextManager[IO[bytes]]:
        sample.intake.forget_abandoned(sample.clock.now())
        sample.intake.receive_whole()
        if visit_id == whole.visit_id:
            sample.unpacker.unpack(visit_id)  # and its sealed bytes are gone
        return locked(visit_id)

    monkeypatch.setattr(slow, "_locked", after_the_other)
    assert (slow.forget_abandoned(sample.clock.now()) if forgets else slow.receive_whole()) == 0
    with sample.database.reading() as session:
        states = {row.visit_id: row.state for row in session.scalars(select(EnvelopeRow))}
    assert states == {whole.visit_id: EnvelopeState.PROCESSED}


def test_bytes_under_the_name_of_an_envelope_are_not_believed(sample: SampleLibrary) -> None:
    begun = begin_upload(sample)
    begun.part.unlink()
    sample.folders.sealed(begun.visit_id).write_bytes(b"x" * len(begun.sealed))
    clean(sample)
    assert not sample.folders.sealed(begun.visit_id).exists()
    assert sample.receive(begun.visit_id, begun.sealed).sha256 == begun.sha256


def test_a_part_that_nobody_declared_goes(sample: SampleLibrary) -> None:
    begun = begin_upload(sample)
    stray = written_ago(sample.folders.intake / f"{uuid4()}.part", SETTLED * 2)
    clean(sample)
    assert not stray.exists()
    assert begun.part.exists()


def test_the_janitor_waits_for_whoever_lets_an_envelope_in_again(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    sample.unpacker.quarantine(visit.id, "a key is missing")
    cleaning = Thread(target=clean, args=(sample,))
    with settling(sample.folders, visit.id):
        shutil.copy(sample.folders.aside(visit.id), sample.folders.sealed(visit.id))
        cleaning.start()
        cleaning.join(0.5)
        with sample.database.transaction() as session:
            session.get_one(EnvelopeRow, visit.id).state = EnvelopeState.RECEIVED
    cleaning.join()
    assert sample.folders.sealed(visit.id).exists()


def test_a_file_that_goes_while_the_janitor_looks_stops_nothing(sample: SampleLibrary) -> None:
    old = written_ago(sample.folders.quarantine / f"{uuid4()}.age", timedelta(days=91))
    (sample.folders.quarantine / "gone").symlink_to(sample.folders.quarantine / "nowhere")
    clean(sample)
    assert not old.exists()

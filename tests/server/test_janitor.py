"""The janitor: what nothing points to goes, what is needed stays."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from server.pipeline.janitor import SETTLED, Janitor
from tests.makers import SampleLibrary, create_visit
from tests.media import spoken_recording
from vertelpaal.clock import SystemClock


def clean(sample: SampleLibrary) -> None:
    Janitor(sample.database, sample.folders, SystemClock(), quarantine_days=90).clean()


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

"""The real worker, started as on a server: what is over goes, by the periods of the library's own settings."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from server.tables import VisitRow
from tests.makers import WITHDRAWAL_KEY, SampleLibrary, create_visit
from tests.media import filmed_recording
from vertelpaal.clock import SystemClock
from vertelpaal.keys import new_key_file

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 60


def deliver_film(sample: SampleLibrary, days_ago: int) -> str:
    """Deliver a film of some days ago; return the start of its files' names."""
    recording, data = filmed_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    with sample.database.transaction() as session:
        session.get_one(VisitRow, visit.id).started_at = SystemClock().now() - timedelta(days=days_ago)
    return str(recording.id)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_ends_what_is_over_by_the_settings(sample: SampleLibrary, database_url: str, tmp_path: Path) -> None:
    home = tmp_path / "library"
    old, young = deliver_film(sample, 10), deliver_film(sample, 2)
    new_key_file(home / "keys", "2026-01-01")
    (home / "server").mkdir()
    sample.folders.media.rename(home / "server" / "media")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VERTELPAAL_")}
    environment |= {
        "VERTELPAAL_HOME": str(home),
        "VERTELPAAL_DATABASE_URL": database_url,
        "VERTELPAAL_WITHDRAWAL_KEY": WITHDRAWAL_KEY.decode(),
        "VERTELPAAL_KEEP_VIDEO_DAYS": "7",
    }
    worker = subprocess.Popen([sys.executable, "-m", "vertelpaal", "worker"], env=environment)
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while list((home / "server" / "media").glob(f"{old}.*")):
            assert time.monotonic() < until, "the film of ten days ago is still there"
            assert worker.poll() is None, "the worker ended"
            time.sleep(0.2)
    finally:
        worker.terminate()
        worker.wait(30)
    assert len(list((home / "server" / "media").glob(f"{young}.*"))) == 2, "the film of two days ago and its poster"

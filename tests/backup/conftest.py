"""What the tests of backup and restore ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from server.database import Database, make_engine
from server.pipeline.unpack import Unpacker
from server.privacy.journal import keep_journal
from tests.backup.makers import Elsewhere, Lived, copied, create_places, places_of
from tests.makers import WITHDRAWAL_KEY, SampleLibrary, create_visit, seal
from tests.media import spoken_recording
from tests.server.test_withdrawal import deliver_spoken_visit


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Restore from each kind of database to the other kind always, and to its own in `make proof`."""
    for item in items:
        kinds = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if "bare_database_url" in kinds and kinds.get("database_url") == kinds["bare_database_url"]:
            item.add_marker(pytest.mark.proof)


@pytest.fixture
def lived(sample: SampleLibrary, tmp_path: Path) -> Lived:
    unpacker = Unpacker(sample.database, sample.folders, [sample.identity], WITHDRAWAL_KEY, sample.clock, remux=copied)
    sample = replace(sample, unpacker=unpacker)
    places = places_of(sample)
    keep_journal(sample.database, places.journal)
    spoken = deliver_spoken_visit(sample)
    recording, media = spoken_recording()
    waiting = create_visit(sample.kiosk_id, recording=recording, sequence=2)
    sample.receive(waiting.id, seal(waiting, {recording.id: media}, sample.identity.to_public()))
    broken = uuid4()
    sample.receive(broken, b"no envelope at all")
    sample.unpacker.unpack(broken)
    (places.files).mkdir(exist_ok=True)
    (sample.home / "settings.env").write_text("VERTELPAAL_SERVER_PORT=8123\nVERTELPAAL_SECRET_KEY=geheim-geheim\n")
    return Lived(sample, places, spoken, waiting, tmp_path / "backup.age")


@pytest.fixture
def elsewhere(bare_database_url: str, tmp_path: Path) -> Iterator[Elsewhere]:
    engine = make_engine(bare_database_url)
    yield Elsewhere(Database(engine), create_places(tmp_path / "elsewhere"))
    engine.dispose()

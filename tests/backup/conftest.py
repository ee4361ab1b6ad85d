"""What the tests of backup and restore ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from server.database import Database, make_engine
from server.pipeline.unpack import Unpacker
from server.privacy.journal import keep_journal
from tests.backup.makers import Elsewhere, Lived, copied, create_places, places_of
from tests.makers import WITHDRAWAL_KEY, SampleLibrary, create_visit, seal
from tests.media import spoken_recording
from tests.server.test_withdrawal import deliver_spoken_visit


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


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Elsewhere]:
    url = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    if request.param == "postgresql":
        base: str = request.getfixturevalue("postgres")
        name = f"elsewhere_{uuid4().hex}"
        admin = create_engine(base.format("postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        url = base.format(name)
    engine = make_engine(url)
    yield Elsewhere(Database(engine), create_places(tmp_path / "elsewhere"))
    engine.dispose()

"""An upgrade in the middle of everything: full outbox, envelopes that wait, work that runs. All of it arrives once."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from pyrage import x25519
from sqlalchemy import Engine, select, text

from kiosk.outbox import Outbox
from kiosk.server_client import ServerClient
from kiosk.shelf import Shelf
from kiosk.uplink import Uplink
from server.app import create_app
from server.backup.rows import load
from server.config import ServerSettings
from server.database import Database, make_engine
from server.intake.pairing import token_hash
from server.migrations import check_head, migrate
from server.pipeline.janitor import Janitor
from server.pipeline.settling import Folders
from server.pipeline.unpack import Unpacker
from server.pipeline.work import CODE_VERSION
from server.pipeline.worker import Worker
from server.tables import EnvelopeRow, EnvelopeState, VisitRow
from tests.makers import NOW, WITHDRAWAL_KEY, create_publication, create_visit, seal
from tests.serving import serving
from vertelpaal.clock import SystemClock
from vertelpaal.identifiers import new_id
from vertelpaal.visit import Visit

WAITING, IN_OUTBOX, PATIENCE_SECONDS = 6, 12, 90
TOKEN = "the token of a pole in the tests"
WORKER = "worker-1"
BROKEN_OFF = r"""
import os, sys, threading, uuid
from server.pipeline import work as of_before
of_before.CODE_VERSION = sys.argv[3]
def begin(subject):
    os.write(1, f"{subject}\n".encode())
    threading.Event().wait()
work = of_before.Work(sys.argv[1], sys.argv[2], {"unpack": (begin, print)}, 2)
work.start()
for subject in sys.argv[4:]:
    work.enqueue("unpack", uuid.UUID(subject))
threading.Event().wait()
"""
"""A worker of the version before, with work under way."""


@dataclass
class Old:
    """A library of an older version: its database, its folders, its pole."""

    settings: ServerSettings
    engine: Engine
    identity: x25519.Identity
    kiosk_id: UUID
    waiting: list[Visit]

    def seals(self, sequence: int) -> tuple[Visit, bytes]:
        """Return a visit of one tap, and its sealed bytes."""
        visit = create_visit(self.kiosk_id, sequence=sequence)
        return visit, seal(visit, {}, self.identity.to_public())


def create_old(url: str, home: Path, revision: str) -> Old:
    """Return a library whose database has had the migrations up to `revision`, with envelopes that wait."""
    settings = ServerSettings(
        home=home, secret_key="s" * 40, withdrawal_key=WITHDRAWAL_KEY.decode(), database_url=url, https_only=False
    )
    settings.intake_folder.mkdir(parents=True)
    old = Old(settings, make_engine(url), x25519.Identity.generate(), new_id(), [])
    migrate(old.engine, revision)
    branch, at = new_id().hex, NOW.isoformat()
    document = create_publication().to_json()
    rows: dict[str, list[dict[str, object]]] = {
        "branches": [{"id": branch, "slug": "roden", "name": "Roden"}],
        "kiosks": [
            {"id": old.kiosk_id.hex, "branch_id": branch, "token_hash": token_hash(TOKEN), "paired_at": at},
        ],
        "publications": [
            {
                "number": 1,
                "questionnaire_id": new_id().hex,
                "sha256": hashlib.sha256(document.encode()).hexdigest(),
                "document": document,
                "published_at": at,
            }
        ],
        "envelopes": [],
    }
    for sequence in range(1, WAITING + 1):
        visit, sealed = old.seals(sequence)
        (settings.intake_folder / f"{visit.id}.age").write_bytes(sealed)
        old.waiting.append(visit)
        rows["envelopes"].append(
            {
                "visit_id": visit.id.hex,
                "kiosk_id": old.kiosk_id.hex,
                "sha256": hashlib.sha256(sealed).hexdigest(),
                "length": len(sealed),
                "state": "received",
                "declared_at": at,
                "received_at": at,
                "attempts": 1 if sequence < 3 else 0,
            }
        )
    for table, lines in rows.items():
        (home / "rows" / table).mkdir(parents=True)
        (home / "rows" / table / "000001.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with old.engine.begin() as connection:
        load(connection, home / "rows")
    return old


def break_off_work(old: Old, code_version: str) -> None:
    """Let a worker of the old version, whose work is known by `code_version`, begin on two envelopes; kill it there."""
    subjects = [str(visit.id) for visit in old.waiting]
    command = [sys.executable, "-c", BROKEN_OFF, old.settings.work_database, WORKER, code_version, *subjects]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        begun = [worker.stdout.readline().strip() for _ in range(2)]
        worker.kill()
    assert set(begun) <= set(subjects), begun
    assert len(set(begun)) == 2


def fill_outbox(old: Old, folder: Path) -> tuple[Outbox, list[Visit]]:
    """Return the outbox of a pole that has been without its server, of which half an envelope arrived earlier.

    Files lie as every pole so far has laid them (docs/envelope.md): another name tomorrow has to find these too.
    """
    (folder / "outbox").mkdir(parents=True)
    visits = []
    for number in range(1, IN_OUTBOX + 1):
        visit, sealed = old.seals(WAITING + number)
        (folder / "outbox" / f"{visit.sequence:010d}-{visit.id}.age").write_bytes(sealed)
        visits.append(visit)
    (folder / "outbox" / "sequence").write_text(str(WAITING + IN_OUTBOX))
    (folder / "token.json").write_text(json.dumps({"kiosk_id": str(old.kiosk_id), "token": TOKEN}))
    outbox = Outbox(folder / "outbox")
    first = outbox.waiting()[0]
    sealed = first.file.read_bytes()
    (old.settings.intake_folder / f"{first.visit_id}.part").write_bytes(sealed[: len(sealed) // 2])
    row = {
        "visit_id": first.visit_id.hex,
        "kiosk_id": old.kiosk_id.hex,
        "sha256": first.sha256(),
        "length": first.length,
        "state": "uploading",
        "declared_at": NOW.isoformat(),
        "attempts": 0,
    }
    rows = old.settings.home / "uploading"
    (rows / "envelopes").mkdir(parents=True)
    (rows / "envelopes" / "000001.jsonl").write_text(json.dumps(row))
    with old.engine.begin() as connection:
        load(connection, rows)
    return outbox, visits


def deliver_all(old: Old, outbox: Outbox, folder: Path) -> None:
    """Start the web side of today, which migrates, and let the pole find it."""
    app = create_app(old.settings, lambda: str(old.identity.to_public()))
    with serving(app) as url:
        Uplink(
            client=ServerClient(url),
            shelf=Shelf(folder),
            outbox=outbox,
            clock=SystemClock(),
            rng=random.Random(1),
            on_publication=lambda _: None,
            on_pairing=lambda _: None,
            seconds=30,
        ).once()
    app.extensions["vertelpaal"].database.engine.dispose()


def work_until(old: Old, done: Callable[[], bool]) -> None:
    """Run the worker of today until nothing is left."""
    settings, database, clock = old.settings, Database(old.engine), SystemClock()
    folders = Folders(
        settings.intake_folder, settings.work_folder / WORKER, settings.media_folder, settings.quarantine_folder
    )
    worker = Worker(
        name=WORKER,
        database=database,
        folders=folders,
        unpacker=Unpacker(database, folders, [old.identity], WITHDRAWAL_KEY, clock),
        find_transcriber=lambda: None,
        work_url=settings.work_database,
        clock=clock,
        concurrency=2,
        janitor=Janitor(database, folders, clock, 90),
    )
    ended = threading.Event()
    thread = threading.Thread(target=worker.run, args=(ended,))
    thread.start()
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while not done():
            assert time.monotonic() < until, states(old)
            time.sleep(0.2)
    finally:
        ended.set()
        thread.join(30)


def states(old: Old) -> list[tuple[UUID, str, str | None]]:
    with Database(old.engine).reading() as session:
        return [(row.visit_id, row.state, row.reason) for row in session.scalars(select(EnvelopeRow))]


def assert_everything_arrived_once(old: Old, expected: list[Visit], outbox: Outbox) -> None:
    assert outbox.waiting() == []
    with Database(old.engine).reading() as session:
        arrived = sorted((row.id, row.sequence) for row in session.scalars(select(VisitRow)))
    assert arrived == sorted((visit.id, visit.sequence) for visit in expected)
    assert {state for _, state, _ in states(old)} == {EnvelopeState.PROCESSED}
    assert not list(old.settings.intake_folder.glob("*.age"))
    assert not list(old.settings.quarantine_folder.glob("*"))


@pytest.mark.parametrize(("revision", "code_version"), [("0001", CODE_VERSION), ("0002", "another")])
def test_an_upgrade_with_a_full_outbox_and_running_work_loses_nothing(
    bare_database_url: str, revision: str, code_version: str, tmp_path: Path
) -> None:
    old = create_old(bare_database_url, tmp_path / "home", revision)
    break_off_work(old, code_version)
    outbox, unsent = fill_outbox(old, tmp_path / "pole")
    old.engine.dispose()
    deliver_all(old, outbox, tmp_path / "pole")
    check_head(old.engine)
    work_until(old, lambda: {state for _, state, _ in states(old)} == {EnvelopeState.PROCESSED})
    assert_everything_arrived_once(old, [*old.waiting, *unsent], outbox)
    assert outbox.next_sequence() == WAITING + IN_OUTBOX + 1
    old.engine.dispose()


def test_the_control_an_upgrade_that_drops_what_waits_is_caught(bare_database_url: str, tmp_path: Path) -> None:
    """A migration that empties a table on its way, as a careless one would."""
    old = create_old(bare_database_url, tmp_path / "home", "0001")
    outbox, unsent = fill_outbox(old, tmp_path / "pole")
    with old.engine.begin() as connection:
        connection.execute(text("DELETE FROM envelopes WHERE state = 'received'"))
    deliver_all(old, outbox, tmp_path / "pole")
    work_until(old, lambda: {state for _, state, _ in states(old)} == {EnvelopeState.PROCESSED})
    with pytest.raises(AssertionError):
        assert_everything_arrived_once(old, [*old.waiting, *unsent], outbox)
    old.engine.dispose()

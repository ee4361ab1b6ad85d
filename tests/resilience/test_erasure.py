"""Erased is erased: after a withdrawal, and after its time, every file and table is searched for what was said.

What is searched: the database with its write-ahead log, the workers' own database, media, posters, intake, work and
quarantine folders, logs, and exports that the house writes afterwards. Planted copies show that each is looked at.
"""

from __future__ import annotations

import base64
import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, func, select, text

from server.database import Database, make_engine
from server.pipeline.janitor import Janitor
from server.pipeline.media import RemuxedMedia, inspect_and_remux
from server.pipeline.unpack import Unpacker
from server.privacy.access import copy_visit
from server.privacy.access_zip import zip_chunks
from server.privacy.belief import trust
from server.privacy.periods import DEFAULT_PERIODS
from server.privacy.retention import end_what_is_over
from server.privacy.withdrawal import owner_of, withdraw
from server.reports.export import export_answers
from server.tables import Base, EnvelopeRow, EnvelopeState, RecordingRow, RecordingState, VisitRow
from server.tables.personal import Kept, told_of
from tests.makers import (
    BETTER,
    WITHDRAWAL_KEY,
    HandClock,
    SampleLibrary,
    create_library,
    create_publication,
    publish_spoken,
    seal,
)
from tests.media import create_webm
from tests.resilience.told import Told, arrive, tells
from tests.traces import Traces, windows
from tests.web import WebUser
from vertelpaal.identifiers import new_id
from vertelpaal.publication import AnswerKind

pytestmark = pytest.mark.slow

ERASED_WORDS, ERASED_TEXT = "mijn buurman heet zeppelin", "ik woon boven de kaasboer"
KEPT_WORDS, KEPT_TEXT = "de stoelen zijn prima zo", "graag een warme kachel"


@pytest.fixture
def sample(database: Database, tmp_path: Path, clock: HandClock) -> SampleLibrary:
    """Return a library whose folders are those of a real server, so that pages and worker share them."""
    library = create_library(database, tmp_path / "home" / "server", clock)
    hours, staff, better = library.publication.questions
    asked = (hours, staff.model_copy(update={"kind": AnswerKind.OPEN}), better)
    with database.transaction() as session:
        publish_spoken(session, create_publication(number=2, questions=asked), library.home / "files")
    return library


@pytest.fixture(autouse=True)
def logs(tmp_path: Path) -> Iterator[None]:
    """Keep logs in a file as the server's processes do."""
    (tmp_path / "logs").mkdir()
    handler = logging.FileHandler(tmp_path / "logs" / "server.log")
    root, server = logging.getLogger(), logging.getLogger("server")
    before = server.level
    root.addHandler(handler)
    server.setLevel(logging.INFO)
    yield
    root.removeHandler(handler)
    server.setLevel(before)
    handler.close()


def traces(sample: SampleLibrary, mine: Told, other: Told) -> Traces:
    """Return what only one of two visitors left: as sent, as remuxed, the poster, the words and the code."""
    media = [mine.sent, *(file.read_bytes() for file in mine.files(sample.folders))]
    others = [other.sent, *(file.read_bytes() for file in other.files(sample.folders))]
    assert len(media) == len(others) == 3
    return Traces.of(media, (*mine.words, mine.code), unlike=others)


def look_at_everything(staff: WebUser, told: Told) -> None:
    """Let a staff member open every page and file that shows a visit."""
    recording = told.visit.recordings[0].id
    for path in (
        "/antwoorden",
        f"/antwoorden/{told.visit.id}/{BETTER}",
        f"/media/{recording}",
        f"/media/{recording}/poster",
    ):
        assert staff.opens(path).status_code == 200, path


def write_exports(sample: SampleLibrary, folder: Path) -> None:
    """Write what the house can write of every answer."""
    folder.mkdir(exist_ok=True)
    for form in ("jsonl", "csv"):
        with open(folder / f"answers.{form}", "w", encoding="utf-8") as file:
            export_answers(sample.database, file, form, None)


def write_copy(sample: SampleLibrary, told: Told, folder: Path) -> None:
    """Write what the visitor still gets with the code."""
    with sample.database.reading() as session:
        copied = copy_visit(session, told.code, WITHDRAWAL_KEY)
    folders = (sample.folders.media, sample.folders.quarantine)
    (folder / "copy.zip").write_bytes(b"".join(zip_chunks(copied, folders, DEFAULT_PERIODS, sample.clock.now())))


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Engine]:
    """Return the workers' own database."""
    engine = create_engine(f"sqlite:///{tmp_path / 'work.sqlite'}")
    yield engine
    engine.dispose()


def test_nothing_is_left_of_an_erased_visit_and_everything_of_another(
    app: Flask, sample: SampleLibrary, stranger: WebUser, sanne: WebUser, work: Engine, tmp_path: Path
) -> None:
    erased = tells(sample, 1, (ERASED_WORDS, ERASED_TEXT))
    kept = tells(sample, 2, (KEPT_WORDS, KEPT_TEXT))
    arrive(sample, tmp_path, erased, kept)
    lost, stays = traces(sample, erased, kept), traces(sample, kept, erased)
    look_at_everything(sanne, erased)
    before = lost.found(tmp_path, sample.database.engine, work)
    assert {"table answers", "table transcripts"} < set(before)
    assert len([place for place in before if "media" in place]) == 2, "the film and its poster"

    assert stranger.sends("/intrekken", {"code": erased.code}).status_code == 200
    write_exports(sample, tmp_path / "exports")
    write_copy(sample, erased, tmp_path / "exports")
    assert lost.found(tmp_path, sample.database.engine, work) == []

    left = stays.found(tmp_path, sample.database.engine, work)
    assert {"exports/answers.csv", "exports/answers.jsonl", "table answers", "table transcripts"} < set(left)

    sample.clock.at += timedelta(days=731)
    with sample.database.transaction() as session:
        trust(session, sample.clock.now())  # as a manager says after years
    folders = (sample.folders.media, sample.folders.quarantine)
    assert end_what_is_over(sample.database, folders, DEFAULT_PERIODS, sample.clock).counts["video"] == 1
    sample.database.forget_deleted()
    write_exports(sample, tmp_path / "exports")
    assert stays.found(tmp_path, sample.database.engine, work) == [], "its time is over as well"
    plant_everywhere(lost, sample, work, tmp_path)


def plant_everywhere(lost: Traces, sample: SampleLibrary, work: Engine, folder: Path) -> None:
    """The control: a copy of 32 bytes, and then one of some words, in each place; the search must name every place."""
    home = sample.home.relative_to(folder)
    names = [f"{home}/{room}/{new_id()}.jpg" for room in ("media", "work", "quarantine", "intake", "files")]
    names += ["logs/worker.log", "exports/yesterday.csv", "vertelpaal.sqlite-journal"]
    for planted in (min(lost.windows), ERASED_WORDS.encode()):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"some bytes before " * 9 + planted + b" and after")
        assert lost.found(folder) == sorted(names)
    for name in names:
        (folder / name).unlink()
    for engine in (sample.database.engine, work):
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE planted (words TEXT)"))
            connection.execute(text("INSERT INTO planted VALUES (:words)"), {"words": ERASED_WORDS})
        assert "table planted" in lost.found(folder, engine)
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM planted"))
            connection.execute(text("DROP TABLE planted"))


def forgets_posters(folders: tuple[Path, ...], *recordings: UUID) -> int:
    """Remove films, and forget the pictures of them."""
    gone = [file for folder in folders for file in folder.glob("*.mp4") if owner_of(file) in recordings]
    for file in gone:
        file.unlink()
    return len(gone)


class ForgetsTheLog(Database):
    """A database that leaves deleted rows in the write-ahead log."""

    def forget_deleted(self) -> bool:
        return True


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_forgotten_erase_is_found(sample: SampleLibrary, tmp_path: Path) -> None:
    """The control: a withdrawal that keeps the poster, and one that never empties the write-ahead log."""
    mine, other = tells(sample, 1, (ERASED_WORDS, ERASED_TEXT)), tells(sample, 2, (KEPT_WORDS, KEPT_TEXT))
    arrive(sample, tmp_path, mine, other)
    lost, kept = traces(sample, mine, other), traces(sample, other, mine)
    folders = (sample.folders.media, sample.folders.quarantine)

    withdraw(sample.database, folders, mine.code, WITHDRAWAL_KEY, sample.clock, remove=forgets_posters)
    poster = sample.folders.media / f"{mine.visit.recordings[0].id}.jpg"
    assert lost.found(tmp_path, sample.database.engine) == [str(poster.relative_to(tmp_path))]

    withdraw(ForgetsTheLog(sample.database.engine), folders, other.code, WITHDRAWAL_KEY, sample.clock)
    assert "vertelpaal.sqlite" in kept.found(tmp_path)
    sample.database.forget_deleted()
    assert kept.found(tmp_path) == []


def test_a_withdrawal_leaves_no_column_that_says_who_it_was(sample: SampleLibrary, tmp_path: Path) -> None:
    """Also one that is added later: what the tables mark as kept for a while is empty, or its row is gone."""
    told = tells(sample, 1, (ERASED_WORDS, ERASED_TEXT))
    arrive(sample, tmp_path, told)
    assert {"visits.member", "answers.text", "recordings.poster_file", "transcripts.text"} < filled(sample.database)
    folders = (sample.folders.media, sample.folders.quarantine)
    withdraw(sample.database, folders, told.code, WITHDRAWAL_KEY, sample.clock)
    assert filled(sample.database) == {"visits.language"}
    with sample.database.reading() as session:
        assert session.get_one(VisitRow, told.visit.id).language == "und"
        assert session.scalar(select(RecordingRow.state)) == RecordingState.ERASED


def filled(database: Database) -> set[str]:
    """Return the columns that are kept for a while and have something in them."""
    passing = {Kept.RECORDING, Kept.TRANSCRIPT, Kept.TEXT, Kept.PROFILE}
    with database.reading() as session:
        return {
            f"{table.name}.{column.name}"
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if (told := told_of(column)) and told.kept in passing and session.scalar(select(func.count(column)))
        }


def test_what_is_looked_for_is_found_wherever_it_begins() -> None:
    data = create_webm(1.0, seed=3)
    traces = Traces.of([data], ["ja hoor"], unlike=[create_webm(1.0, seed=4)])
    assert traces.windows <= windows(data)
    one = min(traces.windows)
    assert all(traces.are_in(b"x" * before + one + b"y") for before in range(40))
    assert not traces.are_in(b"x" * 9 + one[:-1] + bytes([one[-1] ^ 1]) * 40)
    assert traces.are_in(b"... " + base64.b64encode(b"zei ze: " * 9 + b"ja hoor, dank u") + b" ...")


def dies_with_the_film_on_disk(source: Path, folder: Path, name: str, seconds: float) -> RemuxedMedia:
    """Remux, and be killed before anything is committed."""
    inspect_and_remux(source, folder, name, seconds)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed")


def unpack_and_die(sample: SampleLibrary, visit_id: UUID) -> None:
    """Open an envelope in a process of its own that is killed in the middle."""
    url = sample.database.engine.url

    def work() -> None:
        unpacker = Unpacker(
            Database(make_engine(url.render_as_string(hide_password=False))),
            sample.folders,
            [sample.identity],
            WITHDRAWAL_KEY,
            sample.clock,
            remux=dies_with_the_film_on_disk,
        )
        unpacker.unpack(visit_id)

    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL


def test_what_a_killed_worker_left_of_a_withdrawn_visit_goes_when_it_is_back(
    sample: SampleLibrary, tmp_path: Path
) -> None:
    """Withdrawn while the film lies opened on the disk and no row knows of it yet."""
    told = tells(sample, 1, (ERASED_WORDS, ERASED_TEXT))
    recording = told.visit.recordings[0].id
    sample.receive(told.visit.id, seal(told.visit, {recording: told.sent}, sample.identity.to_public()))
    lost = Traces.of([told.sent], (*told.words, told.code), unlike=[create_webm(2.0, "libx264", seed=2)])
    unpack_and_die(sample, told.visit.id)
    rooms = {Path(name).parts[2] for name in lost.found(tmp_path, sample.database.engine)}
    assert rooms == {"work", "media"}, "the control: the film is there in two places"

    folders = (sample.folders.media, sample.folders.quarantine)
    assert withdraw(sample.database, folders, told.code, WITHDRAWAL_KEY, sample.clock).visit_id is None
    Janitor(sample.database, sample.folders, sample.clock, 90, DEFAULT_PERIODS).clean()
    sample.unpacker.unpack(told.visit.id)
    assert lost.found(tmp_path, sample.database.engine) == []
    with sample.database.reading() as session:
        assert session.get_one(EnvelopeRow, told.visit.id).state == EnvelopeState.ERASED

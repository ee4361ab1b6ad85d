"""Killed at random moments, also while somebody speaks, every thanked visit arrives once and whole.

50 kills here, 3,000 in `make proof`.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright
from sqlalchemy import func, select

from server.intake.publications import find_publication, publish
from server.tables import EnvelopeRow, EnvelopeState, RecordingRow, VisitRow
from tests.browser.conftest import RunningLibrary, playwright, running_library
from tests.resilience.final import Final, final
from tests.resilience.storm import Storm
from vertelpaal.publication import AnswerKind
from vertelpaal.withdrawal import keyed_hash

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("kills")]
__all__ = ["final", "playwright"]

KILLS = 50
PROOF_KILLS = 3000
PROOF = (pytest.mark.proof, pytest.mark.longest)
LONGEST_SECONDS = 2 * 3600.0
"""A machine that has not come to all of its kills by then fails."""
DRAIN_SECONDS = 90.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLibrary]:
    """Run a library whose pole asks two questions, one by smileys and one that is told."""
    with running_library(tmp_path_factory.mktemp("home")) as running:
        publish_two_questions(running)
        yield running


def publish_two_questions(running: RunningLibrary) -> None:
    """Let the pole ask little, so that many visits come to their thanks; wait until it does."""
    with running.database.transaction() as session:
        first = find_publication(session, 1)
        questions = {question.kind: question for question in reversed(first.questions)}
        few = (questions[AnswerKind.SMILEY], questions[AnswerKind.OPEN])
        short = first.model_copy(update={"number": 2, "questions": few, "ask_member": False, "ask_age": False})
        files = {sha256: running.library.settings.files_folder / sha256 for sha256 in short.files}
        publish(session, short, files, running.library.settings.files_folder)
    running.waits_for_publication(2)


def wait_for_drain(running: RunningLibrary) -> None:
    """Wait until the pole's outbox is empty and the worker has nothing left."""
    until = time.monotonic() + DRAIN_SECONDS
    outbox = running.home / "kiosk" / "outbox"
    busy = select(func.count()).where(EnvelopeRow.state.in_([EnvelopeState.UPLOADING, EnvelopeState.RECEIVED]))
    while True:
        with running.database.reading() as session:
            left = session.scalar(busy.select_from(EnvelopeRow)) or 0
        if not left and not list(outbox.glob("*.age")):
            return
        assert time.monotonic() < until, f"{left} envelopes unfinished, {len(list(outbox.glob('*.age')))} in the outbox"
        time.sleep(0.5)


def count_arrivals(running: RunningLibrary, thanked: dict[str, str | None]) -> Counter[tuple[int, bool]]:
    """Return how many of the thanked visits arrived how often, and with what they told or without it; print others."""
    key = running.library.settings.withdrawal_key.get_secret_value().encode()
    media = running.library.settings.media_folder
    arrivals: Counter[tuple[int, bool]] = Counter()
    with running.database.reading() as session:
        for code, way in thanked.items():
            visits = session.scalars(select(VisitRow).where(VisitRow.withdrawal_hash == keyed_hash(code, key))).all()
            ids = [visit.id for visit in visits]
            recordings = session.scalars(select(RecordingRow).where(RecordingRow.visit_id.in_(ids))).all()
            kept = [row.way for row in recordings if row.media_file and is_whole(media / row.media_file)]
            promised = [way] if way else []
            if len(visits) != 1 or kept != promised:
                told = [(row.way, row.state, row.reason) for row in recordings]
                print(f"thanked for {promised}; arrived {len(visits)} times, with {told}, of which {kept} can be heard")
            arrivals[len(visits), kept == promised] += 1
    return arrivals


def is_whole(file: Path) -> bool:
    """Return whether something lies there: a file that is gone or empty is a loss, and no error of the count."""
    return file.exists() and file.stat().st_size > 0


def fewer_than(kills: int, storm: Storm) -> str | None:
    """Return what is wrong with a storm that did less than it was to."""
    fell = storm.killed.total()
    return f"fewer fell than were to: {fell} of {kills}" if fell < kills else None


@pytest.mark.parametrize("kills", [KILLS, pytest.param(PROOF_KILLS, marks=PROOF)])
def test_every_thanked_visit_arrives_exactly_once(
    playwright: Playwright, running: RunningLibrary, final: Final, kills: int
) -> None:
    seed = secrets.randbits(32)
    storm = Storm(running, playwright, random.Random(seed))
    storm.rages(kills, until=time.monotonic() + LONGEST_SECONDS)
    storm.calms()
    storm.ends()
    with final.verdict():
        wait_for_drain(running)
        arrivals = count_arrivals(running, storm.thanked)
        with running.database.reading() as session:
            visits = session.scalar(select(func.count()).select_from(VisitRow))
            is_aside = EnvelopeRow.state == EnvelopeState.QUARANTINED
            wrong = session.scalars(select(EnvelopeRow.reason).where(is_aside)).all()
    told = sum(way is not None for way in storm.thanked.values())
    print(
        f"{storm.killed.total()} of {kills} kills {dict(storm.killed)}, {storm.while_told} while somebody was "
        f"recorded, {storm.coming_back} while they came back, seed {seed}: "
        f"{len(storm.thanked)} visits thanked, {told} of them with a recording, "
        f"{arrivals[1, True]} arrived once and whole, {arrivals[0, True] + arrivals[0, False]} lost, "
        f"{sum(n for (times, _), n in arrivals.items() if times > 1)} doubled; {visits} visits in all"
    )
    with final.verdict():
        assert wrong == []
        assert arrivals == Counter({(1, True): len(storm.thanked)})
    assert fewer_than(kills, storm) is None
    assert storm.while_told >= kills // 50, "too few fell while a recording was made"
    assert len(storm.thanked) > kills // 24, "too few visits came to their thanks to prove anything"


def test_a_storm_that_hits_nothing_is_noticed(playwright: Playwright, running: RunningLibrary) -> None:
    """The control: the same storm, and nobody is killed."""
    storm = Storm(running, playwright, random.Random(1), kill=lambda *_: None)
    storm.rages(2, until=time.monotonic() + LONGEST_SECONDS)
    storm.ends()
    assert fewer_than(2, storm) == "fewer fell than were to: 0 of 2"


def test_a_visit_that_is_half_or_lost_is_counted_so(playwright: Playwright, running: RunningLibrary) -> None:
    """The control: a visit is spoiled behind the library's back. A second one with its code the database refuses."""
    storm = Storm(running, playwright, random.Random(1), kill=lambda *_: None)
    storm.calms()
    storm.ends()
    wait_for_drain(running)
    (told,) = (code for code, way in storm.thanked.items() if way)
    thanked = {told: storm.thanked[told]}
    assert count_arrivals(running, thanked) == Counter({(1, True): 1})
    with running.database.transaction() as session:
        key = running.library.settings.withdrawal_key.get_secret_value().encode()
        visit = session.scalars(select(VisitRow).where(VisitRow.withdrawal_hash == keyed_hash(told, key))).one()
        recording = session.scalars(select(RecordingRow).where(RecordingRow.visit_id == visit.id)).one()
        assert recording.media_file is not None
        os.truncate(running.library.settings.media_folder / recording.media_file, 0)
    assert count_arrivals(running, thanked) == Counter({(1, False): 1}), "half of it"
    with running.database.transaction() as session:
        session.get_one(VisitRow, visit.id).withdrawal_hash = None
    assert count_arrivals(running, thanked) == Counter({(0, False): 1}), "nothing of it"

"""Whether the promises were kept: nothing acknowledged lost, nothing doubled, nothing half."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import Database, make_engine
from server.pipeline.settling import OPENED
from server.tables import AnswerRow, EnvelopeRow, EnvelopeState, RecordingRow, RecordingState, VisitRow
from tests.makers import create_publication
from tests.resilience.crash import Aftermath, Promises
from tests.resilience.story import Props, folders_of, settings_of, start_again

QUESTIONS = len(create_publication().questions)


def faults_after(left: Aftermath, props: Props, again: Callable[[Path, Props], None] = start_again) -> Iterator[str]:
    """Start everything `again` on what is left, and yield what is wrong then."""
    where = f"stopped before call {left.number} ({left.before}): "
    yield from (where + fault for fault in half_visible(left.home))
    try:
        again(left.home, props)
    except Exception as error:  # whatever it is, it is what was looked for
        yield f"{where}does not start again: {error!r}"
    yield from (where + fault for fault in broken_promises(left.home, left.promises))


def half_visible(home: Path) -> list[str]:
    """Return what is wrong with what staff would see now: every visit that is there is there whole."""
    with _reading(home) as session:
        return [fault for visit in session.scalars(select(VisitRow)) for fault in _of_visit(session, visit, home)]


def broken_promises(home: Path, promises: Promises) -> list[str]:
    """Return what is wrong once everything was started again and came to rest."""
    with _reading(home) as session:
        visits = {visit.id: visit for visit in session.scalars(select(VisitRow))}
        states = {row.visit_id: row.state for row in session.scalars(select(EnvelopeRow))}
        faults = [fault for visit in visits.values() for fault in _of_visit(session, visit, home)]
        files = {name for row in session.scalars(select(RecordingRow)) for name in (row.media_file,) if name}
    faults += [f"lost: {visit_id} was called saved" for visit_id in promises.saved - visits.keys()]
    came = promises.receipts - promises.withdrawn
    faults += [f"lost: {visit_id} had a receipt" for visit_id in came - visits.keys()]
    still = {visit.id for visit in visits.values() if visit.withdrawn_at is None}
    faults += [f"kept: {visit_id} was called withdrawn" for visit_id in promises.withdrawn & still]
    faults += [f"kept: {visit_id} was called not saved" for visit_id in promises.not_saved & visits.keys()]
    faults += [f"{visit_id} ended as {state}" for visit_id, state in states.items() if state not in OPENED]
    return faults + [f"left behind: {file}" for file in _left_behind(home, files)]


def unfinished(home: Path) -> list[str]:
    """Return what still waits in the house that lived through it, without a new start."""
    with _reading(home) as session:
        waiting = session.scalars(select(EnvelopeRow).where(EnvelopeRow.state != EnvelopeState.PROCESSED)).all()
        faults = [f"not healed: {row.visit_id} is {row.state} ({row.reason})" for row in waiting]
    return faults + [f"not healed: {file.name} waits" for file in (home / "kiosk").rglob("*.age")]


def _of_visit(session: Session, visit: VisitRow, home: Path) -> Iterator[str]:
    answers = session.scalars(select(AnswerRow).where(AnswerRow.visit_id == visit.id)).all()
    recordings = session.scalars(select(RecordingRow).where(RecordingRow.visit_id == visit.id)).all()
    if [answer.smiley for answer in sorted(answers, key=lambda one: one.position)][:2] != [4, 4]:
        yield f"{visit.id} has other answers"
    if len(answers) != QUESTIONS:
        yield f"{visit.id} has {len(answers)} answers"
    if len(recordings) != sum(answer.kind == "recording" for answer in answers):
        yield f"{visit.id} has {len(recordings)} recordings"
    for recording in recordings:
        if visit.withdrawn_at is not None:
            if (recording.state, recording.media_file) != (RecordingState.ERASED, None):
                yield f"{visit.id} was taken back, and has media: {recording.state}"
            continue
        media = folders_of(home).media / (recording.media_file or "nowhere")
        if recording.state != RecordingState.OPENED or not media.exists():
            yield f"{visit.id} has no media: {recording.state} {recording.reason}"
        elif hashlib.sha256(media.read_bytes()).hexdigest() != recording.media_sha256:
            yield f"{visit.id} has other media"


def _left_behind(home: Path, media: set[str]) -> list[str]:
    folders = folders_of(home)
    found = [file for file in folders.media.iterdir() if file.name not in media]
    found += [file for file in folders.intake.iterdir() if not file.name.startswith(".")]  # locks
    found += [*folders.work.iterdir(), *folders.quarantine.iterdir()]
    found += [file for file in (home / "kiosk").rglob("*") if file.suffix in (".age", ".part")]
    return [str(file.relative_to(home)) for file in found]


@contextmanager
def _reading(home: Path) -> Iterator[Session]:
    engine = make_engine(settings_of(home).database)
    try:
        with Database(engine).reading() as session:
            yield session
    finally:
        engine.dispose()

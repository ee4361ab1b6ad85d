"""The sample library as data, made once for a home folder: settings, keys, branches, staff, publication, visits."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import random
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from sample.questionnaire import files_by_sha256, sample_publication, sample_questionnaire
from sample.videos import make_question_videos
from sample.visits import PERIOD, SampleVisit, sample_visits
from server.activities.operations import Plan, plan
from server.config import ServerSettings
from server.database import Database, make_engine
from server.intake.envelopes import Intake
from server.intake.pairing import token_hash
from server.intake.publications import find_publication, newest_publication, publish
from server.migrations import migrate
from server.staff.operations import add_staff
from server.staff.passwords import PasswordHash
from server.tables import ActivityRow, BranchRow, EnvelopeRow, EnvelopeState, KioskRow, StaffRow
from vertelpaal import envelope
from vertelpaal.durable import write_durably
from vertelpaal.identifiers import new_id
from vertelpaal.keys import current_public_key, new_key_file, read_public_key
from vertelpaal.publication import Publication
from vertelpaal.settings import SETTINGS_FILE

BUILD = Path(__file__).parent.parent / "build"
QUESTIONS = BUILD / "questions"
"""Where the question videos are made, once for this clone."""
EMAIL = "medewerker@bibliotheek.example"
NAME = "Sanne (voorbeeld)"
ACTIVITY = "Taalcafé"
ACTIVITY_BRANCH = "norg"
"""Not the branch of the pole that runs: there a visit begins as on any other day, until somebody plans an activity."""
ACTIVITY_LASTS = timedelta(hours=4)
SEED = 20260314
VISITS = 420
RECORDINGS = 36

Say = Callable[[str], None]


@dataclass(frozen=True)
class PreparedLibrary:
    """A sample library that is ready to run."""

    settings: ServerSettings
    email: str
    password: str


class _PastClock:
    """A clock that stands where a sample visit of the past ended: it arrived then."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


def prepare_library(
    home: Path, now: datetime, *, say: Say, visits: int = VISITS, recordings: int = RECORDINGS
) -> PreparedLibrary:
    """Make what is not there yet; what is there stays. An interrupted preparation goes on where it was."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _make_settings(home)
    if not list((home / "keys").glob("*.key")):
        new_key_file(home / "keys", "voorbeeld")
    settings = ServerSettings.load()
    engine = make_engine(settings.database)
    migrate(engine)
    database = Database(engine)
    password = _make_staff(home, database, now)
    kiosks = _make_places(database, now)
    publication = _make_publication(database, settings, now, say)
    _make_activity(database, now)
    _make_visits(home, database, settings, publication, kiosks, now, visits, recordings, say)
    engine.dispose()
    return PreparedLibrary(settings, EMAIL, password)


def _make_settings(home: Path) -> None:
    """Write settings with secrets of their own; the sample library is for loopback, so without TLS."""
    file = home / SETTINGS_FILE
    if file.exists():
        return
    lines = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "WITHDRAWAL_KEY": secrets.token_urlsafe(48),
        "HTTPS_ONLY": "false",
        "DEMO": "true",
        "MODEL": "mini",
    }
    text = "".join(f"VERTELPAAL_{name}={value}\n" for name, value in lines.items())
    _write_private(file, text)


def _make_staff(home: Path, database: Database, now: datetime) -> str:
    file = home / "demo.json"
    if file.exists():
        return str(json.loads(file.read_text())["password"])
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    hashed = PasswordHash.of(password)
    with database.transaction() as session:
        add_staff(session, EMAIL, NAME, hashed, now)
    _write_private(file, json.dumps({"email": EMAIL, "password": password}))
    return password


def _make_places(database: Database, now: datetime) -> dict[str, UUID]:
    """Make each branch with the pole that its sample visits come from; return the poles by branch."""
    with database.transaction() as session:
        for branch in sample_questionnaire().branches:
            if session.scalar(select(BranchRow).where(BranchRow.slug == branch.slug)) is None:
                row = BranchRow(id=new_id(), slug=branch.slug, name=branch.name)
                session.add(row)
                session.flush()
                nobody = token_hash(secrets.token_urlsafe(32))
                session.add(KioskRow(id=new_id(), branch_id=row.id, token_hash=nobody, paired_at=now))
        session.flush()
        oldest = select(KioskRow).order_by(KioskRow.paired_at.desc(), KioskRow.id.desc())
        return {kiosk.branch.slug: kiosk.id for kiosk in session.scalars(oldest)}


def _make_activity(database: Database, now: datetime) -> None:
    """Plan an activity that goes on now, unless one goes on or comes."""
    with database.transaction() as session:
        if session.scalar(select(ActivityRow.id).where(ActivityRow.ends_at > now).limit(1)) is not None:
            return
        branch = session.scalars(select(BranchRow).where(BranchRow.slug == ACTIVITY_BRANCH)).one()
        planner = session.scalars(select(StaffRow).where(StaffRow.email == EMAIL)).one()
        plan(session, Plan(ACTIVITY, branch, None, now, now + ACTIVITY_LASTS), planner.id, now)


def _make_publication(database: Database, settings: ServerSettings, now: datetime, say: Say) -> Publication:
    with database.reading() as session:
        newest = newest_publication(session)
        if newest is not None:
            return find_publication(session, newest.number)
    say("Making the question videos, spoken and captioned …")
    with _alone_in(BUILD):
        files = make_question_videos(QUESTIONS, lambda done, all_of_them: say(f"  {done} of {all_of_them}"))
    publication = sample_publication(files, published_at=now - PERIOD)
    with database.transaction() as session:
        publish(session, publication, files_by_sha256(files.values()), settings.files_folder)
    return publication


def _make_visits(
    home: Path,
    database: Database,
    settings: ServerSettings,
    publication: Publication,
    kiosks: Mapping[str, UUID],
    now: datetime,
    count: int,
    recordings: int,
    say: Say,
) -> None:
    """Deliver sample visits as a pole does: sealed, to the intake; the worker opens them as any other."""
    begun = home / "sample-visits.json"
    noted = json.loads(begun.read_text()) if begun.exists() else {"until": now.isoformat(), "done": False}
    if noted["done"]:
        return
    # the same moment makes the same visits, so an interrupted delivery goes on without doubles
    write_durably(begun, lambda file: file.write(json.dumps(noted).encode()))
    say(f"Making {count} sample visits over two years, {recordings} with a recording …")
    clock = _PastClock(now)
    intake = Intake(database, settings.intake_folder, clock)
    recipient = read_public_key(current_public_key(settings.keys_folder))
    made = sample_visits(
        publication,
        kiosks,
        datetime.fromisoformat(str(noted["until"])),
        random.Random(SEED),  # noqa: S311  # the same library each time
        BUILD / "recordings",
        count=count,
        with_recordings=recordings,
    )
    arrived = _arrived(database, settings.intake_folder)
    for number, one in enumerate(made, start=1):
        if one.visit.id in arrived:
            continue
        sealed = io.BytesIO()
        envelope.seal(one.visit, one.media, [recipient], sealed)
        clock.at = one.visit.ended_at
        _deliver(intake, one, sealed.getvalue())
        if number % 100 == 0:
            say(f"  {number} of {count}")
    write_durably(begun, lambda file: file.write(json.dumps(noted | {"done": True}).encode()))


def _arrived(database: Database, folder: Path) -> frozenset[UUID]:
    """Return the visits that an interrupted delivery brought; forget the one that it broke off in."""
    with database.transaction() as session:
        for row in session.scalars(select(EnvelopeRow).where(EnvelopeRow.state == EnvelopeState.UPLOADING)):
            (folder / f"{row.visit_id}.part").unlink(missing_ok=True)
            session.delete(row)
        session.flush()
        return frozenset(session.scalars(select(EnvelopeRow.visit_id)))


def _deliver(intake: Intake, one: SampleVisit, sealed: bytes) -> None:
    digest = hashlib.sha256(sealed).hexdigest()
    intake.declare(one.visit.id, one.visit.kiosk_id, len(sealed), digest)
    intake.append(one.visit.id, one.visit.kiosk_id, 0, [sealed])


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait for another process that makes the same things in this folder."""
    folder.mkdir(exist_ok=True)
    with open(folder / "sample.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_private(file: Path, text: str) -> None:
    previous = os.umask(0o077)
    try:
        write_durably(file, lambda target: target.write(text.encode()))
    finally:
        os.umask(previous)

"""Makers of what tests need: `create_x()` returns a valid x, and takes only what the test is about."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from pyrage import x25519
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import Database
from server.intake.envelopes import Intake
from server.intake.pairing import approve_pairing, claim_token, offer_pairing
from server.intake.publications import publish
from server.pipeline.settling import Folders
from server.pipeline.unpack import Unpacker
from server.tables import BranchRow
from vertelpaal import envelope
from vertelpaal.identifiers import new_id
from vertelpaal.publication import AnswerKind, ConsentQuestion, Publication, Purpose, Question, QuestionForm
from vertelpaal.visit import (
    AgeBand,
    Answer,
    Consent,
    Ending,
    Receipt,
    Recording,
    RecordingAnswer,
    SmileyAnswer,
    Visit,
    Way,
)
from vertelpaal.withdrawal import new_code

NOW = datetime(2026, 3, 14, 11, 30, tzinfo=UTC)
WITHDRAWAL_KEY = b"a key of the tests, of no value at all"
HOURS = UUID("01920000-0000-7000-8000-000000000001")
STAFF = UUID("01920000-0000-7000-8000-000000000002")
BETTER = UUID("01920000-0000-7000-8000-000000000009")


class HandClock:
    """A clock that a test moves by hand."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass(frozen=True)
class SteadyClock:
    """The time of day of another clock beside the machine's own seconds, for what really waits in a test's own time."""

    time_of_day: HandClock

    def now(self) -> datetime:
        return self.time_of_day.now()

    def monotonic(self) -> float:
        return time.monotonic()


def create_publication(**changes: Any) -> Publication:
    """Return a questionnaire of two smiley questions and an open one."""

    def question(question_id: UUID, aspect: str, kind: AnswerKind, nl: str, en: str) -> Question:
        forms = {"nl": QuestionForm(text=nl), "en": QuestionForm(text=en)}
        return Question(id=question_id, aspect=aspect, kind=kind, forms=forms)  # type: ignore[arg-type]

    wordings = {
        Purpose.REVIEW: "Mogen medewerkers dit zien en horen?",
        Purpose.QUOTE: "Mogen uw woorden in het rapport?",
        Purpose.SHOW: "Mogen anderen uw opname zien?",
    }
    fields: dict[str, Any] = {
        "number": 1,
        "questionnaire_id": UUID("01920000-0000-7000-8000-0000000b1eb0"),
        "title": "Wat vindt u van de bibliotheek?",
        "ask_age": False,
        "library": "Bibliotheek van de toetsen",
        "languages": ("nl", "en"),
        "aspects": {
            "openingstijden": {"nl": "Openingstijden", "en": "Opening hours"},
            "medewerkers": {"nl": "Medewerkers", "en": "Staff"},
            "verbetering": {"nl": "Wat kan beter", "en": "What can be better"},
        },
        "questions": (
            question(
                HOURS, "openingstijden", AnswerKind.SMILEY, "Wat vindt u van de openingstijden?", "And the hours?"
            ),
            question(STAFF, "medewerkers", AnswerKind.SMILEY, "Wat vindt u van de medewerkers?", "And the staff?"),
            question(BETTER, "verbetering", AnswerKind.OPEN, "Wat kan beter?", "What can be better?"),
        ),
        "consents": tuple(
            ConsentQuestion(purpose=purpose, wordings={"nl": wording}) for purpose, wording in wordings.items()
        ),
        "published_at": NOW - timedelta(days=30),
    }
    return Publication(**fields | changes)


def publish_spoken(session: Session, publication: Publication, folder: Path) -> Publication:
    """Give every question of a publication that has none a sound, publish it, and return it as published."""
    file = folder.with_name("spoken.webm")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"a question, spoken")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    spoken = publication.model_copy(
        update={"questions": tuple(_with_sound(question, sha256) for question in publication.questions)}
    )
    publish(session, spoken, {sha256: file}, folder)
    return spoken


def _with_sound(question: Question, sha256: str) -> Question:
    forms = {
        language: form if form.video or form.sound else form.model_copy(update={"sound": sha256})
        for language, form in question.forms.items()
    }
    return question.model_copy(update={"forms": forms})


def create_recording(data: bytes, way: Literal[Way.VOICE, Way.VIDEO] = Way.VOICE, seconds: float = 3.0) -> Recording:
    """Return the recording that these bytes are."""
    return Recording(
        id=new_id(),
        way=way,
        media_type="audio/webm" if way is Way.VOICE else "video/webm",
        seconds=seconds,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def create_visit(kiosk_id: UUID, *, smiley: int = 4, recording: Recording | None = None, **changes: Any) -> Visit:
    """Return a thanked visit: a smiley for the opening hours, and a recording if one is given."""
    answers: list[Answer] = [SmileyAnswer(question_id=HOURS, at=NOW, value=smiley)]
    consents: tuple[Consent, ...] = ()
    if recording is not None:
        answers.append(RecordingAnswer(question_id=BETTER, at=NOW, recording=recording))
        consents = (Consent(purpose=Purpose.REVIEW, given=True, wording_sha256="0" * 64, language="nl", at=NOW),)
    fields: dict[str, Any] = {
        "id": new_id(),
        "kiosk_id": kiosk_id,
        "publication": 1,
        "language": "nl",
        "started_at": NOW - timedelta(minutes=2),
        "ended_at": NOW,
        "clock_offset": 0.0,
        "boot": new_id(),
        "sequence": 1,
        "ending": Ending.THANKS,
        "age_band": AgeBand.FROM_16 if recording else None,
        "answers": tuple(answers),
        "consents": consents,
        "withdrawal_code": new_code(),
    }
    return Visit(**fields | changes)


def seal(visit: Visit, media: Mapping[UUID, bytes], recipient: x25519.Recipient) -> bytes:
    """Return the sealed bytes of a visit."""
    sealed = io.BytesIO()
    envelope.seal(visit, media, [recipient], sealed)
    return sealed.getvalue()


@dataclass(frozen=True)
class SampleLibrary:
    """A library on a database and in folders of its own."""

    database: Database
    home: Path
    clock: HandClock
    identity: x25519.Identity
    kiosk_id: UUID
    token: str
    publication: Publication
    intake: Intake
    unpacker: Unpacker
    folders: Folders

    def receive(self, visit_id: UUID, sealed: bytes) -> Receipt:
        """Take sealed bytes in as a pole delivers them, and return the receipt."""
        digest = hashlib.sha256(sealed).hexdigest()
        self.intake.declare(visit_id, self.kiosk_id, len(sealed), digest)
        receipt = self.intake.append(visit_id, self.kiosk_id, 0, [sealed]).receipt
        assert receipt is not None
        return receipt

    def deliver(self, visit: Visit, media: Mapping[UUID, bytes] | None = None) -> Receipt:
        """Seal a visit, deliver it and let the worker open it."""
        receipt = self.receive(visit.id, seal(visit, media or {}, self.identity.to_public()))
        self.unpacker.unpack(visit.id)
        return receipt


def create_kiosk(sample: SampleLibrary) -> UUID:
    """Return another pole, paired with Norg."""
    now = sample.clock.now()
    with sample.database.transaction() as session:
        branch = session.scalars(select(BranchRow).where(BranchRow.slug == "norg")).one()
        offer = offer_pairing(session, now)
        session.flush()
        approve_pairing(session, offer.user_code, branch, now)
        session.flush()
        claimed = claim_token(session, offer.device_code, now)
    assert claimed is not None
    return claimed[0]


def folders_in(home: Path) -> Folders:
    """Return where the library of `home` keeps its files."""
    return Folders(home / "intake", home / "work", home / "media", home / "quarantine")


def create_library(database: Database, home: Path, clock: HandClock) -> SampleLibrary:
    """Return a library with three branches, a paired pole in the first, keys and a publication."""
    identity = x25519.Identity.generate()
    folders = folders_in(home)
    with database.transaction() as session:
        branches = [BranchRow(id=new_id(), slug=name.lower(), name=name) for name in ("Roden", "Norg", "Peize")]
        session.add_all(branches)
        session.flush()
        offer = offer_pairing(session, clock.now())
        session.flush()
        approve_pairing(session, offer.user_code, branches[0], clock.now())
        session.flush()
        claimed = claim_token(session, offer.device_code, clock.now())
        assert claimed is not None
        publication = publish_spoken(session, create_publication(), home / "files")
    intake = Intake(database, folders.intake, clock)
    unpacker = Unpacker(database, folders, [identity], WITHDRAWAL_KEY, clock)
    return SampleLibrary(
        database, home, clock, identity, claimed[0], claimed[1], publication, intake, unpacker, folders
    )

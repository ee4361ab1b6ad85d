"""Records the documents of today: `python -m tests.compatibility.recording envelope-N`, never over older ones."""

from __future__ import annotations

import io
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from tests.makers import BETTER, HOURS, NOW, STAFF, create_publication, create_recording
from vertelpaal.assignment import Activity, Assignment, KioskStatus, PairingOffer
from vertelpaal.publication import AnswerKind, Choice, ConsentQuestion, Publication, Purpose, Question, QuestionForm
from vertelpaal.visit import (
    AgeBand,
    ChoiceAnswer,
    Consent,
    Ending,
    NotUsedAnswer,
    NumberAnswer,
    Receipt,
    RecordingAnswer,
    SkipAnswer,
    SmileyAnswer,
    TextAnswer,
    Visit,
    YesNoAnswer,
)
from vertelpaal.words import Word

GOLDEN = Path(__file__).parent / "golden"
MEDIA = b"\x1a\x45\xdf\xa3 stands for a recording"
KIOSK = UUID("01920000-0000-7000-8000-00000000f01e")
VISIT = UUID("01920000-0000-7000-8000-0000000b150d")
MORE = [UUID(f"01920000-0000-7000-8000-00000000000{digit}") for digit in "345678"]


def publication() -> Publication:
    """Return a questionnaire with every kind of question."""

    def question(at: int, kind: AnswerKind, text: str, **more: object) -> Question:
        form = QuestionForm(text=text, sound="a" * 64)
        return Question(id=MORE[at], aspect="medewerkers", kind=kind, forms={"nl": form}, **more)  # type: ignore[arg-type]

    choices = (
        Choice(id="koffie", labels={"nl": "Koffie"}, sounds={"nl": "b" * 64}, pictogram="cup"),
        Choice(id="boeken", labels={"nl": "Boeken"}, sounds={"nl": "c" * 64}),
    )
    first = create_publication()
    more = (
        question(0, AnswerKind.CHOICE, "Waarvoor kwam u?", choices=choices),
        question(1, AnswerKind.YES_NO, "Komt u terug?", not_used=False),
        question(2, AnswerKind.NUMBER, "Welk cijfer geeft u?"),
        question(3, AnswerKind.OPEN, "Wat was mooi?"),
        question(4, AnswerKind.SMILEY, "Wat vindt u van de sfeer?"),
    )
    consents = tuple(
        ConsentQuestion(purpose=one.purpose, wordings=one.wordings, sounds={"nl": "d" * 64}) for one in first.consents
    )
    return create_publication(questions=(*first.questions, *more), consents=consents)


def visit() -> Visit:
    """Return a visit with every kind of answer."""
    recording = create_recording(MEDIA).model_copy(update={"id": UUID("01920000-0000-7000-8000-0000000ec0de")})
    return Visit(
        id=VISIT,
        kiosk_id=KIOSK,
        publication=1,
        language="nl",
        started_at=NOW - timedelta(minutes=2),
        ended_at=NOW,
        clock_offset=-1.5,
        boot=UUID("01920000-0000-7000-8000-00000000b007"),
        sequence=41,
        ending=Ending.THANKS,
        activity="taalcafe",
        age_band=AgeBand.FROM_16,
        member=True,
        answers=(
            SmileyAnswer(question_id=HOURS, at=NOW, value=4),
            NotUsedAnswer(question_id=STAFF, at=NOW),
            RecordingAnswer(question_id=BETTER, at=NOW, recording=recording),
            ChoiceAnswer(question_id=MORE[0], at=NOW, value="koffie"),
            YesNoAnswer(question_id=MORE[1], at=NOW, value=False),
            NumberAnswer(question_id=MORE[2], at=NOW, value=7),
            TextAnswer(question_id=MORE[3], at=NOW, text="De leestafel bij het raam."),
            SkipAnswer(question_id=MORE[4], at=NOW),
        ),
        consents=tuple(
            Consent(purpose=one, given=one is not Purpose.SHOW, wording_sha256="e" * 64, language="nl", at=NOW)
            for one in Purpose
        ),
        withdrawal_code="0000-0000-0000",
    )


def documents() -> dict[str, Word]:
    """Return every document that travels between pole and server, by its file."""
    activity = Activity(
        slug="taalcafe", name="Taalcafé", code="123", starts_at=NOW, ends_at=NOW + timedelta(hours=2), on_pole=False
    )
    return {
        "publication.json": publication(),
        "visit.json": visit(),
        "assignment.json": Assignment(
            kiosk_id=KIOSK,
            branch="Roden",
            publication=1,
            publication_sha256=publication().sha256,
            public_key="age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
            public_url="https://vertelpaal.bibliotheek.example",
            activities=(activity,),
            server_time=NOW,
        ),
        "status.json": KioskStatus(
            software="0.1.0", queue=3, oldest_sequence=39, refused=0, free_bytes=9 * 2**30, publication=1
        ),
        "offer.json": PairingOffer(device_code="d" * 43, user_code="123456", interval=2, expires_at=NOW),
        "receipt.json": Receipt(visit_id=VISIT, sha256="f" * 64, received_at=NOW),
    }


def envelope_parts() -> bytes:
    """Return what is inside a sealed envelope: the ZIP of a visit."""
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as parts:
        for name, data in {"visit.json": visit().to_json().encode(), visit().recordings[0].file_name: MEDIA}.items():
            parts.writestr(zipfile.ZipInfo(name), data)
    return plain.getvalue()


def record(version: str) -> None:
    """Write the documents of today under the name of a version.

    Raises:
        FileExistsError: that version has been recorded; what travelled once is never rewritten.
    """
    folder = GOLDEN / version
    folder.mkdir(parents=True)
    for name, word in documents().items():
        (folder / name).write_text(word.to_json() + "\n")
    (folder / "envelope.zip").write_bytes(envelope_parts())


if __name__ == "__main__":
    record(sys.argv[1])

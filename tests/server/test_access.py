"""Access: who has the code gets everything of one visit, and nothing of another."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from server.privacy.access import copy_visit
from server.privacy.access_zip import READ_ME, VISIT_FILE, zip_chunks
from server.privacy.periods import DEFAULT_PERIODS
from server.privacy.withdrawal import withdraw
from server.tables import AnswerRow, Base, ConsentRow, EnvelopeRow, RecordingRow, RecordingState, VisitRow
from server.tables.personal import Aim, told_of
from tests.makers import BETTER, HOURS, NOW, WITHDRAWAL_KEY, SampleLibrary, create_recording, create_visit, seal
from tests.media import filmed_recording
from tests.server.test_withdrawal import WORDS, create_transcript, create_written_visit
from tests.web import WebUser
from vertelpaal.cli import root
from vertelpaal.errors import NotFound
from vertelpaal.publication import Purpose, wording_hash
from vertelpaal.visit import Consent, RecordingAnswer, SmileyAnswer, Visit, Way
from vertelpaal.withdrawal import new_code

ASKED = "Mogen medewerkers dit zien en horen?"
NOT_TOLD = {"visits.withdrawal_hash", "recordings.poster_file", "recordings.media_file"}
"""The code's hash says nothing to who has the code; the files themselves are in the ZIP."""


def deliver_film(sample: SampleLibrary) -> Visit:
    """Deliver a film with everything that a visit can say of somebody."""
    recording, data = filmed_recording()
    consent = Consent(purpose=Purpose.REVIEW, given=True, wording_sha256=wording_hash(ASKED), language="nl", at=NOW)
    visit = create_visit(
        sample.kiosk_id, recording=recording, consents=(consent,), member=True, activity="taalcafe", smiley=2
    )
    sample.deliver(visit, {recording.id: data})
    with sample.database.transaction() as session:
        row = session.get_one(RecordingRow, recording.id)
        assert row.state == RecordingState.OPENED, row.reason
        row.state = RecordingState.TRANSCRIBED
        session.add(create_transcript(recording.id))
    return visit


def copied(sample: SampleLibrary, code: str | None) -> zipfile.ZipFile:
    """Return the ZIP that somebody with this code gets."""
    assert code is not None
    with sample.database.reading() as session:
        found = copy_visit(session, code, WITHDRAWAL_KEY)
    folders = (sample.folders.media, sample.folders.quarantine)
    chunks = zip_chunks(found, folders, DEFAULT_PERIODS, sample.clock.now())
    return zipfile.ZipFile(io.BytesIO(b"".join(chunks)))


def test_everything_of_the_visit_is_in_it(sample: SampleLibrary) -> None:
    visit = deliver_film(sample)
    parts = copied(sample, visit.withdrawal_code)
    assert parts.testzip() is None
    assert set(parts.namelist()) == {READ_ME, VISIT_FILE, "opnamen/vraag-2.mp4", "opnamen/vraag-2.jpg"}
    kept = sample.folders.media / f"{visit.recordings[0].id}.mp4"
    assert parts.read("opnamen/vraag-2.mp4") == kept.read_bytes()
    told = parts.read(READ_ME).decode()
    for sentence in (
        "Bibliotheek van de toetsen",
        "Vestiging: Roden",
        "Smiley 2 van 5",
        f"De computer hoorde: {WORDS}",
        "Leeftijd: 16 of ouder",
        "Lid van de bibliotheek: ja",
        "Activiteit: taalcafe",
        "Medewerkers mogen dit zien en horen: ja",
        f"De vraag was: {ASKED}",
    ):
        assert sentence in told, sentence


def test_every_column_of_a_visitor_is_told(sample: SampleLibrary) -> None:
    """Also one that is added later: what the tables mark as a visitor's is in visit.json, value for value."""
    visit = deliver_film(sample)
    told = copied(sample, visit.withdrawal_code).read(VISIT_FILE).decode()
    missing, seen = [], 0
    with sample.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            marked = [one for one in table.columns if (found := told_of(one)) and found.aim is not Aim.STAFF]
            for column in marked:
                for value in session.scalars(select(column).where(column.is_not(None))):
                    seen += 1
                    name = f"{table.name}.{column.name}"
                    if name not in NOT_TOLD and _as_json(value) not in told:
                        missing.append(name)
    assert missing == []
    assert seen > 25


def _as_json(value: object) -> str:
    if isinstance(value, list):
        return json.dumps(value[0]["text"])
    return json.dumps(value, default=lambda one: one.isoformat() if hasattr(one, "isoformat") else str(one))


def test_a_consent_is_resolved_to_the_wording_that_was_asked(sample: SampleLibrary) -> None:
    visit = deliver_film(sample)
    with sample.database.reading() as session:
        row = session.scalars(select(ConsentRow)).one()
        assert (row.language, row.answered_at, row.wording_sha256) == ("nl", NOW, wording_hash(ASKED))
    (consent,) = json.loads(copied(sample, visit.withdrawal_code).read(VISIT_FILE))["consents"]
    assert (consent["wording"], consent["given"]) == (ASKED, True)


def test_a_consent_to_words_that_no_publication_asks_is_told(sample: SampleLibrary) -> None:
    visit = create_written_visit(sample)
    sample.deliver(visit)
    parts = copied(sample, visit.withdrawal_code)
    assert json.loads(parts.read(VISIT_FILE))["consents"][0]["wording"] is None
    assert "De tekst van de vraag is niet gevonden." in parts.read(READ_ME).decode()
    assert WORDS in parts.read(READ_ME).decode()


def test_what_is_quarantined_is_the_visitors_as_well(sample: SampleLibrary) -> None:
    data = b"no film"
    recording = create_recording(data, Way.VIDEO)
    answers = (
        SmileyAnswer(question_id=HOURS, at=NOW, value=1),
        RecordingAnswer(question_id=BETTER, at=NOW, recording=recording),
    )
    visit = create_visit(sample.kiosk_id, recording=recording, answers=answers)
    sample.deliver(visit, {recording.id: data})
    assert copied(sample, visit.withdrawal_code).read("opnamen/vraag-2.webm") == data


def test_it_says_that_a_visit_that_is_still_sealed_is_not_in_it(sample: SampleLibrary) -> None:
    mine, waits = create_written_visit(sample), create_visit(sample.kiosk_id)
    sample.deliver(mine)
    sample.receive(waits.id, seal(waits, {}, sample.identity.to_public()))
    assert "een bezoek dat wij nog niet hebben geopend" in copied(sample, mine.withdrawal_code).read(READ_ME).decode()
    with pytest.raises(NotFound):
        copied(sample, waits.withdrawal_code)


def test_after_a_withdrawal_only_taps_are_told(sample: SampleLibrary) -> None:
    visit = deliver_film(sample)
    assert visit.withdrawal_code is not None
    folders = (sample.folders.media, sample.folders.quarantine)
    withdraw(sample.database, folders, visit.withdrawal_code, WITHDRAWAL_KEY, sample.clock)
    parts = copied(sample, visit.withdrawal_code)
    assert parts.namelist() == [READ_ME, VISIT_FILE]
    told = parts.read(READ_ME).decode()
    assert "Ingetrokken op" in told
    assert "Je opname is gewist." in told
    assert WORDS not in told


def test_a_code_that_nobody_has_gives_nothing(sample: SampleLibrary) -> None:
    deliver_film(sample)
    with sample.database.reading() as session, pytest.raises(NotFound):
        copy_visit(session, new_code(), WITHDRAWAL_KEY)


def test_the_page_gives_it_by_code_alone_and_slowly(app: Flask, stranger: WebUser, sample: SampleLibrary) -> None:
    mine, other = create_written_visit(sample), create_visit(sample.kiosk_id, smiley=1)
    sample.deliver(mine)
    sample.deliver(other)
    assert mine.withdrawal_code is not None
    given = stranger.sends("/inzien", {"code": mine.withdrawal_code.lower()})
    assert given.status_code == 200
    assert given.headers["Content-Disposition"] == 'attachment; filename="mijn-bezoek.zip"'
    assert given.headers["Cache-Control"] == "no-store"
    whole = given.get_data()
    assert str(mine.id).encode() in whole
    assert str(other.id).encode() not in whole
    assert stranger.sends("/inzien", {"code": "ABC"}).status_code == 422
    tries = [stranger.sends("/inzien", {"code": new_code()}).status_code for _ in range(12)]
    assert tries[0] == 404
    assert 429 in tries


def test_the_command_writes_it(
    sample: SampleLibrary, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERTELPAAL_DATABASE_URL", database_url)
    monkeypatch.setenv("VERTELPAAL_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("VERTELPAAL_WITHDRAWAL_KEY", WITHDRAWAL_KEY.decode())
    visit = create_written_visit(sample)
    sample.deliver(visit)
    command = ["privacy", "access", "--to", str(tmp_path / "v.zip")]
    result = CliRunner().invoke(root, command, input=f"{visit.withdrawal_code}\n")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "v.zip").stat().st_mode & 0o777 == 0o600, "its owner alone reads what a visitor said"
    with sample.database.reading() as session:
        assert session.get_one(EnvelopeRow, visit.id).received_at is not None
        assert session.scalar(select(VisitRow.id)) == visit.id
        assert session.scalar(select(AnswerRow.text).where(AnswerRow.text.is_not(None))) == WORDS
    assert WORDS in zipfile.ZipFile(tmp_path / "v.zip").read(READ_ME).decode()

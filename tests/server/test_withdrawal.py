"""Taking a visit back: everything said is gone, a tombstone stays, also for what arrives later."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, text

from server.database import Database
from server.live import LiveNews
from server.privacy.withdrawal import Withdrawn, withdraw
from server.tables import (
    AnswerRow,
    ConsentRow,
    EnvelopeRow,
    EnvelopeState,
    LiveEventRow,
    RecordingRow,
    RecordingState,
    TombstoneRow,
    TranscriptRow,
    VisitRow,
)
from server.tables.personal import told_of
from tests.makers import BETTER, NOW, WITHDRAWAL_KEY, SampleLibrary, create_visit
from tests.media import spoken_recording
from vertelpaal.errors import InvalidInput
from vertelpaal.publication import Purpose
from vertelpaal.visit import AgeBand, Consent, SmileyAnswer, TextAnswer, Visit
from vertelpaal.withdrawal import new_code, read_code

WORDS = "het geheime zinnetje van deze bezoeker"


def takes_back(sample: SampleLibrary, code: str) -> Withdrawn:
    folders = (sample.folders.media, sample.folders.quarantine)
    return withdraw(sample.database, folders, code, WITHDRAWAL_KEY, sample.clock)


def create_written_visit(sample: SampleLibrary) -> Visit:
    consent = Consent(purpose=Purpose.REVIEW, given=True, wording_sha256="0" * 64, language="nl", at=NOW)
    visit = create_visit(sample.kiosk_id, consents=(consent,), age_band=AgeBand.FROM_16)
    answer = TextAnswer(question_id=BETTER, at=NOW, text=WORDS)
    return visit.model_copy(update={"answers": (*visit.answers, answer)})


def deliver_spoken_visit(sample: SampleLibrary) -> Visit:
    recording, media = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: media})
    with sample.database.transaction() as session:
        row = session.get_one(RecordingRow, recording.id)
        assert row.state == RecordingState.OPENED, row.reason
        row.state = RecordingState.TRANSCRIBED
        session.add(create_transcript(recording.id))
    return visit


def create_transcript(recording_id: UUID) -> TranscriptRow:
    """Return a transcript with words that can be looked for."""
    return TranscriptRow(
        recording_id=recording_id,
        text=WORDS,
        segments=[{"text": WORDS}],
        language="nl",
        language_probability=1.0,
        average_log_probability=-0.1,
        no_speech_probability=0.0,
        model_name="mini",
        model_sha256="0" * 64,
        made_at=NOW,
    )


def erased_in_the_news(sample: SampleLibrary) -> list[str]:
    with sample.database.reading() as session:
        return list(session.scalars(select(LiveEventRow.subject).where(LiveEventRow.kind == "erased")))


def everything_stored(sample: SampleLibrary) -> bytes:
    """Return every byte that the database holds as text, table by table."""
    with sample.database.reading() as session:
        tables = [table.name for table in AnswerRow.metadata.sorted_tables]
        rows = [session.execute(text(f"SELECT * FROM {table}")).all() for table in tables]
    return repr(rows).encode()


def test_a_spoken_visit_is_erased_and_its_smiley_belongs_to_nobody(sample: SampleLibrary) -> None:
    visit = deliver_spoken_visit(sample)
    (recording,) = visit.recordings
    assert list(sample.folders.media.glob(f"{recording.id}.*"))
    assert WORDS.encode() in everything_stored(sample)
    assert visit.withdrawal_code is not None
    done = takes_back(sample, visit.withdrawal_code.lower().replace("-", " "))
    assert (done.visit_id, done.recordings, done.was_withdrawn_before) == (visit.id, 1, False)
    assert not list(sample.folders.media.glob(f"{recording.id}.*"))
    assert WORDS.encode() not in everything_stored(sample)
    with sample.database.reading() as session:
        row = session.get_one(RecordingRow, recording.id)
        assert (row.state, row.media_file, row.poster_file) == (RecordingState.ERASED, None, None)
        assert session.scalars(select(ConsentRow)).all() == []
        kept = session.get_one(VisitRow, visit.id)
        assert (kept.age_band, kept.member) == (None, None)
        smiley = session.scalar(select(AnswerRow.smiley).where(AnswerRow.smiley.is_not(None)))
        assert smiley == 4


def test_it_is_news_only_when_the_files_are_gone(sample: SampleLibrary) -> None:
    visit = deliver_spoken_visit(sample)
    (recording,) = visit.recordings
    (sample.folders.media / f"{recording.id}.stuck").mkdir()
    assert visit.withdrawal_code is not None
    with pytest.raises(OSError, match="stuck"):
        takes_back(sample, visit.withdrawal_code)
    assert erased_in_the_news(sample) == []
    (sample.folders.media / f"{recording.id}.stuck").rmdir()
    takes_back(sample, visit.withdrawal_code)
    assert not list(sample.folders.media.glob(f"{recording.id}.*"))
    assert erased_in_the_news(sample) == [str(visit.id)]


def test_the_file_of_a_sqlite_database_holds_nothing_of_it_either(sample: SampleLibrary) -> None:
    if sample.database.engine.dialect.name != "sqlite":
        return  # PostgreSQL's files are vacuumed by PostgreSQL; what its tables hold is tested above
    visit = deliver_spoken_visit(sample)
    assert visit.withdrawal_code is not None
    takes_back(sample, visit.withdrawal_code)
    name = sample.database.engine.url.database
    assert name is not None
    for file in Path(name).parent.glob(f"{Path(name).name}*"):
        assert WORDS.encode() not in file.read_bytes()


def has_words(database: Database) -> bool:
    """Return whether the words are in a file of this SQLite database, its log among them."""
    file = Path(database.engine.url.database or "")
    return any(WORDS.encode() in one.read_bytes() for one in file.parent.glob(f"{file.name}*"))


def wait_for_ever(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA busy_timeout=2000000000")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_waits_for_a_reader_and_when_it_ends_the_words_go(sample: SampleLibrary) -> None:
    """A backup reads for as long as it lasts. Every connection here waits for ever where it waits at all."""
    visit = create_written_visit(sample)
    sample.deliver(visit)
    sample.database.engine.dispose()
    event.listen(sample.database.engine, "connect", wait_for_ever)
    news = LiveNews(sample.database, sample.clock, lambda kind, subject: None)
    with ThreadPoolExecutor(1) as visitor, sample.database.reading() as session:
        assert session.scalars(select(TombstoneRow)).all() == []
        assert visit.withdrawal_code is not None
        assert visitor.submit(takes_back, sample, visit.withdrawal_code).result(60).texts == 1
        visitor.submit(sample.receive, uuid4(), b"another envelope").result(60)
        assert has_words(sample.database), "the reader still sees them"
        assert not sample.database.forget_owed()
    news.start()
    try:
        for _ in range(600):
            if not has_words(sample.database):
                break
            time.sleep(0.1)
        else:
            pytest.fail("the words stay")
    finally:
        news.stop()
    assert sample.database.forget_owed()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_wrong_code_owes_nothing(sample: SampleLibrary) -> None:
    with sample.database.reading() as session:
        session.scalars(select(TombstoneRow)).all()
        assert takes_back(sample, new_code()).visit_id is None
        assert sample.database.forget_owed()


def test_written_words_are_erased(sample: SampleLibrary) -> None:
    visit = create_written_visit(sample)
    sample.deliver(visit)
    assert WORDS.encode() in everything_stored(sample)
    assert visit.withdrawal_code is not None
    assert takes_back(sample, visit.withdrawal_code).texts == 1
    assert WORDS.encode() not in everything_stored(sample)


def test_a_tombstone_meets_the_envelope_that_arrives_later(sample: SampleLibrary) -> None:
    recording, media = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    assert visit.withdrawal_code is not None
    assert takes_back(sample, visit.withdrawal_code).visit_id is None
    receipt = sample.deliver(visit, {recording.id: media})
    assert receipt.visit_id == visit.id
    with sample.database.reading() as session:
        assert session.get_one(EnvelopeRow, visit.id).state == EnvelopeState.ERASED
        assert session.get(VisitRow, visit.id) is None
        assert session.scalars(select(TombstoneRow.visit_id)).all() == [visit.id]
    assert not list(sample.folders.media.iterdir())
    assert not list(sample.folders.work.rglob("*.webm"))
    assert not sample.folders.sealed(visit.id).exists()


def test_withdrawing_twice_is_said_and_changes_nothing(sample: SampleLibrary) -> None:
    visit = deliver_spoken_visit(sample)
    assert visit.withdrawal_code is not None
    takes_back(sample, visit.withdrawal_code)
    again = takes_back(sample, visit.withdrawal_code)
    assert (again.was_withdrawn_before, again.recordings) == (True, 1)


def test_the_code_itself_is_stored_nowhere(sample: SampleLibrary) -> None:
    visit = deliver_spoken_visit(sample)
    assert visit.withdrawal_code is not None
    takes_back(sample, visit.withdrawal_code)
    stored = everything_stored(sample)
    assert visit.withdrawal_code.encode() not in stored
    assert visit.withdrawal_code.replace("-", "").encode() not in stored


def test_a_transcript_that_is_being_written_meanwhile_is_erased_as_well(sample: SampleLibrary) -> None:
    """On PostgreSQL the writer holds its row; the withdrawal waits for it, and then takes what it wrote."""
    if sample.database.engine.dialect.name == "sqlite":
        return  # SQLite lets one writer in at a time
    recording, media = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: media})
    code = visit.withdrawal_code
    assert code is not None
    withdrawing = threading.Thread(target=lambda: takes_back(sample, code))
    with sample.database.transaction() as session:
        row = session.get_one(RecordingRow, recording.id, with_for_update=True)
        row.state = RecordingState.TRANSCRIBED
        session.add(create_transcript(recording.id))
        session.flush()
        withdrawing.start()
        withdrawing.join(1.0)
        assert withdrawing.is_alive(), "it did not wait for the writer"
    withdrawing.join(20)
    assert WORDS.encode() not in everything_stored(sample)
    with sample.database.reading() as session:
        assert session.get_one(RecordingRow, recording.id).state == RecordingState.ERASED


@pytest.mark.parametrize("typed", ["", "ABC", "K7QF-2M9X-4TB!", "x" * 500])
def test_what_cannot_be_a_code_is_told_without_repeating_it(sample: SampleLibrary, typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        takes_back(sample, typed)
    assert not typed or typed not in str(refused.value)


def test_a_code_is_read_however_it_is_typed() -> None:
    for _ in range(200):
        code = new_code()
        assert read_code(code.lower().replace("-", "").replace("0", "o").replace("1", "l")) == code


def test_a_slip_of_the_finger_is_noticed() -> None:
    code = "".join(new_code().split("-"))
    missed = 0
    for place in range(12):
        for character in "23456789ABCDEFGH":
            slipped = code[:place] + character + code[place + 1 :]
            if slipped != code:
                try:
                    read_code(slipped)
                    missed += 1
                except InvalidInput:
                    pass
    assert missed == 0


def test_what_stays_says_where_and_when_and_not_who(sample: SampleLibrary) -> None:
    """As the page says; the hash of the code opens nothing, and tells nobody who had it."""
    visit = create_written_visit(sample).model_copy(update={"activity": "taalcafe", "member": True})
    sample.deliver(visit)
    assert visit.withdrawal_code is not None
    takes_back(sample, visit.withdrawal_code)
    with sample.database.reading() as session:
        kept = session.get_one(VisitRow, visit.id)
        told = {
            column.name: value
            for column in VisitRow.metadata.tables["visits"].columns
            if told_of(column) and (value := getattr(kept, column.name)) is not None
        }
    assert set(told) == {"language", "started_at", "ended_at", "withdrawal_hash", "withdrawn_at"}
    assert told["language"] == "und"


def test_only_taps_remain_countable(sample: SampleLibrary) -> None:
    visit = create_written_visit(sample)
    sample.deliver(visit)
    assert visit.withdrawal_code is not None
    takes_back(sample, visit.withdrawal_code)
    with sample.database.reading() as session:
        kinds = session.scalars(select(AnswerRow.kind).order_by(AnswerRow.position)).all()
        assert kinds == [SmileyAnswer.model_fields["kind"].default, "text"]
        assert session.scalars(select(AnswerRow.text)).all() == [None, None]

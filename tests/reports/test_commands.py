"""`vertelpaal report` and `vertelpaal export`, as somebody at the server types them."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from server.database import Database
from server.privacy.withdrawal import withdraw
from server.reports.report import Report
from server.tables import AnswerRow, ConsentRow, RecordingRow, RecordingState, TranscriptRow, VisitRow
from tests.makers import BETTER, HOURS, NOW, WITHDRAWAL_KEY, SampleLibrary, create_visit
from tests.reports.makers import NOON, keep_smileys, keep_visit
from vertelpaal.cli import root
from vertelpaal.errors import InvalidInput, VertelpaalError
from vertelpaal.identifiers import new_id
from vertelpaal.visit import AgeBand, Consent, TextAnswer, Visit

YEAR = ("--from", "2024-01-01", "--to", "2024-12-31")
LONG = 'Café "De Punt", =1+1\nen koffie'


@pytest.fixture(autouse=True)
def server_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    """Let commands find the database of this test."""
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERTELPAAL_DATABASE_URL", database_url)
    monkeypatch.setenv("VERTELPAAL_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("VERTELPAAL_WITHDRAWAL_KEY", WITHDRAWAL_KEY.decode())


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(root, [str(word) for word in words])


def export(*words: str) -> list[dict[str, object]]:
    result = run("export", "answers", *words)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def create_text_visit(library: SampleLibrary, text: str, *, quote: bool) -> Visit:
    """Return a visit with a smiley and words that were typed, with consent for review and perhaps for a quote."""
    wording = {"wording_sha256": "0" * 64, "language": "nl", "at": NOW}
    return create_visit(
        library.kiosk_id,
        smiley=2,
        age_band=AgeBand.FROM_16,
        answers=(
            *create_visit(library.kiosk_id, smiley=2).answers,
            TextAnswer(question_id=BETTER, at=NOW, text=text),
        ),
        consents=(
            Consent.model_validate({"purpose": "review", "given": True, **wording}, strict=False),
            Consent.model_validate({"purpose": "quote", "given": quote, **wording}, strict=False),
        ),
    )


def keep_transcribed(library: SampleLibrary, said: str) -> RecordingRow:
    """Keep the recording of a visit in 2024 with what was heard in it."""
    with library.database.transaction() as session:
        visit_id = keep_visit(session, library, {BETTER: "skip"})
        session.flush()
        visit = session.get_one(VisitRow, visit_id)
        visit.answers[0].kind = "recording"
        row = RecordingRow(
            id=new_id(),
            visit_id=visit_id,
            question_id=BETTER,
            way="voice",
            state=RecordingState.TRANSCRIBED,
            sealed_sha256="0" * 64,
        )
        heard = TranscriptRow(
            recording_id=row.id,
            text=said,
            segments=[],
            language="nl",
            language_probability=0.98,
            average_log_probability=-0.25,
            no_speech_probability=0.02,
            model_name="small",
            model_sha256="b" * 64,
            made_at=NOON,
        )
        asked = {"visit_id": visit_id, "wording_sha256": "0" * 64, "language": "nl", "answered_at": NOON}
        session.add_all([row, ConsentRow(purpose="review", given=True, **asked)])
        session.flush()
        session.add(heard)
    return row


def test_a_year_as_json_on_the_screen(sample: SampleLibrary) -> None:
    keep_smileys(sample, (0, 0, 5, 5, 10))
    result = run("report", *YEAR, "--branch", "roden", "--branch", "norg", "--format", "json")
    report = Report.from_json(result.stdout)
    assert [branch.slug for branch in report.branches] == ["norg", "roden"]
    assert report.rows[0].score is not None
    assert report.rows[0].score.satisfied == 0.75


def test_every_form_becomes_a_file(sample: SampleLibrary, tmp_path: Path) -> None:
    keep_smileys(sample, (0, 0, 5, 5, 10))
    for form, beginning in {"json": b"{", "csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF"}.items():
        out = tmp_path / f"rapport.{form}"
        assert run("report", *YEAR, "--format", form, "--out", out).exit_code == 0
        assert out.read_bytes().startswith(beginning)


def test_no_pdf_is_poured_over_a_terminal(sample: SampleLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    result = run("report", *YEAR, "--format", "pdf")
    assert result.exit_code == 2
    assert "add --out FILE" in result.output


def test_what_cannot_be_reported_is_named(sample: SampleLibrary) -> None:
    problems = {
        ("--from", "2024-02-30", "--to", "2024-12-31"): "'2024-02-30' is not a day; write it as 2024-12-31",
        ("--from", "2024-12-31", "--to", "2024-01-01"): "begins on 2024-12-31, after its end on 2024-01-01",
        (*YEAR, "--branch", "zuidlaren"): "no branch 'zuidlaren'; there are: norg, peize, roden",
    }
    for words, message in problems.items():
        error = run("report", *words).exception
        assert isinstance(error, InvalidInput)
        assert message in str(error)


def test_a_wrong_place_for_the_file_is_named_and_nothing_is_left(sample: SampleLibrary, tmp_path: Path) -> None:
    result = run("report", *YEAR, "--out", tmp_path / "nowhere" / "rapport.json")
    assert result.exit_code == 1
    assert "nowhere" in result.output
    assert not (tmp_path / "nowhere").exists()


def test_a_database_without_its_tables_is_said_plainly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VERTELPAAL_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite'}")
    error = run("report", *YEAR).exception
    assert isinstance(error, VertelpaalError)
    assert "start the server first" in str(error)


def test_the_export_has_every_answer_with_its_question(sample: SampleLibrary) -> None:
    visit = create_text_visit(sample, "Meer stoelen graag", quote=True)
    sample.deliver(visit)
    smiley, words = export()
    assert (smiley["visit"], smiley["branch"], smiley["publication"]) == (str(visit.id), "roden", 1)
    assert (smiley["question"], smiley["aspect"]) == ("Wat vindt u van de openingstijden?", "openingstijden")
    assert (smiley["kind"], smiley["value"], smiley["erased"]) == ("smiley", 2, False)
    assert (words["kind"], words["value"], words["question"]) == ("text", "Meer stoelen graag", "Wat kan beter?")
    assert (words["consent_review"], words["consent_quote"], words["consent_show"]) == (True, True, None)


def test_the_export_says_when_words_may_not_be_quoted(sample: SampleLibrary) -> None:
    sample.deliver(create_text_visit(sample, "Niet voor het rapport", quote=False))
    assert [answer["consent_quote"] for answer in export()] == [False, False]


def test_a_recording_comes_with_what_was_heard_and_how_surely(sample: SampleLibrary) -> None:
    keep_transcribed(sample, "De koffie is koud.")
    (answer,) = export()
    assert (answer["kind"], answer["value"], answer["recording_state"]) == ("recording", None, "transcribed")
    assert (answer["transcript"], answer["transcript_language"]) == ("De koffie is koud.", "nl")
    assert answer["transcript_confidence"] == pytest.approx(math.exp(-0.25), abs=1e-4)
    assert answer["transcript_no_speech"] == 0.02
    assert (answer["transcript_model"], answer["transcript_model_sha256"]) == ("small", "b" * 64)


def test_what_was_withdrawn_says_so_without_content(sample: SampleLibrary, database: Database) -> None:
    visit = create_text_visit(sample, "Een geheim van iemand", quote=True)
    sample.deliver(visit)
    assert visit.withdrawal_code is not None
    withdraw(database, (sample.folders.media,), visit.withdrawal_code, WITHDRAWAL_KEY, sample.clock)
    smiley, words = export()
    assert (words["kind"], words["erased"], words["value"], words["consent_quote"]) == ("text", True, None, None)
    assert (smiley["erased"], smiley["value"]) == (False, 2)
    assert "geheim" not in run("export", "answers", "--format", "csv").stdout


def test_words_that_are_past_their_time_say_so(sample: SampleLibrary, database: Database) -> None:
    visit = create_text_visit(sample, "Lang geleden gezegd", quote=True)
    sample.deliver(visit)
    with database.transaction() as session:
        session.get_one(AnswerRow, (visit.id, BETTER)).text = None
    _, words = export()
    assert (words["erased"], words["value"]) == (True, None)


def test_an_erased_recording_says_so_even_if_its_transcript_stayed(sample: SampleLibrary, database: Database) -> None:
    row = keep_transcribed(sample, "Dit had weg moeten zijn.")
    with database.transaction() as session:
        session.get_one(RecordingRow, row.id).state = RecordingState.ERASED
    (answer,) = export()
    assert (answer["erased"], answer["recording_state"], answer["transcript"]) == (True, "erased", None)


def test_the_export_takes_a_period_and_branches(sample: SampleLibrary, database: Database) -> None:
    keep_smileys(sample, (1, 0, 0, 0, 0), branch="roden")
    keep_smileys(sample, (0, 2, 0, 0, 0), branch="norg")
    with database.transaction() as session:
        keep_visit(session, sample, {HOURS: 3}, at=NOW)
        keep_visit(session, sample, {HOURS: 4}, implausible=True)
    assert [answer["value"] for answer in export(*YEAR, "--branch", "norg")] == [2, 2]
    assert sorted(str(answer["value"]) for answer in export(*YEAR)) == ["1", "2", "2"]
    everything = export()
    assert sorted(str(answer["value"]) for answer in everything) == ["1", "2", "2", "3", "4"]
    assert [answer["value"] for answer in everything if answer["time_is_implausible"]] == [4]


def test_a_csv_of_answers_reads_back_and_runs_nothing(sample: SampleLibrary, tmp_path: Path) -> None:
    sample.deliver(create_text_visit(sample, f"=HYPERLINK({LONG!r})", quote=True))
    sample.deliver(create_text_visit(sample, LONG, quote=True))
    out = tmp_path / "antwoorden.csv"
    assert run("export", "answers", "--format", "csv", "--out", out).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig"), newline="")))
    words = [row["value"] for row in rows if row["kind"] == "text"]
    assert sorted(words) == sorted([f"'=HYPERLINK({LONG!r})", LONG])
    assert {row["consent_show"] for row in rows} == {""}
    assert {row["consent_quote"] for row in rows} == {"true"}


def test_more_answers_than_fit_in_a_batch_come_once_each_and_in_order(
    sample: SampleLibrary, database: Database
) -> None:
    with database.transaction() as session:
        for _ in range(620):
            keep_visit(session, sample, {HOURS: 5})
    with database.reading() as session:
        visits = {str(visit_id) for visit_id in session.scalars(select(VisitRow.id))}
    found = [str(answer["visit"]) for answer in export()]
    assert (len(found), set(found)) == (620, visits)


def test_half_a_period_is_none(sample: SampleLibrary) -> None:
    for words in (("--from", "2024-01-01"), ("--to", "2024-01-01")):
        result = run("export", "answers", *words)
        assert result.exit_code == 2
        assert "both --from and --to" in result.output

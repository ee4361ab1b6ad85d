"""A report says the same in every form, and what staff wrote stays text in each of them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from server.reports.formats import FORMATS, file_name, render
from server.reports.formats.csv_text import escape_formula
from server.reports.report import Report
from tests.reports.reports import HOSTILE, create_report, create_row


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_pdf_text(data: bytes) -> str:
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    return re.sub(r"\s+", " ", text)


def test_json_reads_back_as_the_same_report() -> None:
    report = create_report()
    assert Report.from_json(render(report, "json")) == report


def test_json_has_the_shape_that_the_docs_promise() -> None:
    found = json.loads(render(create_report(), "json"))
    assert list(found) == [
        *("format", "title", "library", "period", "branches", "population", "made_at", "publications", "visits"),
        *("left_out", "fewest_answers", "rows", "notes"),
    ]
    assert found["format"] == 1
    assert found["period"] == {"first_day": "2024-01-01", "last_day": "2024-12-31", "time_zone": "Europe/Amsterdam"}
    scored, silent = found["rows"]
    assert list(scored) == ["aspect", "name", "label", "question", "wording", "publications", "score"]
    assert list(scored["score"]) == ["n", "satisfied", "interval", "mean", "not_used", "skipped"]
    assert scored["score"]["n"] == 240
    assert silent["score"] is None


def test_csv_opens_in_excel_with_its_letters_and_numbers() -> None:
    data = render(create_report(create_row("Café", (10, 13, 20, 80, 117))), "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = read_csv(data)
    assert (row["onderwerp"], row["n"], row["tevreden_procent"]) == ("Café", "240", "82.1")
    assert (row["interval_laag_procent"], row["interval_hoog_procent"]) == ("76.7", "86.4")
    assert (row["gemiddelde_0_100"], row["niet_gebruikt"], row["overgeslagen"]) == ("79.3", "7", "3")
    assert (row["eerste_dag"], row["laatste_dag"], row["vestigingen"]) == ("2024-01-01", "2024-12-31", "norg roden")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "  =", "＝", "＠"])
def test_no_cell_of_a_csv_begins_as_a_formula(start: str) -> None:
    (row,) = read_csv(render(create_report(create_row(f"{start}1+1", (0, 0, 0, 0, 12))), "csv"))
    assert row["onderwerp"] == f"'{start}1+1"
    assert escape_formula("gewoon = goed") == "gewoon = goed"


def test_a_workbook_has_numbers_that_one_can_reckon_with() -> None:
    book = load_workbook(io.BytesIO(render(create_report(), "xlsx")))
    sheet = book["Scores"]
    head = [cell.value for cell in sheet[5]]
    scored = dict(zip(head, sheet[6], strict=True))
    assert scored["Antwoorden (n)"].value == 240
    assert scored["Tevreden"].value == pytest.approx(197 / 240)
    assert scored["Tevreden"].number_format == "0%"
    assert scored["Gemiddelde 0–100"].value == pytest.approx(79.2708, abs=1e-4)
    assert (scored["Weet ik niet"].value, scored["Overgeslagen"].value) == (7, 3)
    assert sheet.column_dimensions["B"].width > 40
    assert "Wilson (1927)" in " ".join(str(row[0].value) for row in book["Hoe gemeten"])


def test_a_workbook_runs_and_links_nothing() -> None:
    links = ["http://evil.example", "mailto:x@evil.example", '=cmd|"/c calc"!A1', HOSTILE]
    data = render(create_report(*(create_row(link, (0, 0, 0, 0, 12)) for link in links), library="=1+1"), "xlsx")
    sheet = load_workbook(io.BytesIO(data))["Scores"]
    assert [sheet.cell(row, 1).value for row in range(6, 10)] == links
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        assert not [name for name in parts.namelist() if name.endswith(".rels") and b"evil" in parts.read(name)]


def test_a_pdf_says_what_the_report_says() -> None:
    text = read_pdf_text(render(create_report(), "pdf"))
    for part in (
        *("Bibliotheek van de toetsen", "Wat bezoekers van de bibliotheek vinden", "1 januari t/m 31 december 2024"),
        *("260 bezoeken, vestigingen Norg en Roden", "Sfeer", "240", "82 %", "77–86 %", "79", "te weinig antwoorden"),
        *("Hoe is dit gemeten", "Wilson (1927)", "Gemaakt op 6 januari 2025", "publicaties 1 en 2"),
    ):
        assert part in text, part


def test_a_pdf_is_one_that_a_screen_reader_can_read() -> None:
    reader = PdfReader(io.BytesIO(render(create_report(), "pdf")))
    assert reader.metadata is not None
    assert reader.metadata.title == "Wat bezoekers van de bibliotheek vinden, 1 januari t/m 31 december 2024"
    root: Any = reader.root_object
    assert root["/Lang"] == "nl-NL"
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    tags = tags_of(root["/StructTreeRoot"])
    assert {"/Title", "/H1", "/Table", "/TH", "/TD", "/Figure", "/L"} <= {name for name, _ in tags}
    (alternative,) = [text for name, text in tags if name == "/Figure"]
    assert alternative is not None
    assert "Sfeer: 82\N{NO-BREAK SPACE}% tevreden" in alternative
    assert "Koffie en thee: te weinig antwoorden" in alternative


def tags_of(element: DictionaryObject) -> list[tuple[str, str | None]]:
    """Return every tag below an element as (kind, text alternative)."""
    found = [(str(element["/S"]), str(element["/Alt"]) if "/Alt" in element else None)] if "/S" in element else []
    children = element.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        inner = child.get_object()
        if isinstance(inner, DictionaryObject):
            found += tags_of(inner)
    return found


def test_a_pdf_of_the_same_report_is_the_same_page_of_one_sheet() -> None:
    pages = [PdfReader(io.BytesIO(render(create_report(), "pdf"))).pages for _ in range(2)]
    assert [len(one) for one in pages] == [1, 1]
    assert pages[0][0].extract_text() == pages[1][0].extract_text()


def test_a_pdf_shows_fifty_questions_and_no_markup_of_theirs() -> None:
    rows = [create_row(f"Onderwerp {number}", (0, 0, 1, 6, 6), question=HOSTILE) for number in range(50)]
    text = read_pdf_text(render(create_report(*rows, library=HOSTILE), "pdf"))
    assert text.count("*x* $x$ @x") >= 50
    assert "Onderwerp 49" in text


@pytest.mark.parametrize("form", FORMATS)
def test_too_few_answers_leave_the_same_silence_in_every_form(form: str) -> None:
    """Nine answers, and none at all, give files that differ in nothing."""
    nine, none = (create_report(create_row("Sfeer", smileys)) for smileys in ((0, 0, 0, 4, 5), (0, 0, 0, 0, 0)))
    assert contents(render(nine, form)) == contents(render(none, form))


def contents(data: bytes) -> list[bytes]:
    """Return the bytes of a file, or of the parts of a ZIP, whose own times differ."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return [data]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return [parts.read(name) for name in parts.namelist()]


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_of_nothing_is_a_file_as_well(form: str) -> None:
    empty = create_report().model_copy(update={"rows": (), "branches": (), "publications": (), "visits": None})
    assert render(empty, form)


def test_a_file_is_named_after_its_period_and_branches() -> None:
    assert file_name(create_report(), "pdf") == "rapport-2024-01-01-2024-12-31-norg-roden.pdf"

"""The page of the report: for whoever is signed in, with a filter that works without JavaScript."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime

from pypdf import PdfReader

from server.reports.report import Report
from tests.makers import HOURS, SampleLibrary
from tests.reports.makers import keep_smileys, keep_visit
from tests.web import WebUser

YEAR = "van=2024-01-01&tot=2024-12-31"


def text_of(html: str) -> str:
    """Return what a page says, without its tags and with plain spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_stranger_sees_no_report(stranger: WebUser) -> None:
    for path in ("/rapport/", "/rapport/bestand/json", "/rapport/static/copy.js"):
        assert stranger.opens(path).status_code in (302, 401), path


def test_an_author_reads_the_scores_of_a_year_and_a_branch(sample: SampleLibrary, sanne: WebUser) -> None:
    keep_smileys(sample, (10, 13, 20, 80, 117), branch="roden")
    keep_smileys(sample, (30, 0, 0, 0, 0), branch="norg")
    page = sanne.opens(f"/rapport/?{YEAR}&vestiging=roden")
    assert page.status_code == 200
    said = text_of(page.text)
    assert "240 bezoeken, vestiging Roden" in said
    assert "82 % 77–86 % 79" in said
    assert "1 januari t/m 31 december 2024, vestiging Roden." in said
    assert '<input type="checkbox" name="vestiging" value="roden" checked>' in page.text
    assert "270 bezoeken, vestigingen Norg, Peize en Roden" in text_of(sanne.opens(f"/rapport/?{YEAR}").text)


def test_the_page_keeps_to_the_strict_policy(sample: SampleLibrary, sanne: WebUser) -> None:
    keep_smileys(sample, (0, 0, 0, 0, 20))
    page = sanne.opens(f"/rapport/?{YEAR}")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert "<svg" in page.text
    assert not re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page.text)


def test_the_page_begins_with_this_year_in_amsterdam(sample: SampleLibrary, stranger: WebUser) -> None:
    sample.clock.at = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # it is 2026 in Amsterdam
    stranger.signs_in()
    page = stranger.opens("/rapport/").text
    assert 'name="van" value="2026-01-01"' in page
    assert 'name="tot" value="2026-01-01"' in page


def test_every_year_with_visits_is_one_touch_away(sample: SampleLibrary, sanne: WebUser) -> None:
    with sample.database.transaction() as session:
        for year in (2022, 2024):
            keep_visit(session, sample, {HOURS: 5}, at=datetime(year, 5, 5, tzinfo=UTC))
        keep_visit(session, sample, {HOURS: 5}, at=datetime(1970, 1, 1, tzinfo=UTC), implausible=True)
    page = sanne.opens("/rapport/").text
    assert re.findall(r"van=(\d{4})-01-01&amp;tot=\1-12-31", page) == ["2024", "2023", "2022"]


def test_nine_answers_show_nothing_on_the_page(sample: SampleLibrary, sanne: WebUser) -> None:
    keep_smileys(sample, (0, 0, 0, 4, 5))
    said = text_of(sanne.opens(f"/rapport/?{YEAR}").text)
    assert "minder dan 10 bezoeken" in said
    assert "<10" in said.replace("&lt;", "<")
    assert "te weinig antwoorden" in said
    assert "100 % van" not in said


def test_a_filter_that_makes_no_sense_says_so_in_plain_dutch(sanne: WebUser) -> None:
    problems = {
        "van=2024-13-01&tot=2024-12-31": "Schrijf een dag als 2024-12-31.",
        "van=2024-12-31&tot=2024-01-01": "De eerste dag komt na de laatste dag.",
        "van=0001-01-01&tot=2024-01-01": "Kies een jaar tussen 2000 en 2100.",
        f"{YEAR}&vestiging=zuidlaren": "Deze vestiging kennen wij niet.",
    }
    for asked, told in problems.items():
        page = sanne.opens(f"/rapport/?{asked}")
        assert page.status_code == 422
        assert told in page.text
        assert "zuidlaren" not in page.text


def test_every_file_has_the_filter_of_the_page(sample: SampleLibrary, sanne: WebUser) -> None:
    keep_smileys(sample, (0, 0, 0, 0, 20), branch="roden")
    keep_smileys(sample, (0, 0, 0, 0, 15), branch="norg")
    page = sanne.opens(f"/rapport/?{YEAR}&vestiging=norg").text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/rapport/bestand/[^"]+)"', page)]
    files = {link.split("/")[3].split("?")[0]: sanne.opens(link) for link in links}
    assert set(files) == {"pdf", "xlsx", "csv", "json"}
    report = Report.from_json(files["json"].data)
    assert [branch.slug for branch in report.branches] == ["norg"]
    assert json.loads(files["json"].data)["rows"][0]["score"]["n"] == 15
    assert "15 bezoeken, vestiging Norg" in PdfReader(io.BytesIO(files["pdf"].data)).pages[0].extract_text()
    for form, file in files.items():
        named = file.headers["Content-Disposition"]
        assert named == f"attachment; filename=rapport-2024-01-01-2024-12-31-norg.{form}"


def test_a_file_of_an_unknown_kind_or_with_a_wrong_filter_is_refused(sanne: WebUser) -> None:
    assert sanne.opens(f"/rapport/bestand/docx?{YEAR}").status_code == 404
    assert sanne.opens("/rapport/bestand/json?van=gisteren").status_code == 422

"""Branches by the command line: a fresh server gets the buildings in which poles are paired."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.intake.branches import add_branch, branches_with_poles
from tests.makers import SampleLibrary
from vertelpaal.cli import root
from vertelpaal.errors import Conflict, InvalidInput


def test_a_branch_that_was_added_is_listed_with_its_poles(
    sample: SampleLibrary, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path))
    monkeypatch.setenv("VERTELPAAL_DATABASE_URL", database_url)
    monkeypatch.setenv("VERTELPAAL_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("VERTELPAAL_WITHDRAWAL_KEY", "w" * 40)

    def branches(*command: str) -> Result:
        return CliRunner().invoke(root, ["branches", *command], catch_exceptions=False)

    assert "vertelpaal kiosk pair CODE --branch norg-zuid" in branches("add", "norg-zuid", "Bibliotheek  Norg").output
    listed = branches("list").output.splitlines()
    assert any(line.startswith("norg-zuid") and "Bibliotheek Norg " in line and "0 pole" in line for line in listed)
    assert any(line.startswith("roden") and "1 pole" in line for line in listed)


@pytest.mark.parametrize(("slug", "name"), [("Roden", "x"), ("a--b", "x"), ("-", "x"), ("a" * 65, "x"), ("goed", " ")])
def test_what_is_no_branch_is_refused(sample: SampleLibrary, slug: str, name: str) -> None:
    with sample.database.transaction() as session, pytest.raises(InvalidInput):
        add_branch(session, slug, name)


def test_a_slug_is_taken_once(sample: SampleLibrary) -> None:
    with sample.database.transaction() as session:
        add_branch(session, "zuidwolde", "Zuidwolde")
    with sample.database.transaction() as session, pytest.raises(Conflict):
        add_branch(session, "zuidwolde", "Zuidwolde opnieuw")
    with sample.database.reading() as session:
        assert [branch.name for branch, _ in branches_with_poles(session)].count("Zuidwolde") == 1

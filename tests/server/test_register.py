"""The register of processing: every column of a person and every folder is in it, and the DPIA has its aims."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from inspect import getmembers
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from server.config import ServerSettings
from server.privacy.dutch import BASES, PEOPLE, PURPOSES, SEEN_BY, WITHDRAWN_EARLIER
from server.privacy.periods import DEFAULT_PERIODS
from server.privacy.register import FORMS, Register, make_register
from server.tables import Base
from server.tables.personal import Aim, told_of
from tests.makers import NOW, WITHDRAWAL_KEY, SampleLibrary
from vertelpaal.cli import root

DPIA = Path(__file__).parents[2] / "docs" / "dpia.md"


def register() -> Register:
    return make_register("Bibliotheek van de toetsen", DEFAULT_PERIODS, 90, timedelta(days=30), NOW)


def test_every_column_of_a_person_is_in_it_once() -> None:
    told = sorted(column for one in register().processings for kind in one.categories for column in kind.columns)
    personal = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if told_of(column)
    ]
    assert told == sorted(personal)


def test_every_aim_has_columns_a_basis_people_and_readers() -> None:
    assert set(PURPOSES) == set(BASES) == set(PEOPLE) == set(SEEN_BY) == set(Aim)
    assert all(one.categories for one in register().processings)


def test_it_says_that_the_hash_of_a_code_stays_after_a_withdrawal() -> None:
    kinds = [kind for one in register().processings for kind in one.categories]
    (code,) = [kind for kind in kinds if "visits.withdrawal_hash" in kind.columns]
    assert code.columns == ("visits.withdrawal_hash",)
    assert "730 dagen na het bezoek, ook als het is ingetrokken" in code.kept
    assert WITHDRAWN_EARLIER not in code.kept


def test_the_journal_of_withdrawals_is_in_it_with_its_end() -> None:
    (journal,) = [place for place in register().places if "intrekkingen" in place.name]
    (backups,) = [place for place in register().places if place.name == "Reservekopieën"]
    assert journal.kept.startswith("1825 dagen na het intrekken")
    assert backups.kept.startswith("30 dagen")


def test_every_folder_of_the_server_is_in_it() -> None:
    folders = {name for name, _ in getmembers(ServerSettings) if name.endswith("_folder")}
    assert {place.folder for place in register().places} - {None} == folders


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_every_purpose_and_period(form: str) -> None:
    shown = " ".join(FORMS[form](register()).split())
    said = shown.lower()
    for one in register().processings:
        assert one.purpose.lower() in said
        for kind in one.categories:
            assert kind.kept in shown
    for place in register().places:
        assert place.name in shown


def test_the_settings_of_the_library_are_what_it_says(
    sample: SampleLibrary, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERTELPAAL_DATABASE_URL", database_url)
    monkeypatch.setenv("VERTELPAAL_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("VERTELPAAL_WITHDRAWAL_KEY", WITHDRAWAL_KEY.decode())
    monkeypatch.setenv("VERTELPAAL_KEEP_VIDEO_DAYS", "31")
    result = CliRunner().invoke(root, ["privacy", "register", "--format", "json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["library"] == "Bibliotheek van de toetsen"
    assert "Beeld 31 dagen, stem 180 dagen" in result.stdout


def test_the_dpia_has_every_purpose_and_default_period(tmp_path: Path) -> None:
    written = " ".join(DPIA.read_text(encoding="utf-8").split())
    assert [purpose for purpose in PURPOSES.values() if purpose not in written] == []
    rows = re.findall(r"\| (\d+) dagen[^|]*\| `VERTELPAAL_(\w+)` \|", DPIA.read_text(encoding="utf-8"))
    told = {name.lower(): {int(days) for days, other in rows if other == name} for _, name in rows}
    kept = {name for name in ServerSettings.model_fields if re.fullmatch(r"keep_\w+_days|quarantine_days", name)}
    usual = ServerSettings(home=tmp_path, secret_key=SecretStr("s" * 32), withdrawal_key=SecretStr("w" * 32))
    assert told == {name: {getattr(usual, name)} for name in kept}
    for place in register().places[-2:]:
        assert f"| {place.name} | {place.kept.partition(',')[0].partition(':')[0]} |" in written

"""`vertelpaal models` teaches, and says what is here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.command import command
from tests.models.hub_stand_in import Manners, create_catalog, hub_stand_in
from vertelpaal.errors import ModelError, NotFound


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path))
    monkeypatch.setenv("VERTELPAAL_DEVICE", "cpu")
    monkeypatch.delenv("VERTELPAAL_MODEL", raising=False)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


def test_the_list_says_what_is_here_and_what_is_used() -> None:
    said = run("list").output
    assert "* small" in said
    assert "not here" in said
    assert "vertelpaal models fetch small" in said
    assert "mini" in said and "knows only the sample sentences" in said


def test_the_list_obeys_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERTELPAAL_MODEL", "mini")
    said = run("list").output
    assert "* mini" in said
    assert "recordings wait" not in said


def test_fetching_what_does_not_exist_names_what_does() -> None:
    done = run("fetch", "smol")
    assert isinstance(done.exception, NotFound)
    assert "small" in str(done.exception)


def test_fetching_mini_says_that_it_is_here(home: Path) -> None:
    done = run("fetch", "mini")
    assert done.exit_code == 0
    assert "is here already, and whole" in done.output


def test_a_hub_that_cannot_be_reached_is_an_error_of_ours() -> None:
    done = run("fetch", "small", "--hub", "http://hub.invalid")
    assert isinstance(done.exception, ModelError)


def test_fetching_and_importing_from_end_to_end(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.catalog.catalog", create_catalog)
    with hub_stand_in(Manners()) as address:
        done = run("fetch", "small", "--hub", address)
        assert done.exit_code == 0, done.output
        assert f"small is here: {home / 'models' / 'small'}" in done.output
        assert "here already, and whole" in run("fetch", "small", "--hub", address).output
        (home / "models" / "small" / "model.bin").write_bytes(b"x")
        assert "damaged" in run("list").output
        assert "Fetching it again" in run("fetch", "small", "--hub", address).output
    (home / "models" / "small").rename(home / "stick")
    assert run("import", str(home / "stick")).exit_code == 0
    assert "  here\n" in run("list").output


def test_importing_an_empty_folder_says_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    done = run("import", str(tmp_path / "stick"))
    assert isinstance(done.exception, NotFound)
    done = run("import", "--name", "small", str(tmp_path / "stick"))
    assert "missing: config.json, model.bin, tokenizer.json, vocabulary.txt" in str(done.exception)


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from models.command import command\n"
        "CliRunner().invoke(command, ['--help'])\n"
        "print([name for name in ('faster_whisper', 'ctranslate2', 'requests', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

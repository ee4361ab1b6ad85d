"""A setting, a file or a database that cannot be used is one clear line, and never a traceback."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pyrage import x25519

from vertelpaal.cli import main
from vertelpaal.keys import PUBLIC_FILE

PERIOD = ("--from", "2026-01-01", "--to", "2026-12-31")
NOWHERE = "postgresql+psycopg://vertelpaal@127.0.0.1:9/vertelpaal"
SILENT = "the database does not answer (connection failed: connection to server at"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of a server whose settings are whole, and that has a pair of keys."""
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path))
    for name in ("SECRET_KEY", "WITHDRAWAL_KEY"):
        monkeypatch.setenv(f"VERTELPAAL_{name}", "s" * 40)
    monkeypatch.setattr(sys, "argv", ["vertelpaal", "keys", "new"])
    main()
    return tmp_path


def says(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that fails, and return what it says."""
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", ["vertelpaal", *command])
    monkeypatch.setattr("vertelpaal.serving.serve", lambda *_: pytest.fail("it began to serve"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr()
    return said.out + said.err


@pytest.mark.parametrize(
    ("setting", "value", "command", "line"),
    [
        ("DATABASE_URL", "onzin", ("server",), "vertelpaal: the address of a database is sqlite:"),
        ("DATABASE_URL", "onzin", ("check",), " !  database       the address of a database is sqlite:"),
        ("DATABASE_URL", "postgresql://a:b@c:d/e", ("report", *PERIOD), "vertelpaal: the address of a database is"),
        ("DATABASE_URL", NOWHERE, ("server",), f"vertelpaal: {SILENT}"),
        ("DATABASE_URL", NOWHERE, ("report", *PERIOD), f"vertelpaal: {SILENT}"),
        ("DATABASE_URL", NOWHERE, ("check",), f" !  database       {SILENT}"),
        ("PUBLIC_KEY", "age1x", ("server",), "vertelpaal: VERTELPAAL_PUBLIC_KEY: not an age public key: age1x…"),
        ("BACKUP_KEY", "age1x", ("check",), " !  settings       VERTELPAAL_BACKUP_KEY: not an age public key"),
        ("SECRET_KEY", None, ("server",), "vertelpaal: VERTELPAAL_SECRET_KEY: missing"),
        ("KEEP_VIDEODAYS", "3", ("check",), " !  settings       VERTELPAAL_KEEP_VIDEODAYS is no setting"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else None,
)
@pytest.mark.usefixtures("home")
def test_a_setting_that_cannot_be_used_is_one_line(
    setting: str,
    value: str | None,
    command: tuple[str, ...],
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if value is None:
        monkeypatch.delenv(f"VERTELPAAL_{setting}")
    else:
        monkeypatch.setenv(f"VERTELPAAL_{setting}", value)
    said = says(command, monkeypatch, capsys)
    assert any(one.startswith(line) for one in said.splitlines()), said
    assert command == ("check",) or len(said.splitlines()) == 1, said


def test_a_server_without_a_pair_of_keys_says_so_at_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / PUBLIC_FILE).unlink()
    for file in (home / "keys").iterdir():
        file.unlink()
    assert says(("server",), monkeypatch, capsys).startswith("vertelpaal: no private key in")


def test_settings_in_another_coding_and_folders_that_are_not_there_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = says(("keys", "for-backup", str(home / "nowhere" / "backup.key")), monkeypatch, capsys)
    assert "No such file or directory" in said
    assert str(home / "nowhere") in said
    (home / "settings.env").write_bytes("VERTELPAAL_PUBLIC_URL=caf\xe9".encode("latin-1"))
    assert "settings.env is not a text in UTF-8" in says(("server",), monkeypatch, capsys)


def test_the_check_says_when_poles_seal_to_a_key_whose_private_half_is_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = says(("check",), monkeypatch, capsys)
    assert "ok  keys           1 private key(s), poles seal to" in ours
    other = str(x25519.Identity.generate().to_public())
    monkeypatch.setenv("VERTELPAAL_PUBLIC_KEY", other)
    assert f" !  keys           poles are told to seal to {other[:16]}…" in says(("check",), monkeypatch, capsys)

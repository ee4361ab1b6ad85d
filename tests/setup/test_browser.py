"""The stories drive a Chromium that works: never a snap, never one that does not start."""

from __future__ import annotations

from pathlib import Path

import pytest

from setup.browser import apt_has_chromium, apt_has_headless, find_chromium, find_headless, install_own, is_snap, loads
from setup.errors import CannotPrepare
from setup.postgres import find_postgres
from setup.progress import Follower


def create_program(path: Path, script: str = 'echo "Chromium 140.0"') -> Path:
    """Return a program that answers as a browser does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_system_s_own_comes_first(tmp_path: Path) -> None:
    system = create_program(tmp_path / "bin" / "chromium")
    create_program(tmp_path / "own" / "chromium-1200" / "chrome-linux" / "chrome")
    assert find_chromium({}, {"chromium": str(system)}.get, tmp_path / "own") == system


def test_the_newest_that_playwright_brought_comes_next(tmp_path: Path) -> None:
    create_program(tmp_path / "chromium-1100" / "chrome-linux" / "chrome")
    newest = create_program(tmp_path / "chromium-1200" / "chrome-linux64" / "chrome")
    assert find_chromium({}, lambda name: None, tmp_path) == newest


def test_a_chosen_one_wins_and_a_broken_choice_is_no_browser(tmp_path: Path) -> None:
    system = create_program(tmp_path / "chromium")
    chosen = create_program(tmp_path / "mine")
    broken = create_program(tmp_path / "broken", "exit 1")
    find = {"chromium": str(system)}.get
    assert find_chromium({"VERTELPAAL_CHROMIUM": str(chosen)}, find, tmp_path) == chosen
    assert find_chromium({"VERTELPAAL_CHROMIUM": str(broken)}, find, tmp_path) is None


def test_a_story_takes_the_headless_shell_unless_another_was_chosen(tmp_path: Path) -> None:
    system = create_program(tmp_path / "chromium")
    shell = create_program(tmp_path / "chromium-headless-shell")
    chosen = create_program(tmp_path / "mine")
    find = {"chromium": str(system), "chromium-headless-shell": str(shell)}.get
    assert find_headless({}, find, tmp_path / "own") == shell
    assert find_headless({"VERTELPAAL_CHROMIUM": str(chosen)}, find, tmp_path / "own") == chosen
    create_program(shell, "exit 127")  # as when Chromium, whose files it shares, was removed
    assert find_headless({}, find, tmp_path / "own") == system


@pytest.mark.parametrize("script", ["exit 10", "echo Something else", "exec /no/such/library"])
def test_one_that_does_not_start_is_no_browser(tmp_path: Path, script: str) -> None:
    program = create_program(tmp_path / "chromium", script)
    assert find_chromium({}, {"chromium": str(program)}.get, tmp_path / "own") is None


def test_a_snap_is_passed_by(tmp_path: Path) -> None:
    stub = create_program(tmp_path / "chromium-browser", 'exec snap run chromium; echo "Chromium"')
    inside = create_program(tmp_path / "snap" / "bin" / "chromium")
    link = tmp_path / "chromium"
    link.symlink_to(inside)
    assert is_snap(stub)
    assert is_snap(link)
    assert not is_snap(create_program(tmp_path / "plain"))
    assert find_chromium({}, {"chromium-browser": str(stub)}.get, tmp_path / "own") is None


@pytest.mark.parametrize(
    ("release", "brings", "brings_the_shell"),
    [
        ("ID=debian\n", True, True),
        ("ID=raspbian\nID_LIKE=debian\n", True, False),
        ('ID=ubuntu\nID_LIKE="debian"\n', False, False),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', False, False),
        ('ID="fedora"\n', False, False),
    ],
)
def test_only_debian_s_package_is_a_browser(tmp_path: Path, release: str, brings: bool, brings_the_shell: bool) -> None:
    (tmp_path / "os-release").write_text(release, encoding="utf-8")
    assert apt_has_chromium(tmp_path / "os-release") is brings
    assert apt_has_headless(tmp_path / "os-release") is brings_the_shell


def test_a_download_that_fails_ends_in_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Follower, command: object, notice: object) -> None:
        raise CannotPrepare("no way out")

    monkeypatch.setattr(Follower, "run", fail)
    with pytest.raises(CannotPrepare, match=r"(?s)no way out.*VERTELPAAL_CHROMIUM=.* make test"):
        install_own(Follower(tmp_path / "log"), user=1000)


def test_a_library_is_here_when_it_loads() -> None:
    assert loads("libc.so.6")
    assert not loads("libnothing.so.0")


def test_the_newest_postgresql_is_taken(tmp_path: Path) -> None:
    for version in ("9.6", "15", "17"):
        create_program(tmp_path / version / "bin" / "initdb")
        create_program(tmp_path / version / "bin" / "postgres")
    create_program(tmp_path / "18" / "bin" / "psql")  # a client alone is no server
    assert find_postgres(tmp_path) == tmp_path / "17" / "bin"
    assert find_postgres(tmp_path / "nowhere") is None

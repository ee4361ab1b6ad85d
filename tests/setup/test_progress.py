"""Whoever waits sees that it goes on, and whoever meets a failure sees why."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from setup.errors import CannotPrepare
from setup.progress import Count, Follower, nothing
from setup.python_packages import PipNotice


def test_a_failure_shows_the_last_words_and_where_all_of_them_are(tmp_path: Path) -> None:
    log = tmp_path / "build" / "setup.log"
    with pytest.raises(CannotPrepare) as failure:
        Follower(log).run([sys.executable, "-c", "print('no room on disk'); raise SystemExit(3)"], nothing)
    assert "status 3" in str(failure.value)
    assert "no room on disk" in str(failure.value)
    assert str(log) in str(failure.value)
    assert "no room on disk" in log.read_text(encoding="utf-8")


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotPrepare, match="no-such-program"):
        Follower(tmp_path / "log").run([tmp_path / "no-such-program"], nothing)


def test_a_silent_command_shows_a_sign_of_life(tmp_path: Path) -> None:
    said: list[str] = []
    follow = Follower(tmp_path / "log", say=said.append, sign_of_life=0.05)
    follow.run([sys.executable, "-c", "import time; time.sleep(0.5)"], nothing)
    assert any("still busy" in line for line in said)


def test_many_packages_become_a_few_lines() -> None:
    notice = PipNotice(Count("Collecting "))
    lines = [f"Collecting package-{number}==1.0" for number in range(1, 24)]
    assert [shown for shown in map(notice, lines) if shown] == ["10 (package-10==1.0)", "20 (package-20==1.0)"]
    assert notice("  Downloading small.whl (2.1 MB)") is None
    assert notice("  Downloading large.whl (61.1 MB)") == "downloading large.whl, 61.1 MB"

"""Both commands get ready first and obey the settings they are given."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from setup.layout import ROOT

TELL = '#!/bin/sh\necho "$(basename "$0") $* home=$VERTELPAAL_HOME door=$VERTELPAAL_SERVER_PORT" >> "$TOLD"\n'
PROGRAMS = ("python", "pytest", "ruff", "mypy", "vertelpaal")


def make(clone: Path, goal: str, **settings: str) -> list[str]:
    """Run make in a clone whose programs only tell how they were called; return what they told."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    for name in PROGRAMS:
        program = clone / ".venv" / "bin" / name
        program.write_text(TELL, encoding="utf-8")
        program.chmod(0o755)
    shutil.copy(ROOT / "Makefile", clone)
    told = clone / "told"
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("VERTELPAAL_", "MAKE", "MFLAGS"))}
    subprocess.run(
        ["make", goal, "PYTHON=.venv/bin/python"],
        cwd=clone,
        env={**ours, "TOLD": str(told), **settings},
        check=True,
        capture_output=True,
    )
    return told.read_text(encoding="utf-8").splitlines()


def test_the_demo_gets_ready_and_lives_in_the_clone(tmp_path: Path) -> None:
    ready, demo = make(tmp_path, "demo")
    assert ready.startswith("python -m setup.prepare demo")
    assert demo.startswith(f"vertelpaal demo home={tmp_path}/.home")


def test_the_demo_lives_where_it_is_told(tmp_path: Path) -> None:
    _, demo = make(tmp_path, "demo", VERTELPAAL_HOME="/elsewhere", VERTELPAAL_SERVER_PORT="18000")
    assert demo == "vertelpaal demo home=/elsewhere door=18000"


def test_the_tests_come_after_the_style(tmp_path: Path) -> None:
    told = make(tmp_path, "test")
    assert told[0].startswith("python -m setup.prepare test")
    assert [line.split()[0] for line in told[1:]] == ["ruff", "ruff", "pytest"]
    assert "--basetemp" not in told[-1]


def test_lint_is_style_and_types(tmp_path: Path) -> None:
    assert [line.split()[0] for line in make(tmp_path, "lint")] == ["python", "ruff", "ruff", "mypy"]


def test_the_tests_keep_their_data_where_it_is_told(tmp_path: Path) -> None:
    home = tmp_path / "a home" / "of data"
    pytest_line = make(tmp_path, "test", VERTELPAAL_HOME=str(home))[-1]
    assert f"--basetemp={home}/tests" in pytest_line
    assert home.is_dir()

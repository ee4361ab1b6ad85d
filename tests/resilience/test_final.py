"""The second try of `make test` does not wash away a loss."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from setup.layout import ROOT

STORY = """
from pathlib import Path
from tests.resilience.final import final

def test_by_chance(final):
    with final.verdict():
        assert not Path("lost").exists(), "a visit is lost"

def test_late(final):
    assert not Path("lost").exists(), "a process is late"
"""


def test_what_was_lost_once_stays_lost_when_it_is_tried_once_more(tmp_path: Path) -> None:
    (tmp_path / "test_story.py").write_text(STORY)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    lost = tmp_path / "lost"

    def run(*options: str) -> str:
        command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "test_story.py", *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        ).stdout

    assert "2 passed" in run(), "the control"
    lost.touch()
    assert "2 failed" in run()
    lost.unlink()
    again = run("--last-failed")
    assert "1 passed, 1 error" in again
    assert "a visit is lost" in again
    assert "2 passed" in run()

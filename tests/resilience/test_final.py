"""The second try of `make test` does not wash away a loss."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from setup.layout import ROOT

STORY = """
import os
from pathlib import Path
import pytest
from tests.resilience.final import final

pytestmark = pytest.mark.xdist_group("a group")

@pytest.mark.parametrize("number", range(8))
def test_in_one_process(number):
    with open("processes", "a") as told:
        told.write(os.environ.get("PYTEST_XDIST_WORKER", "alone") + "\\n")

def test_by_chance(final):
    with final.verdict():
        assert not Path("lost").exists(), "a visit is lost"

def test_late(final):
    assert not Path("lost").exists(), "a process is late"
"""


def test_what_was_lost_once_stays_lost_when_it_is_tried_once_more(tmp_path: Path) -> None:
    """As the Makefile does it: first in several processes, where a group stays together, then alone."""
    (tmp_path / "test_story.py").write_text(STORY)
    (tmp_path / "conftest.py").write_text("from tests.groups import pytest_configure\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    lost = tmp_path / "lost"

    def run(*options: str) -> str:
        command = [sys.executable, "-m", "pytest", "-p", "xdist", "test_story.py", *options]
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment = {**own, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        ).stdout

    several = ("-n", "2", "--dist", "loadgroup")
    assert "10 passed" in run(*several), "the control"
    processes = (tmp_path / "processes").read_text().split()
    assert (len(processes), len(set(processes))) == (8, 1), "a group of tests is one process's"
    lost.touch()
    assert "2 failed, 8 passed" in run(*several)
    lost.unlink()
    again = run("--last-failed")
    assert "= 1 passed, 8 deselected, 1 error" in again, "of the group only what failed is tried"
    assert "a visit is lost" in again
    assert "10 passed" in run(*several)

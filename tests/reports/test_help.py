"""Help comes at once: nothing heavy is loaded for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from vertelpaal.cli import root
root(sys.argv[1:], standalone_mode=False)
heavy = {"sqlalchemy", "altair", "typst", "xlsxwriter", "pydantic"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize("words", [("report", "--help"), ("export", "--help"), ("export", "answers", "--help")])
def test_help_teaches_by_example_and_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout
    assert "For example" in done.stdout or words == ("export", "--help")

"""The threat model names tests that exist, for every line of it."""

from __future__ import annotations

import re

from setup.layout import ROOT

PAGE = ROOT / "docs" / "security.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
THREATS = ("thief", "visitor at the screen", "stranger", "hostile upload", "colleague", "lost laptop")


def wrong(page: str) -> list[str]:
    """Return every test that a page names and that is not there."""
    missing = []
    for path, test in NAMED.findall(page):
        file = ROOT / path
        if not file.is_file() or (test and f"def {test}(" not in file.read_text(encoding="utf-8")):
            missing.append(f"{path}::{test}" if test else path)
    return missing


def test_every_test_that_the_page_names_is_there() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(NAMED.findall(page)) > 30
    assert wrong(page) == []


def test_every_line_names_a_test() -> None:
    page = PAGE.read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| what stops")]
    assert len(lines) > 25
    assert [line for line in lines if not NAMED.search(line)] == []
    assert "to come" not in page.lower(), "what is not there yet is said under what the house does not do"


def test_every_threat_has_its_part() -> None:
    headings = re.findall(r"^### (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [threat for threat in THREATS if not any(threat in heading for heading in headings)] == []


def test_a_test_that_is_not_there_is_found() -> None:
    """The control."""
    assert wrong("| x | `tests/door/test_nothing.py`, `tests/door/test_rules.py::test_nothing` |") == [
        "tests/door/test_nothing.py",
        "tests/door/test_rules.py::test_nothing",
    ]

"""The docs are true: every setting and every command that exists is there, and the reverse."""

from __future__ import annotations

import re
from pathlib import Path

from kiosk.config import KioskSettings
from server.config import ServerSettings
from vertelpaal.cli import COMMANDS

DOCS = Path(__file__).parent.parent / "docs"
ELSEWHERE = {"VERTELPAAL_CHROMIUM"}
"""Documented settings that no settings class reads."""


def test_every_setting_is_in_the_docs_and_the_reverse() -> None:
    fields = {*ServerSettings.model_fields, *KioskSettings.model_fields}
    existing = {f"VERTELPAAL_{name.upper()}" for name in fields}
    documented = set(re.findall(r"^\| `(VERTELPAAL_\w+)`", (DOCS / "settings.md").read_text(), re.MULTILINE))
    assert documented - ELSEWHERE == existing


def test_every_command_is_in_the_docs_and_the_reverse() -> None:
    documented = re.findall(r"^\| `vertelpaal (\w+)`", (DOCS / "commands.md").read_text(), re.MULTILINE)
    assert documented == list(COMMANDS)


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            assert "://" in link or (page.parent / link).exists(), f"{page.name} leads to {link}, which is not there"


def test_every_module_that_a_page_names_is_there() -> None:
    root = DOCS.parent
    for page in [*DOCS.rglob("*.md"), root / "README.md"]:
        for module in re.findall(r"`((?:kiosk|server|vertelpaal|sample|models)/[a-z_/]+\.py)`", page.read_text()):
            assert (root / module).exists(), f"{page.name} names {module}, which is not there"


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [page.name[:4] for page in sorted((DOCS / "decisions").glob("0*.md"))]
    assert len(set(numbers)) == len(numbers)

"""What is installed is pinned by hash, and a lock says nothing of where it came from."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from setup import python_packages
from setup.layout import ROOT
from setup.lock import LOCKS
from setup.progress import Follower


def project() -> dict[str, Any]:
    """Return the project's table."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def locked(name: str) -> list[Requirement]:
    """Return every requirement of a lock."""
    text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    return [Requirement(re.sub(r"\s+--hash=\S+", "", line)) for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(index|extra-index|find-links|trusted)", text, flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        assert "--hash=sha256:" in line, line


@pytest.mark.parametrize("name", LOCKS)
def test_what_the_project_asks_for_is_in_the_lock(name: str) -> None:
    pins: dict[str, list[Requirement]] = {}
    for pin in locked(name):
        pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    extras = project()["optional-dependencies"]
    for line in [*project()["dependencies"], *(line for extra in LOCKS[name] for line in extras[extra])]:
        wanted = Requirement(line)
        versions = [str(pin.specifier).removeprefix("==") for pin in pins[canonicalize_name(wanted.name)]]
        assert any(wanted.specifier.contains(version) for version in versions), f"{line}: the lock has {versions}"


def test_pip_itself_is_installed_first_as_the_lock_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_packages, "VENV", tmp_path)
    noted: list[Sequence[str | Path]] = []
    monkeypatch.setattr(Follower, "run", lambda _, command, _notice: noted.append(command))
    python_packages.install_packages("everything", Follower(tmp_path / "log"))
    first, second, _ = noted
    assert "--require-hashes" in first
    pip, lock = Path(first[-1]).read_text(encoding="utf-8"), ROOT / "locks" / "everything.txt"
    assert re.fullmatch(r"pip==[\d.]+( \\\n    --hash=sha256:[0-9a-f]{64})+\n", pip)
    assert pip in lock.read_text(encoding="utf-8")
    assert second[-1] == lock
    noted.clear()
    python_packages.install_packages("kiosk", Follower(tmp_path / "log"))
    assert [command[-1] for command in noted[:-1]] == [ROOT / "locks" / "kiosk.txt"]


def test_a_package_is_not_another_whose_name_begins_so() -> None:
    other = "pip-api==0.0.35 \\\n    --hash=sha256:0\n"
    assert python_packages.requirement_of("pip", other) == ""
    assert python_packages.requirement_of("pip-api", other) == other
    assert python_packages.requirement_of("pip-api", other.rstrip()) == other.rstrip()


def test_a_pole_installs_nothing_of_the_server() -> None:
    names = {canonicalize_name(pin.name) for pin in locked("kiosk")}
    assert not names & {"sqlalchemy", "faster-whisper", "dbos", "typst", "altair", "psycopg"}


def test_the_npm_lock_has_hashes_and_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert {f"node_modules/{name}" for name in wanted} <= packages.keys()
    assert lock["packages"][""]["dependencies"] == wanted
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text(encoding="utf-8").splitlines()

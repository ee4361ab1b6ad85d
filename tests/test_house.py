"""The walls of the house: who may import whom, how large a room is, and what never gets into git."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from setup.front_end import NPM
from setup.layout import PYTHON, ROOT, VENV

LONGEST_MODULE = 400
HEAVY = {
    *("alembic", "altair", "av", "cv2", "ctranslate2", "dbos", "faster_whisper", "flask", "numpy"),
    *("playwright", "psycopg", "pyrage", "requests", "sqlalchemy", "typst", "vl_convert", "kiosk", "server", "sample"),
}
WALLS = {
    "kiosk": {"server", "sample", "sqlalchemy", "alembic", "faster_whisper", "dbos"},
    "server": {"kiosk", "sample"},
    "vertelpaal": {"kiosk", "server", "sample", "models", "flask", "sqlalchemy"},
    "models": {"kiosk", "sample"},
}
"""Each part, and what it never imports."""


def files_in_git() -> list[Path]:
    """Return every file that is or is about to be in git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def modules(part: str = "") -> Iterator[Path]:
    """Yield our Python files, of one part or of all."""
    return (path for path in files_in_git() if path.suffix == ".py" and path.is_relative_to(ROOT / part))


def imports(module: Path) -> set[str]:
    """Return the top-level packages that a module imports anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("part", WALLS)
def test_no_import_goes_through_a_wall(part: str) -> None:
    through = {str(path.relative_to(ROOT)): imports(path) & WALLS[part] for path in modules(part)}
    assert through, f"{part} has modules"
    assert {path: wrong for path, wrong in through.items() if wrong} == {}


@pytest.mark.longest
def test_every_type_fits() -> None:
    checked = subprocess.run([VENV / "bin" / "mypy"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, f"mypy finds:\n{checked.stdout}{checked.stderr}"


def test_every_module_is_a_room_and_not_a_hall() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def texts() -> Iterator[tuple[str, str]]:
    """Yield the name and text of each file in git that is text."""
    for path in files_in_git():
        content = path.read_bytes()
        if b"\0" not in content:
            yield str(path.relative_to(ROOT)), content.decode("utf-8", errors="replace")


def test_no_file_names_a_place_on_one_machine() -> None:
    home = str(Path.home()).rstrip("/")
    places = {"/" + "root", "/" + "work"} | ({home} if home.count("/") else set())
    place = re.compile(
        r"(?<![\w.}\])-])(" + "|".join(map(re.escape, sorted(places))) + r")(/|$|[\s'\"`:])", re.MULTILINE
    )
    assert [(name, found[0]) for name, text in texts() if (found := place.search(text))] == []


def test_no_file_names_a_package_registry() -> None:
    hosts = registry_hosts()
    assert hosts, "the clients here know where they fetch from"
    assert [(name, host) for name, text in texts() for host in hosts if host in text] == []


def registry_hosts() -> set[str]:
    """Ask the package clients which hosts they fetch from, here and by default."""
    ask_pip = (
        "from pip._internal.models.index import PyPI, TestPyPI; from pip._internal.configuration import Configuration; "
        "c = Configuration(isolated=False); c.load(); "
        "print(PyPI.url, 'https://' + PyPI.file_storage_domain, TestPyPI.url, *(v for _, v in c.items()), sep='\\n')"
    )
    said = subprocess.run([PYTHON, "-c", ask_pip], capture_output=True, text=True, check=True).stdout
    said += subprocess.run(
        [PYTHON, "-c", NPM, "config", "get", "registry"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for sources in [*Path("/etc/apt").rglob("*.sources"), *Path("/etc/apt").rglob("*.list")]:
        said += sources.read_text(encoding="utf-8")
    hosts = {urlsplit(address).hostname for address in re.findall(r"https?://[^\s'\"\])]+", said)}
    return {host for host in hosts if host and "." in host}


def test_help_comes_without_a_heavy_import() -> None:
    ask = (
        "import sys; from vertelpaal.cli import root; root(['--help'], standalone_mode=False); "
        "sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules}))"
    )
    said = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "demo" in said.stdout
    assert set(said.stderr.split()) & HEAVY == set()

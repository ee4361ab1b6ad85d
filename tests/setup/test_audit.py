"""The dependency check says what it found, and never takes silence for an answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask, abort, request

from setup.audit import KNOWN, NOT_CHECKED, main
from tests.resilience.test_tls import Authority
from tests.serving import serving
from tests.setup.index import Index, serving_index


@contextmanager
def database(vulnerable: str | None, missing: str | None = None) -> Iterator[tuple[str, set[str]]]:
    """Serve a stored database in which one package has a vulnerability; yield its address and what it was asked.

    Of the missing one it knows nothing, and says 404.
    """
    app = Flask("osv")
    asked: set[str] = set()

    def query() -> str:
        name = request.get_json(force=True)["package"]["name"]
        asked.add(name)
        if name == missing:
            abort(404)
        advisory = {
            "id": "OSV-TEST-1",
            "published": "2026-01-01T00:00:00Z",
            "modified": "2026-01-01T00:00:00Z",
            "summary": "planted",
            "details": "planted",
            "affected": [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": []}],
        }
        return json.dumps({"vulns": [advisory]} if name == vulnerable else {})

    app.add_url_rule("/v1/query", view_func=query, methods=["POST"])
    with serving(app) as url:
        yield f"{url}/v1/query", asked


def options(address: str) -> list[str]:
    return ["--vulnerability-service", "osv", "--osv-url", address]


def test_every_package_is_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    with database(None) as (address, asked):
        assert main(options(address)) == 0
    assert {"flask", "pyrage", "sqlalchemy", "pytest"} <= asked
    assert "No known vulnerabilities" in capsys.readouterr().out


def test_a_known_vulnerability_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The control: one that is planted in the database."""
    with database("flask") as (address, _):
        assert main(options(address)) == KNOWN
    assert "OSV-TEST-1" in capsys.readouterr().out


def test_a_database_that_does_not_answer_is_no_good_news(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening
        assert main(options(f"http://127.0.0.1:{nobody.getsockname()[1]}/v1/query")) == NOT_CHECKED
    assert "NOT CHECKED" in capsys.readouterr().err


def test_a_database_that_does_not_know_a_package_is_no_good_news(capsys: pytest.CaptureFixture[str]) -> None:
    with database(None, missing="click") as (address, asked):
        assert main(options(address)) == NOT_CHECKED
    assert "click" in asked
    assert "NOT CHECKED" in capsys.readouterr().err


AskIndex = Callable[..., tuple[int, Index]]


@pytest.fixture
def ask_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AskIndex]:
    """Return what asks a package index without some packages, as `make audit` does when no other database is named."""
    authority = Authority.create(tmp_path / "authority")
    with ExitStack() as served:

        def ask(*missing: str) -> tuple[int, Index]:
            index = served.enter_context(serving_index(authority, *missing))
            for name in ("NO_PROXY", "no_proxy"):
                monkeypatch.delenv(name, raising=False)
            for name in ("HTTPS_PROXY", "https_proxy"):
                monkeypatch.setenv(name, index.url)
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))
            return main(["--cache-dir", str(tmp_path / "cache")]), index

        yield ask


def test_a_package_that_the_index_does_not_know_is_no_good_news(
    ask_index: AskIndex, capsys: pytest.CaptureFixture[str]
) -> None:
    """A package of ours that was taken away there, or that never was there: nobody can say that it is well."""
    status, index = ask_index("click")
    assert "click" in index.asked
    assert status == NOT_CHECKED
    told = capsys.readouterr()
    assert "click" in told.err
    assert "No known vulnerabilities" not in told.out


def test_an_index_that_knows_every_package_is_good_news(
    ask_index: AskIndex, capsys: pytest.CaptureFixture[str]
) -> None:
    """The control: the same index, and nothing missing."""
    status, index = ask_index()
    assert {"flask", "pyrage", "sqlalchemy", "pytest"} <= index.asked
    assert (status, capsys.readouterr().out) == (0, "No known vulnerabilities found\n")

"""The dependency check says what it found, and never takes silence for an answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask, request

from setup.audit import KNOWN, NOT_CHECKED, main
from tests.serving import serving


@contextmanager
def database(vulnerable: str | None) -> Iterator[tuple[str, set[str]]]:
    """Serve a stored database in which one package has a vulnerability; yield its address and what it was asked."""
    app = Flask("osv")
    asked: set[str] = set()

    def query() -> str:
        name = request.get_json(force=True)["package"]["name"]
        asked.add(name)
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

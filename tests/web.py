"""The web side as tests drive it: an app on each database, a browser without a screen, a staff member."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.test import TestResponse

from server.app import create_app
from server.config import ServerSettings
from server.extensions import limiter
from server.staff import passwords
from server.staff.operations import add_staff
from server.staff.passwords import PasswordHash
from tests.makers import WITHDRAWAL_KEY, SampleLibrary

PASSWORD = "een wachtwoord voor de toetsen"
EMAIL = "sanne@bibliotheek.example"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hundreds of tests sign in, and the real cost is meant to be felt; `test_doors.py` looks at that one."""


class CompiledTemplates(BytecodeCache):
    """Templates as an earlier test compiled them: each test has an app of its own, all with the same templates."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket with what was compiled, if it was; a template that changed since is compiled again."""
        compiled = self._compiled.get(bucket.key)
        if compiled is not None:
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._compiled[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = CompiledTemplates()


@pytest.fixture
def app(sample: SampleLibrary, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Flask]:
    """Return the web side of the sample library."""
    monkeypatch.setattr(passwords, "_hasher", CHEAP)
    settings = ServerSettings(
        home=tmp_path / "home",
        secret_key="s" * 40,
        withdrawal_key=WITHDRAWAL_KEY.decode(),
        database_url=database_url,
        https_only=False,
    )
    for folder in ("intake", "media", "quarantine", "files"):
        (settings.folder / folder).mkdir(parents=True, exist_ok=True)
    if sample.home / "files" != settings.files_folder:
        shutil.copytree(sample.home / "files", settings.files_folder, dirs_exist_ok=True)
    app = create_app(settings, lambda: str(sample.identity.to_public()), sample.clock)
    app.extensions["intake"] = sample.intake
    app.jinja_env.bytecode_cache = TEMPLATES
    with sample.database.transaction() as session:
        add_staff(session, EMAIL, "Sanne", PasswordHash.of(PASSWORD), sample.clock.now())
    limiter.reset()
    yield app
    app.extensions["vertelpaal"].database.engine.dispose()


class WebUser:
    """Somebody with a browser without a screen: follows forms as a browser does, with their hidden token."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def opens(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers={"Accept": "text/html"})

    def sends(self, path: str, form: dict[str, str], page: str | None = None) -> TestResponse:
        """Fill in the form on a page and send it."""
        shown = self.opens(page or path).get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', shown)
        token = {"csrf_token": found.group(1)} if found else {}
        return self.client.post(path, data=form | token, headers={"Accept": "text/html"})

    def signs_in(self, email: str = EMAIL, password: str = PASSWORD) -> TestResponse:
        """Sign in."""
        return self.sends("/inloggen", {"email": email, "password": password})


@pytest.fixture
def stranger(app: Flask) -> WebUser:
    """Return somebody who is not signed in."""
    return WebUser(app.test_client())


@pytest.fixture
def sanne(app: Flask) -> WebUser:
    """Return a staff member who is signed in."""
    user = WebUser(app.test_client())
    assert user.signs_in().status_code == 302
    return user

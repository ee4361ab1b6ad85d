"""A whole visit, from touch to withdrawal, in which every word, name, code and token is marked: no log has one."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from kiosk.app import create_app as create_pole
from kiosk.config import KioskSettings
from kiosk.shelf import Shelf, Token
from server.speech.transcriber import ModelIdentity, Segment, Transcript, transcript_of
from server.tables import EnvelopeRow, EnvelopeState, RecordingState
from tests.door.wire import Line, line
from tests.makers import HandClock, SampleLibrary
from tests.server.test_worker import receive_spoken, wait_for, working
from tests.serving import serving
from tests.web import EMAIL, PASSWORD, WebUser
from vertelpaal.serving import options
from vertelpaal.traces import trace

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WORDS = "Kwikstaart fluistert over mevrouw Zonderland"
MARKS = ("Kwikstaart", "Zonderland", "verkeerd-geheim-woord")
CODE = re.compile(r'data-withdrawal-code="([^"]+)"')
TOUCHES = {
    "attract": "start",
    "language": "language:nl",
    "way": "way:text",
    "age": "age:16-plus",
    "text": "keep",
    "consent": "yes",
    "activity": "skip",
}
LIBRARIES = ("engineio.server", "socketio.server", "sqlalchemy.engine", "flask-limiter")
"""Those whose more talkative levels would say what came by."""


class Parrot:
    """A speech model that hears these words, or stumbles over others and says so in its error."""

    identity = ModelIdentity("parrot", "0" * 64)

    def __init__(self, says: str | None) -> None:
        self._says = says

    def supports(self, language: str) -> bool:
        return True

    def transcribe(self, media: Path, language: str | None) -> Transcript:
        if self._says is None:
            raise ValueError(f"cannot spell {WORDS}")
        segment = Segment(self._says, 0.0, 1.5, -0.1, 0.01, ())
        return transcript_of((segment,), language="nl", language_probability=1.0, model=self.identity)


@contextmanager
def paired_pole(home: Path, server_url: str, sample: SampleLibrary) -> Iterator[str]:
    """Run a pole with the sample's token, for its screen."""
    Shelf(home / "kiosk").keep_token(Token(kiosk_id=sample.kiosk_id, token=sample.token))
    app = create_pole(KioskSettings(home=home, server_url=server_url, uplink_seconds=1), HandClock())
    with serving(app) as url:
        app.extensions["kiosk"].start()
        yield url
        app.extensions["kiosk"].stop()


def visit(screen: Line) -> str:
    """Touch one's way to the thanks, telling WORDS; return the code that is shown."""
    for _ in range(60):
        scene = screen.hears("show", seconds=20)
        assert scene is not None, "the pole says nothing any more"
        if scene["screen"] == "thanks":
            found = CODE.search(scene["html"])
            assert found is not None
            return found[1]
        touch = TOUCHES.get(scene["screen"]) or next(
            (one for one in ("smiley:4", "next", "skip") if one in scene["actions"]), None
        )
        if touch is not None:
            screen.says("act", {"serial": scene["serial"], "action": touch, "text": WORDS})
    raise AssertionError("no thanks after sixty scenes")


def received_visit(sample: SampleLibrary) -> UUID:
    """Wait for the first envelope that has its receipt, and return its visit."""
    for _ in range(200):
        with sample.database.reading() as session:
            row = session.scalars(select(EnvelopeRow).where(EnvelopeRow.state == EnvelopeState.RECEIVED)).first()
        if row is not None:
            return row.visit_id
        time.sleep(0.1)
    raise AssertionError("no envelope came")


def whole_way(app: Flask, sanne: WebUser, stranger: WebUser, sample: SampleLibrary, home: Path) -> tuple[str, ...]:
    """Let a visit be told, sealed, sent, opened, read, searched for and taken back; return its secrets."""
    with serving(app) as server_url, paired_pole(home, server_url, sample) as pole_url:
        with line(pole_url, {"Origin": "http://127.0.0.1:8077"}) as screen:
            screen.says("act", {"serial": WORDS, "action": WORDS, "text": WORDS})  # and what is no message
            screen.sends(WORDS)
        with line(pole_url, {"Origin": "http://127.0.0.1:8077"}) as screen:
            code = visit(screen)
        sample.unpacker.unpack(received_visit(sample))
    assert WORDS in sanne.opens("/antwoorden").get_data(as_text=True), "the words did arrive"
    stranger.signs_in(password=MARKS[2])
    stranger.sends("/intrekken", {"code": code[:-1] + "*"})
    assert stranger.sends("/intrekken", {"code": code}).status_code == 200
    assert WORDS not in sanne.opens("/antwoorden").get_data(as_text=True)
    cookie = sanne.client.get_cookie("vertelpaal")
    assert cookie is not None
    return (code, code.replace("-", ""), sample.token, cookie.value, PASSWORD, EMAIL, *MARKS)


def told(caplog: pytest.LogCaptureFixture) -> str:
    """Return every record as every handler could write it: message, arguments and traceback."""
    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s")
    return "\n".join(formatter.format(record) for record in caplog.records)


def test_no_log_has_a_word_name_code_or_token(
    app: Flask,
    sanne: WebUser,
    stranger: WebUser,
    sample: SampleLibrary,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("kiosk", "server", "vertelpaal", "werkzeug", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=name)
    secrets = whole_way(app, sanne, stranger, sample, tmp_path / "pole")
    log = told(caplog)
    assert "werkzeug" in log, "the requests are in it, with their addresses"
    assert [secret for secret in secrets if secret in log] == []


@pytest.mark.parametrize("says", [WORDS, None], ids=["heard", "cannot be heard"])
def test_a_worker_that_hears_what_was_said_logs_no_word_of_it(
    sample: SampleLibrary, tmp_path: Path, caplog: pytest.LogCaptureFixture, says: str | None
) -> None:
    """From receipt to transcript, also where the speech model stumbles over the words."""
    caplog.set_level(logging.DEBUG)
    for name in ("server", "dbos", "models", "vertelpaal"):
        caplog.set_level(logging.DEBUG, logger=name)
    with working(sample, tmp_path, lambda: Parrot(says)):
        visit = receive_spoken(sample)
        wait_for(sample, visit, RecordingState.TRANSCRIBED if says else RecordingState.QUARANTINED)
    log = told(caplog)
    assert "speech model: parrot" in log, "the worker does log"
    assert visit.withdrawal_code is not None
    assert [secret for secret in (*MARKS, visit.withdrawal_code) if secret in log] == []


def test_a_word_in_a_log_is_found(
    app: Flask,
    sanne: WebUser,
    stranger: WebUser,
    sample: SampleLibrary,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The control: a view that logs the code it was given."""
    caplog.set_level(logging.DEBUG)
    well = app.view_functions["withdrawal.form"]

    def talkative() -> ResponseReturnValue:
        logging.getLogger("server.privacy").debug("withdrawing %s", request.form["code"])
        return cast(Callable[[], ResponseReturnValue], well)()

    app.view_functions["withdrawal.form"] = talkative
    code, *_ = whole_way(app, sanne, stranger, sample, tmp_path / "pole")
    assert code in told(caplog)


def test_an_error_that_nobody_foresaw_is_logged_by_its_place_alone(
    app: Flask, sanne: WebUser, caplog: pytest.LogCaptureFixture
) -> None:
    def stumbles() -> str:
        try:
            raise KeyError(WORDS)
        except KeyError as error:
            raise ValueError(f"cannot read {WORDS}") from error

    app.view_functions["review.quarantine"] = stumbles
    assert sanne.opens("/quarantaine").status_code == 500
    assert re.search(r"ValueError at .*stumbles; after KeyError at .*stumbles", told(caplog))
    assert "Kwikstaart" not in told(caplog)


def test_a_trace_without_a_traceback_is_one(app: Flask) -> None:
    assert trace(ValueError(WORDS)) == "ValueError at no place"


def test_libraries_that_would_tell_more_are_asked_for_errors_alone(app: Flask, tmp_path: Path) -> None:
    create_pole(KioskSettings(home=tmp_path / "pole"), HandClock())
    for name in LIBRARIES:
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING, name
    assert app.extensions["vertelpaal"].database.engine.hide_parameters


def test_nobody_keeps_a_log_of_requests(app: Flask) -> None:
    assert options("127.0.0.1", 8000, 8)["accesslog"] is None
    assert options("127.0.0.1", 8000, 8)["loglevel"] == "warning"

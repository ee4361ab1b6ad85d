"""The live line: news for who is signed in, and for nobody else."""

from __future__ import annotations

from queue import Queue
from uuid import uuid4

import pytest
from flask import Flask
from flask_socketio import SocketIOTestClient
from sqlalchemy import select

from server.live import KEPT, LiveNews, announce
from server.pipeline.janitor import Janitor
from server.tables import LiveEventRow
from tests.makers import SampleLibrary, create_visit
from tests.web import WebUser


def line_of(app: Flask, user: WebUser) -> SocketIOTestClient:
    """Open the live line with a user's cookie."""
    return SocketIOTestClient(app, app.extensions["socketio"], flask_test_client=user.client)


def test_news_reaches_who_is_signed_in(app: Flask, sanne: WebUser, sample: SampleLibrary) -> None:
    line = line_of(app, sanne)
    assert line.is_connected()
    visit = create_visit(sample.kiosk_id)
    live = app.extensions["live"]
    live.start()
    try:
        sample.deliver(visit)
        for _ in range(100):
            news = line.get_received()
            if any(one["args"][0] == {"kind": "visit", "subject": str(visit.id)} for one in news):
                break
            line.app.extensions["live"]._ended.wait(0.1)
        else:
            pytest.fail("no news came")
    finally:
        live.stop()


def test_news_after_a_quiet_day_is_heard(sample: SampleLibrary) -> None:
    """The janitor forgets what was told; the numbers of news go on all the same."""
    heard = Queue[tuple[str, str]]()
    news = LiveNews(sample.database, sample.clock, lambda kind, subject: heard.put((kind, subject)))
    news.start()
    try:
        for number in range(5):
            tell(sample, f"early-{number}")
            assert heard.get(timeout=60) == ("erased", f"early-{number}")
        sample.clock.forward(2 * KEPT.total_seconds())
        Janitor(sample.database, sample.folders, sample.clock, 90).clean()
        with sample.database.reading() as session:
            assert session.scalars(select(LiveEventRow.subject)).all() == ["early-4"], "what was told goes"
        tell(sample, "late")
        assert heard.get(timeout=60) == ("erased", "late")
    finally:
        news.stop()


def tell(sample: SampleLibrary, subject: str) -> None:
    with sample.database.transaction() as session:
        announce(session, "erased", subject, sample.clock.now())


def test_a_stranger_holds_no_thread_with_a_socket(app: Flask, stranger: WebUser, sanne: WebUser) -> None:
    """The door stands before the handshake, so that nobody can take every thread without a session."""
    path = "/socket.io/?EIO=4&transport=websocket"
    assert stranger.client.get(path).status_code == 401
    assert sanne.client.get(path).status_code != 401


def test_no_line_without_a_session(app: Flask, stranger: WebUser) -> None:
    assert not line_of(app, stranger).is_connected()


def test_the_line_is_cut_when_the_session_ends(app: Flask, sanne: WebUser, sample: SampleLibrary) -> None:
    line = line_of(app, sanne)
    sanne.sends("/uitloggen", {}, page="/antwoorden")
    sockets = app.extensions["live-sockets"]
    sockets.emit("visit", str(uuid4()))
    assert not line.is_connected(), "and so it can receive nothing"


def test_news_holds_ids_only(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.deliver(visit)
    with sample.database.transaction() as session:
        announce(session, "visit", visit.id, sample.clock.now())
    with sample.database.reading() as session:
        assert set(session.scalars(select(LiveEventRow.subject))) == {str(visit.id)}

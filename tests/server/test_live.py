"""The live line: news for who is signed in, and for nobody else."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from flask_socketio import SocketIOTestClient

from server.live import announce
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
    from sqlalchemy import select

    from server.tables import LiveEventRow

    visit = create_visit(sample.kiosk_id)
    sample.deliver(visit)
    with sample.database.transaction() as session:
        announce(session, "visit", visit.id, sample.clock.now())
    with sample.database.reading() as session:
        assert set(session.scalars(select(LiveEventRow.subject))) == {str(visit.id)}

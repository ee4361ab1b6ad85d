"""The lines over WebSocket: garbage is dropped, the next line is heard, and no log has an error or what came."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.app import create_app as create_pole
from kiosk.config import KioskSettings
from tests.door.wire import LineEnded, line
from tests.makers import HandClock, SampleLibrary
from tests.serving import serving
from tests.web import WebUser

GARBAGE: tuple[str | bytes, ...] = (
    *("", "x", "9", "4", "42", "42{", "42[]", "42[1]", '42["act"]', '42["act",null]', '42["act",{}]'),
    *('42["act",{"serial":"x","action":1}]', '42["act",{"serial":1e999,"action":"start"}]', "4" * 5000),
    '42["chunk",{"take":"x","index":0}]',
    '42["take-finished",{"take":1}]',
    '42["devices",[1]]',
    '42["stir",1,2,3]',
    '42["no-such-event",{}]',
    '42["connect",{}]',
    '451-["chunk",{"take":"x","index":0},{"_placeholder":true,"num":0}]',
    b"\x00",
    b"4",
    '459-["chunk"]',
    "42" + "[" * 50_000,
    '42["act",{"serial":' + "9" * 5000 + "}]",
    "43",
    "44",
    "46",
    "40/elsewhere,",
    '42["act",{"serial":0,"action":"start","text":"\\ud800"}]',
)


@pytest.fixture
def pole_url(tmp_path: Path, clock: HandClock) -> Iterator[str]:
    app = create_pole(KioskSettings(home=tmp_path), clock)
    with serving(app) as url:
        yield url


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged as an error, by anybody."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def own(url: str) -> dict[str, str]:
    """Return what the pole's own page sends along."""
    return {"Origin": "http://127.0.0.1:8077"}


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda one: repr(one)[:30])
def test_the_pole_drops_what_is_no_message(
    pole_url: str, garbage: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with line(pole_url, own(pole_url)) as screen:
        screen.sends(garbage)
        with suppress(LineEnded):  # as some garbage does
            screen.says("stir")
    with line(pole_url, own(pole_url)) as screen:
        assert screen.hears("show")["screen"] == "waiting", "the pole goes on"
    assert errors(caplog) == []


def test_the_pole_drops_any_frame(pole_url: str, caplog: pytest.LogCaptureFixture) -> None:
    words = st.sampled_from(["act", "chunk", "speech", "devices", "take-finished", "stir"])
    frames = st.one_of(
        st.text(max_size=30), st.binary(max_size=30), st.builds('42["{}",{}]'.format, words, st.text(max_size=20))
    )

    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(frames, max_size=5))
    def say(said: list[str | bytes]) -> None:
        with line(pole_url, own(pole_url)) as screen:
            try:
                for frame in said:
                    screen.sends(frame)
            except LineEnded:
                return  # as a frame that is none does

    say()
    with line(pole_url, own(pole_url)) as screen:
        assert screen.hears("show")["screen"] == "waiting"
    assert errors(caplog) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_live_line_drops_what_is_no_message(
    app: Flask, sanne: WebUser, sample: SampleLibrary, caplog: pytest.LogCaptureFixture
) -> None:
    cookie = sanne.client.get_cookie("vertelpaal")
    assert cookie is not None
    shown = {"Cookie": f"vertelpaal={cookie.value}"}
    with serving(app) as url:
        for garbage in GARBAGE:
            with line(url, {**shown, "Origin": url}) as page:
                page.sends(garbage)
        with line(url, {**shown, "Origin": url}) as page:
            page.sends("42" + "x" * 10_000)
            assert page.hears("news", seconds=2) is None, "what is larger than the line takes ends it"
        with line(url, {**shown, "Origin": url}) as page:
            page.sends('42["no-such-event",{}]')
            app.extensions["live-sockets"].emit("visit", "1")
            assert page.hears("news") == {"kind": "visit", "subject": "1"}
    assert errors(caplog) == []


def test_an_error_of_ours_in_a_message_is_found(
    tmp_path: Path, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The control: an agent that stumbles is in the log, by type and place and without what was said."""
    app = create_pole(KioskSettings(home=tmp_path), clock)

    class Stumbling:
        def stir(self) -> None:
            raise ValueError("Marieke zei het")

    client = app.extensions["socketio"].test_client(app, headers={"Host": "127.0.0.1:8077"})
    app.extensions["kiosk"] = replace(app.extensions["kiosk"], agent=Stumbling())
    client.emit("stir", {})
    assert any("ValueError at" in message and "stir" in message for message in errors(caplog))
    assert "Marieke" not in caplog.text

"""After a visit nothing of the visitor is left: not on the page, not in what the agent says, not in its memory.

Somebody chooses English, turns the volume up, types a word that nobody else types, and speaks into the microphone.
Then the visit ends, in each way that a visit can end (some of them in `make proof`).
"""

from __future__ import annotations

import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import SocketIO
from traceback import walk_stack
from types import CodeType
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import requests
from flask import Flask
from playwright.sync_api import BrowserContext

from kiosk.journey import DEFAULT_VOLUME
from tests.kiosk_live.conftest import MakePole
from tests.kiosk_live.makers import create_talk, create_token
from tests.kiosk_live.memory import Marks, found_in, size_of_search
from tests.kiosk_live.page import heap_of, left_in
from tests.kiosk_live.pole import LivePole
from tests.kiosk_live.visitor import LiveVisitor
from vertelpaal.visit import Ending, Visit, Way

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("kiosk-live-reset")]

TAPS = ["smiley", "skip", "skip"]
WORDS = ["smiley", "text", "recording"]


class Story:
    """One visitor who tells everything, what that was (backwards), and the search for it afterwards."""

    def __init__(self, pole: LivePole, context: BrowserContext) -> None:
        self.pole = pole
        self.visitor = LiveVisitor(context, pole)
        self.marks = Marks(())
        self.takes: list[str] = []

    def types_a_word(self) -> None:
        """Begin in English, louder than before, give a smiley, and type on the first open question."""
        self.visitor.touches("start", "language:en", "volume", "smiley:4")
        self.visitor.comes_to_the_ways()
        self.visitor.touches("way:text", "age:16-plus")
        token = create_token(random.Random())
        self.visitor.types(token)
        assert self.visitor.page.input_value("textarea") == token
        self.marks |= Marks.of(token[1:])

    def speaks(self) -> None:
        """Keep the word, and speak on the second open question, up to looking back at it."""
        self.visitor.touches("keep")
        self.visitor.comes_to_the_ways()
        self.visitor.touches("way:voice", "yes")
        self.visitor.records()
        take = self.visitor.take()
        self.takes.append(take)
        sound = self.pole.kiosk.takes.read(UUID(take))
        assert len(sound) > 4000, "the noise was recorded"
        self.marks |= Marks.of(sound=sound)

    def is_thanked(self, *consents: str) -> None:
        """Keep the recording, answer what is asked, and read the withdrawal code."""
        self.visitor.touches("keep", *consents, "yes")
        self.visitor.sees("thanks")
        code = self.visitor.page.locator("[data-withdrawal-code]").get_attribute("data-withdrawal-code")
        assert code
        self.marks |= Marks.of(code)

    def left_in_the_agent(self) -> list[str]:
        """Return where the agent still has something, once the threads that seal are done."""
        wait_for(lambda: not any(thread.name == "seal" for thread in threading.enumerate()))
        return found_in(self.pole.app, self.marks, without=self.pole.killed)

    def left_on_the_page(self) -> list[str]:
        """Return where the page still has something: what it shows, its memory, its devices, its storage."""
        page = self.visitor.page
        said, heap = left_in(page), heap_of(page)
        found = [f"heap: {len(heap.strings[at])} characters" for at in self.marks.holding(heap.strings)]
        found += [f"{count} {name}" for name, count in heap.objects.items()]
        found += (
            ["content"] if self.marks.are_in(page.content()) or any(one in page.content() for one in self.takes) else []
        )
        found += [f"stored: {name}" for name in said.stored] + [f"typed: {word}" for word in said.words]
        found += [f"{said.live} live tracks"] * bool(said.live) + [f"{said.urls} object URLs"] * bool(said.urls)
        return found + [f"{said.cookies} cookies"] * bool(said.cookies)

    def left_for_the_next(self) -> list[str]:
        """Let somebody else come, and return what the agent tells of the one before."""
        heard = len(self.visitor.frames)
        self.visitor.touches("start", "language:nl", "skip")
        self.visitor.comes_to_the_ways()
        self.visitor.touches("way:text", "age:16-plus")
        assert self.visitor.page.input_value("textarea") == ""
        self.visitor.touches("leave")
        self.visitor.sees("attract")
        told = self.visitor.frames[heard:]
        assert len(told) > 6, "the screens of the next visitor were heard"
        return [
            str(frame)[:40]
            for frame in told
            if self.marks.are_in(frame) or any(one in str(frame) for one in self.takes)
        ]

    def expect_nothing(self) -> None:
        """See that the pole stands as before anybody came, and that nothing is left anywhere."""
        self.visitor.sees("attract")
        said = left_in(self.visitor.page)
        assert (said.language, said.lang, said.volume) == ("nl", "nl", str(DEFAULT_VOLUME))
        assert (self.pole.scene.language, self.pole.scene.volume) == ("nl", DEFAULT_VOLUME)
        assert comes_to_nothing(self.left_on_the_page) == []
        assert comes_to_nothing(self.left_in_the_agent) == []
        self._expect_no_answers()
        assert self.left_for_the_next() == []
        assert self.visitor.errors == []

    def _expect_no_answers(self) -> None:
        for take in self.takes:
            assert requests.get(f"{self.pole.url}take/{take}", timeout=5).status_code == 404
        assert not self.marks.are_in(requests.get(self.pole.url, timeout=5).content)
        for file in self.pole.home.rglob("*"):
            assert not (file.is_file() and self.marks.are_in(file.read_bytes())), file

    def envelope(self, folder: Path) -> Visit:
        """Return the one visit that was sealed."""
        wait_for(lambda: len(self.pole.visits(folder)) == 1)
        (visit,) = self.pole.visits(folder)
        return visit


def comes_to_nothing(search: Callable[[], list[str]]) -> list[str]:
    """Search until nothing is found, for some seconds; return what still is: a device takes a moment to close."""
    for _ in range(5):
        found = search()
        if not found:
            break
        time.sleep(1)
    return found


def wait_for(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def codes_of(thread: threading.Thread) -> list[CodeType]:
    """Return the code of every function that a thread is in."""
    frame = sys._current_frames().get(thread.ident or 0)
    return [inside.f_code for inside, _ in walk_stack(frame)] if frame else []


def kinds(visit: Visit) -> list[str]:
    return [answer.kind for answer in visit.answers]


@pytest.fixture
def story(make_pole: MakePole, context: BrowserContext) -> Iterator[Story]:
    """Return somebody before a pole that asks a smiley and two open questions."""
    yield Story(make_pole(create_talk()), context)


def test_after_the_thanks(story: Story, tmp_path: Path) -> None:
    story.types_a_word()
    story.speaks()
    assert story.left_in_the_agent(), "while the visit goes on, it is there"
    story.is_thanked("yes", "yes", "no")
    story.visitor.touches("done")
    story.expect_nothing()
    visit = story.pole.visits(tmp_path / "opened")[0]
    assert (kinds(visit), visit.ending) == (WORDS, Ending.THANKS), "and yet all of it is sealed"


@pytest.mark.proof
def test_after_the_thanks_that_nobody_took_away(story: Story) -> None:
    story.types_a_word()
    story.speaks()
    story.is_thanked("yes", "no", "no")
    story.visitor.walks_away()
    story.expect_nothing()


@pytest.mark.proof
def test_after_leaving(story: Story, tmp_path: Path) -> None:
    story.types_a_word()
    story.speaks()
    story.visitor.touches("leave")
    story.visitor.sees("attract")
    visit = story.envelope(tmp_path / "opened")
    assert (kinds(visit), visit.ending, visit.withdrawal_code) == (["smiley", "skip"], Ending.LEFT, None)
    story.expect_nothing()


def test_after_leaving_while_typing(story: Story, tmp_path: Path) -> None:
    """Words that were never kept never reach the agent."""
    story.types_a_word()
    story.visitor.touches("leave")
    story.visitor.sees("attract")
    visit = story.envelope(tmp_path / "opened")
    assert (kinds(visit), visit.ending, visit.withdrawal_code) == (["smiley"], Ending.LEFT, None)
    story.expect_nothing()


@pytest.mark.proof
def test_after_walking_away_while_typing(story: Story, tmp_path: Path) -> None:
    story.types_a_word()
    story.visitor.walks_away()
    visit = story.envelope(tmp_path / "opened")
    assert (kinds(visit), visit.ending) == (["smiley"], Ending.TIMED_OUT)
    story.expect_nothing()


def test_after_walking_away_from_the_consents(story: Story, tmp_path: Path) -> None:
    story.types_a_word()
    story.speaks()
    story.visitor.touches("keep", "yes")
    story.visitor.walks_away()
    visit = story.envelope(tmp_path / "opened")
    assert (kinds(visit), visit.ending, visit.consents) == (TAPS, Ending.TIMED_OUT, ())
    story.expect_nothing()


def test_a_no_to_review_takes_effect_at_once(story: Story, tmp_path: Path) -> None:
    story.types_a_word()
    story.speaks()
    story.visitor.touches("keep", "no")
    story.visitor.sees("profile")
    assert story.left_in_the_agent() == [], "already before the visit ends"
    story.visitor.touches("skip")
    story.visitor.sees("thanks")
    story.visitor.touches("done")
    assert kinds(story.envelope(tmp_path / "opened")) == TAPS
    story.expect_nothing()


def test_a_recording_that_is_thrown_away_is_gone_at_once(story: Story) -> None:
    story.types_a_word()
    typed, story.marks = story.marks, Marks(())
    story.speaks()
    story.visitor.touches("delete")
    story.visitor.sees("way")
    assert story.left_in_the_agent() == []
    assert requests.get(f"{story.pole.url}take/{story.takes[0]}", timeout=5).status_code == 404
    story.marks |= typed
    story.visitor.touches("leave")
    story.expect_nothing()


@pytest.mark.proof
@pytest.mark.parametrize("touches", [("done",), ()], ids=["touched", "by-itself"])
def test_after_a_seal_that_failed(story: Story, touches: tuple[str, ...]) -> None:
    story.types_a_word()
    story.speaks()
    story.pole.fill_disk()
    story.visitor.touches("keep", "yes", "yes", "yes", "yes")
    story.visitor.sees("closed")
    story.pole.empty_disk()
    story.visitor.touches(*touches)
    if not touches:
        story.visitor.waits(16, "attract")
    story.expect_nothing()


def test_a_browser_that_is_loaded_anew_shows_nothing_that_was_not_kept(story: Story) -> None:
    story.types_a_word()
    story.visitor.reloads()
    assert story.visitor.page.input_value("textarea") == ""
    assert not story.marks.are_in(story.visitor.page.content())
    assert story.marks.holding(heap_of(story.visitor.page).strings) == []
    story.visitor.types("Hallo")
    story.speaks()
    story.visitor.reloads()
    story.visitor.sees("playback")
    assert story.left_on_the_page() == ["content"], "the recording can still be looked back at, the word is gone"
    story.visitor.touches("leave")
    story.expect_nothing()


def test_when_the_agent_goes_away_the_page_forgets(story: Story) -> None:
    story.types_a_word()
    story.speaks()
    story.pole.stop()
    story.visitor.sees("waiting")
    said = left_in(story.visitor.page)
    assert (said.language, said.lang) == ("nl", "nl")
    assert said.volume == str(DEFAULT_VOLUME)
    assert story.left_on_the_page() == []
    story.pole.start()
    story.expect_nothing()


def test_the_line_keeps_no_window_of_what_went_over_it(make_pole: MakePole) -> None:
    """A compressed line holds what it said last, beyond the reach of Python; on one machine it wins nothing."""
    pole = make_pole(create_talk())
    handshake = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{pole.port}\r\n"
        f"Origin: {pole.url.rstrip('/')}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )
    with socket.create_connection((urlsplit(pole.url).hostname, pole.port), timeout=5) as line:
        line.sendall(handshake.encode())
        answer = line.recv(2000).decode(errors="replace").lower()
    assert "101" in answer.splitlines()[0]
    assert "permessage-deflate" not in answer


class TestTheSearchFinds:
    """Controls: what is planted is found by the same search, in each place where it looks."""

    def test_a_list_in_the_app(self, story: Story) -> None:
        story.types_a_word()
        kept = story.pole.app.extensions["planted"] = [story.visitor.page.input_value("textarea")]
        story.visitor.touches("back", "leave")
        story.visitor.sees("attract")
        assert any(way.startswith("str < list") for way in story.left_in_the_agent())
        kept.clear()
        assert story.left_in_the_agent() == []
        assert size_of_search(story.pole.app) > 20_000

    def test_a_take_that_was_not_dropped_and_a_thread_that_never_ends(self, story: Story) -> None:
        story.types_a_word()
        story.speaks()
        sound = story.pole.kiosk.takes.read(UUID(story.takes[0]))
        story.visitor.touches("leave")
        story.visitor.sees("attract")
        assert story.left_in_the_agent() == []
        story.pole.kiosk.takes.begin(UUID(int=1), Way.VOICE)
        story.pole.kiosk.takes.append(UUID(int=1), 0, sound)
        assert any("Takes" in way for way in story.left_in_the_agent())
        story.pole.kiosk.takes.clear()
        assert story.left_in_the_agent() == []
        ended = threading.Event()
        thread = threading.Thread(target=lambda held: ended.wait(len(held)), args=(sound,))
        thread.start()
        assert story.left_in_the_agent()
        ended.set()
        thread.join()

    def test_not_what_was_freed_where_a_line_is_about_to_be_read(self) -> None:
        app = Flask(__name__)
        app.extensions["kiosk"] = None
        said = random.Random(5).randbytes(8100)
        marks = Marks.of(sound=said)
        ours, theirs = socket.socketpair()
        del said
        with ours, theirs, ours.makefile("rb") as line:
            reading = threading.Thread(target=line.read, args=(1,))
            reading.start()
            wait_for(lambda: SocketIO.readinto.__code__ in codes_of(reading))
            found = found_in(app, marks)
            theirs.send(b"x")
            reading.join()
        assert found == []

    def test_what_a_page_keeps(self, story: Story) -> None:
        story.types_a_word()
        page = story.visitor.page
        page.evaluate("() => { window.planted = document.querySelector('textarea').value.slice(0); }")
        story.visitor.touches("leave")
        story.visitor.sees("attract")
        assert any(found.startswith("heap") for found in story.left_on_the_page())
        page.evaluate("() => { delete window.planted; }")
        assert story.left_on_the_page() == []
        page.evaluate(
            """async () => {
              window.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
              window.recorder = new MediaRecorder(window.stream);
              URL.createObjectURL(new Blob(["x"]));
              window.blob = new Blob(["x"]);
              localStorage.setItem("planted", "x");
              document.cookie = "planted=x";
              await new Promise((done) => { indexedDB.open("planted").onsuccess = done; });
              await caches.open("planted");
            }"""
        )
        found = " ".join(story.left_on_the_page())
        for planted in ("1 live tracks", "1 object URLs", "MediaRecorder", "Blob", "stored: planted", "1 cookies"):
            assert planted in found
        assert found.count("stored: planted") >= 3

"""No plaintext on the pole: after visits of every ending, no file holds what was said or typed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Playwright

from tests.browser.conftest import playwright
from tests.kiosk_live.makers import create_token
from tests.resilience.own_pole import OwnPole
from tests.resilience.plaintext import HEADER_BYTES, MATROSKA, PIECE, WORD, Sought, search

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("plaintext")]
__all__ = ["playwright"]


def says_yes(pole: OwnPole) -> None:
    pole.looks_back()
    assert pole.search_while_somebody_stays().found == (), "not even while it is looked back at"
    pole.touches("keep", "yes", "yes", "yes", "yes")
    pole.sees("thanks")
    pole.touches("done")


def says_no(pole: OwnPole) -> None:
    pole.looks_back()
    pole.touches("keep", "no", "skip")
    pole.sees("thanks")
    pole.touches("done")


def walks_away(pole: OwnPole) -> None:
    pole.looks_back()
    pole.walks_away()


def loses_the_agent(pole: OwnPole) -> None:
    pole.kills_agent()
    assert pole.search().found == ()
    pole.starts_agent()


def loses_the_browser(pole: OwnPole) -> None:
    pole.kills_browser()
    assert pole.search().found == ()
    pole.opens_browser()
    pole.walks_away()


Ending = Callable[[OwnPole], None]
ENDINGS: tuple[Ending, ...] = (says_yes, says_no, walks_away, loses_the_agent, loses_the_browser)
QUICK: tuple[Ending, ...] = (says_yes, loses_the_agent, loses_the_browser)
MakeOwnPole = Callable[..., OwnPole]


@pytest.fixture
def make_own_pole(playwright: Playwright) -> Iterator[MakeOwnPole]:
    """Return what starts a pole, in a folder whose path is short enough for a browser's socket; it is stopped after."""
    with TemporaryDirectory(prefix="vp-", ignore_cleanup_errors=True) as folder, ExitStack() as running:

        def make(leak: str | None = None) -> OwnPole:
            pole = OwnPole(Path(folder), playwright, leak)
            running.callback(pole.ends)
            pole.starts()
            return pole

        yield make


@pytest.mark.parametrize(
    ("ways", "endings"),
    [(("voice",), QUICK), pytest.param(("voice", "video"), ENDINGS, marks=pytest.mark.proof)],
    ids=["quick", "all"],
)
def test_no_file_holds_what_was_said_or_typed(
    make_own_pole: MakeOwnPole, ways: tuple[str, ...], endings: tuple[Ending, ...]
) -> None:
    pole = make_own_pole()
    for way in ways:
        for end in endings:
            pole.tells(way)
            end(pole)
    pole.closes_browser()
    looked = pole.search()
    sought = Sought(pole.sent)
    print(
        f"{len(ways) * len(endings)} visits, {len(pole.sent)} chunks of {sum(map(len, pole.sent))} bytes sent, "
        f"{len(sought.windows)} windows and {len(pole.typed)} words sought in {looked.files} files of {looked.bytes} "
        f"bytes: {len(looked.found)} found"
    )
    assert looked.found == ()
    assert len(sought.windows) > 500, "something was said"
    assert len(list((pole.place / "profile").rglob("*"))) > 20, "the browser wrote its profile"
    assert len(pole.outbox) >= len(ways), "who said yes is sealed"


def test_an_agent_and_a_browser_that_write_one_chunk_are_caught(make_own_pole: MakeOwnPole) -> None:
    pole = make_own_pole(leak="chunk")
    leak = pole.place / "agent-tmp" / "chunk"
    pole.tells("voice")
    assert pole.search().found == (str(leak),)
    pole.page.evaluate(
        "async (bytes) => (await caches.open('own')).put('/own', new Response(new Uint8Array(bytes)))",
        list(pole.sent[-1]),
    )
    pole.closes_browser()
    found = pole.search().found
    assert str(leak) in found
    assert any(file.startswith(str(pole.place / "profile")) for file in found), "what the browser kept is found too"


def test_a_window_is_found_wherever_it_lies_and_a_word_in_both_codings(tmp_path: Path) -> None:
    rng = random.Random(4)
    chunk = MATROSKA + rng.randbytes(3000)
    word = create_token(rng)
    sought = Sought([chunk], [word])
    window = chunk[HEADER_BYTES + 800 : HEADER_BYTES + 832]
    each_place = {f"at {place}": b"a" * place + window for place in range(2 * WORD)}
    for file, data in {
        **each_place,
        "window": b"a" * 1001 + window + b"z" * 7,
        "over a seam": b"a" * (PIECE - 1) + window,
        "at a seam": b"a" * PIECE + window,
        "utf-8": f"x {word} y".encode(),
        "utf-16": f"x {word} y".encode("utf-16-le"),
        "too short": window[:-1],
        "another": rng.randbytes(100_000),
        "header": chunk[:HEADER_BYTES],
    }.items():
        (tmp_path / file).write_bytes(data)
    assert {Path(file).name for file in search(sought, tmp_path).found} == {
        *each_place,
        "window",
        "over a seam",
        "at a seam",
        "utf-8",
        "utf-16",
    }
    assert {Path(file).name for file in search(Sought([], [word]), tmp_path).found} == {"utf-8", "utf-16"}

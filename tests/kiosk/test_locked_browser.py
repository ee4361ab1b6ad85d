"""The watch over the locked browser: it opens once the agent answers, and ends what has died or gone silent."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from kiosk.config import KioskSettings
from kiosk.locked_browser import FLAGS, SILENT_SECONDS, Chromium, watch
from tests.deploy.machine import DEPLOY
from tests.makers import HandClock


class Tab:
    """A browser that ends by itself after so many looks, or never."""

    def __init__(self, looks: int | None = None) -> None:
        self._looks = looks
        self.opened = 0
        self.closed = 0

    def open(self) -> Tab:
        self.opened += 1
        return self

    def ended(self) -> bool:
        if self._looks is None:
            return False
        self._looks -= 1
        return self._looks < 0

    def end(self) -> None:
        self.closed += 1


def watching(tab: Tab, said: Iterator[bool | None], stop_after: int = 1000) -> tuple[str, float]:
    """Watch with a clock that moves only while waiting; return why it ended and after how many seconds."""
    clock = HandClock()
    began, waits = clock.monotonic(), 0

    def wait(seconds: float) -> bool:
        nonlocal waits
        clock.forward(seconds)
        waits += 1
        return waits >= stop_after

    answer: Callable[[], bool | None] = lambda: next(said)  # noqa: E731  # an iterator that can be asked
    return watch(tab.open, answer, clock, wait), clock.monotonic() - began


def test_a_browser_that_is_heard_stays_until_it_is_told_to_stop() -> None:
    tab = Tab()
    assert watching(tab, repeat(True), stop_after=500) == ("told to stop", 1000.0)
    assert (tab.opened, tab.closed) == (1, 1)


def test_a_browser_that_ends_is_noticed_at_the_next_look() -> None:
    tab = Tab(looks=3)
    assert watching(tab, repeat(True)) == ("the browser ended", 8.0)
    assert tab.closed == 1


@pytest.mark.parametrize("silence", [False, None], ids=["no live line", "the agent itself is away"])
def test_a_browser_that_goes_silent_is_ended(silence: bool | None) -> None:
    tab = Tab()
    why, seconds = watching(tab, chain([True, True, True], repeat(silence)))
    assert why == "the browser went silent"
    assert seconds == pytest.approx(SILENT_SECONDS + 4, abs=2)
    assert tab.closed == 1


def test_a_silence_that_ends_in_time_is_forgiven() -> None:
    tab = Tab()
    short = int(SILENT_SECONDS / 2) - 2
    said = chain([True], repeat(False, short), [True], repeat(False, short), repeat(True))
    assert watching(tab, said, stop_after=200)[0] == "told to stop"


def test_nothing_is_opened_before_the_agent_answers() -> None:
    tab = Tab()
    assert watching(tab, repeat(None), stop_after=5) == ("told to stop", 10.0)
    assert tab.opened == 0


RESTLESS = """#!/bin/sh
for word in "$@"; do case "$word" in --user-data-dir=*) profile=${word#*=};; esac; done
( trap "" TERM; while :; do mkdir -p "$profile/$((n += 1))"; done ) &
echo $! > "$profile/../child"
exec sleep 60
"""
"""A browser with a process that hears no request to end, and writes in the profile for as long as it lives."""


@pytest.mark.parametrize("by_itself", [False, True])
def test_nothing_of_a_browser_is_left_when_it_ends(tmp_path: Path, by_itself: bool) -> None:
    program, runtime = tmp_path / "browser", tmp_path / "runtime"
    program.write_text(RESTLESS.replace("exec sleep 60", "exec sleep 0.2") if by_itself else RESTLESS)
    program.chmod(stat.S_IRWXU)
    runtime.mkdir()
    browser = Chromium("http://127.0.0.1:9/", runtime, str(program))
    eventually(lambda: (runtime / "child").exists() and len(os.listdir(browser.profile)) > 10)
    child = int((runtime / "child").read_text())
    eventually(lambda: browser.ended() is by_itself)
    browser.end()
    assert os.listdir(runtime) == ["child"]
    eventually(lambda: not is_alive(child))


def eventually(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    """Return whether this process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_nothing_switches_chromiums_own_sandbox_off() -> None:
    assert not [flag for flag in FLAGS if "sandbox" in flag or "web-security" in flag or "debugging" in flag]


def test_policy_and_firewall_name_the_port_on_which_the_agent_listens() -> None:
    port = KioskSettings.model_fields["kiosk_port"].default
    policy = (DEPLOY / "kiosk/files/etc/chromium/policies/managed/vertelpaal.json").read_text(encoding="utf-8")
    agent = (DEPLOY / "kiosk/files/etc/systemd/system/vertelpaal-agent.service").read_text(encoding="utf-8")
    assert policy.count(f'["http://127.0.0.1:{port}"]') == 3
    assert f"SocketBindAllow=tcp:{port}\n" in agent

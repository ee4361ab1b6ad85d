"""A pole whose clock is wrong: in 1970, a year ahead, set back between visits and during one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from kiosk.events import Ticked
from kiosk.examples import WHEN
from kiosk.journey import Screen
from kiosk.offers import actions
from kiosk.outbox import Outbox
from kiosk.server_client import ServerClient
from kiosk.shelf import Token
from kiosk.waits import WARNING_SECONDS
from server.tables import VisitRow
from tests.kiosk_live.makers import create_files, create_home, create_talk
from tests.kiosk_live.pole import LivePole
from tests.kiosk_live.walk import GOES_ON
from tests.makers import NOW, HandClock, SampleLibrary, create_visit
from tests.resilience.test_backlog import create_uplink
from tests.serving import serving

YEAR = timedelta(days=365)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SEALED_SECONDS = 30.0


@pytest.fixture
def pole(tmp_path: Path) -> Iterator[LivePole]:
    """Start an agent without a screen or a server."""
    files = create_files(tmp_path)
    home = tmp_path / "home"
    pole = LivePole(home, create_home(home, files.shelved(create_talk()), files), files, HandClock(WHEN))
    pole.start()
    yield pole
    pole.close()


def goes_on(pole: LivePole) -> None:
    """Touch what leads on from this screen."""
    offered = actions(pole.agent._journey)
    wanted = GOES_ON[pole.screen]
    action = next(action for start in wanted for action in (*offered, "next") if action.startswith((start, "next")))
    pole.agent.act(pole.scene.serial, action, None)


def visits(pole: LivePole) -> None:
    """Make a visit of taps, up to the next visitor."""
    until = time.monotonic() + SEALED_SECONDS
    goes_on(pole)
    while pole.screen is not Screen.ATTRACT:
        assert time.monotonic() < until, f"the visit stays on {pole.screen}"
        if pole.screen is Screen.SAVING:
            time.sleep(0.01)
        else:
            goes_on(pole)


def test_visits_are_ordered_by_sequence_and_boot_whatever_the_clock_says(pole: LivePole, tmp_path: Path) -> None:
    moments = [WHEN, EPOCH, WHEN + YEAR, WHEN - YEAR]
    for moment in moments:
        pole.clock.at = moment
        visits(pole)
    pole.stop()
    pole.start()
    pole.clock.at = EPOCH
    visits(pole)
    made = pole.visits(tmp_path / "opened")
    assert [visit.started_at for visit in made] == [*moments, EPOCH], "oldest first, and as the clock said"
    assert sorted(moments) != moments, "an order by the clock would be another"
    assert [visit.sequence for visit in made] == [1, 2, 3, 4, 5]
    assert len({visit.boot for visit in made[:4]}) == 1
    assert made[4].boot != made[0].boot
    assert [one.visit_id for one in Outbox(pole.home / "kiosk" / "outbox").waiting()] == [visit.id for visit in made]
    assert {visit.clock_offset for visit in made} == {None}, "the clock was never compared"


@pytest.mark.parametrize("jump", [-YEAR, YEAR, EPOCH - WHEN], ids=["back", "ahead", "1970"])
def test_a_clock_that_jumps_during_a_visit_neither_ends_it_nor_keeps_it(pole: LivePole, jump: timedelta) -> None:
    goes_on(pole)
    pole.clock.at += jump
    pole.agent.handle(Ticked())
    assert pole.scene.screen is Screen.LANGUAGE, "time of day moves no timer"
    until = time.monotonic() + SEALED_SECONDS
    while pole.screen is not Screen.ATTRACT:
        assert time.monotonic() < until
        pole.clock.seconds += WARNING_SECONDS + 5
        pole.agent.handle(Ticked())
    assert pole.agent._journey.draft is None, "seconds do"


def test_the_difference_follows_a_clock_that_jumps_after_the_contact(
    sample: SampleLibrary, app: Flask, tmp_path: Path
) -> None:
    clock = HandClock()
    token = Token(kiosk_id=sample.kiosk_id, token=sample.token)
    with serving(app) as url:
        uplink = create_uplink(tmp_path / "pole", ServerClient(url), clock, token, seed=1)
        assert uplink.clock_offset is None
        uplink.step()
    assert uplink.clock_offset == pytest.approx(0, abs=1)
    clock.forward(600)
    clock.at -= YEAR
    assert uplink.clock_offset == pytest.approx(YEAR.total_seconds(), abs=1)
    visit = create_visit(
        sample.kiosk_id,
        started_at=clock.now() - timedelta(minutes=2),
        ended_at=clock.now(),
        clock_offset=uplink.clock_offset,
    )
    sample.clock.forward(600)
    sample.deliver(visit)
    with sample.database.reading() as session:
        row = session.get_one(VisitRow, visit.id)
    assert row.started_at == pytest.approx(NOW + timedelta(minutes=8), abs=timedelta(seconds=1))
    assert not row.time_is_implausible

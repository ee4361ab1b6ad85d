"""Stopped before every write, sync, rename and removal of sealing, sending, receiving and opening: promises hold.

Of those who are killed `make test` looks at a sample, and `make proof` at each.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from server.pipeline.media import inspect_and_remux
from tests.resilience.aftercare import aftercare, go_on
from tests.resilience.crash import Aftermath, End, aftermaths, stopped_at
from tests.resilience.hasty import HastyIntake, HastyOutbox, hasty_withdraw
from tests.resilience.samples import sample_of_today
from tests.resilience.story import Cast, Props, start_again
from tests.resilience.verdict import faults_after

Again = Callable[[Path, Props], None]
FEWEST_CALLS = 100
"""The story makes about 200 calls; with far fewer the harness looks past them."""
FEWEST_MOMENTS = 20
"""They leave 29 different things after a power cut, and 162 when killed."""
SAMPLE = 9
"""Of so many moments, one is looked at between two proofs, which look at each."""


def some_always(*always: tuple[str, str], others: list[tuple[str, str]]) -> list[object]:
    """Return syncs to leave out with what comes of it, each consequence once; the others wait for `make proof`."""
    return [*always, *(pytest.param(*one, marks=pytest.mark.proof) for one in others)]


def first_fault(left: list[Aftermath], props: Props, word: str, again: Again = start_again) -> str | None:
    """Return the first fault that says this, looked for from the last moment back."""
    faults = (fault for one in reversed(left) for fault in faults_after(one, props, again))
    return next((fault for fault in faults if word in fault), None)


@pytest.mark.parametrize(
    ("end", "every"),
    [(End.POWER_CUT, 1), (End.KILLED, SAMPLE), pytest.param(End.KILLED, 1, marks=pytest.mark.proof)],
)
def test_stopped_anywhere_nothing_promised_is_lost_doubled_or_half(
    home: Path, props: Props, end: End, every: int
) -> None:
    left = aftermaths(home, props, Cast(), end)
    last = left[-1]
    assert last.number > FEWEST_CALLS
    assert len(last.promises.saved) == len(last.promises.receipts) == 2
    assert len(left) > FEWEST_MOMENTS
    looked_at = [*sample_of_today(left[:-1], every), last]
    assert [fault for one in looked_at for fault in faults_after(one, props)] == []


@pytest.mark.parametrize(
    ("sync", "consequence"),
    some_always(
        (r"kiosk/outbox/", "lost"),
        (r"kiosk/outbox/\.sequence.*", "does not start again"),
        (r"server/media/.*\.webm", "other media"),
        (r"server/media/", "no media"),
        others=[
            (r"kiosk/outbox/\.\d+-.*", "lost"),
            (r"kiosk/", "lost"),
            (r"server/intake/[^.].*\.part", "lost"),
            (r"server/intake/", "had a receipt"),
            (r"server/vertelpaal\.sqlite-wal", "lost"),
            (r"server/", "lost"),
        ],
    ),
)
def test_a_sync_that_is_left_out_is_noticed(home: Path, props: Props, sync: str, consequence: str) -> None:
    left = aftermaths(home, props, Cast(), End.POWER_CUT, leaving_out=sync)
    assert first_fault(left, props, consequence) is not None


def test_saved_that_is_said_too_early_is_noticed(home: Path, props: Props) -> None:
    left = aftermaths(home, props, Cast(outbox=HastyOutbox), End.POWER_CUT)
    assert first_fault(left, props, "was called saved") is not None


def test_a_receipt_that_is_given_too_early_is_noticed(home: Path, props: Props) -> None:
    left = aftermaths(home, props, Cast(intake=HastyIntake), End.POWER_CUT)
    assert first_fault(left, props, "had a receipt") is not None


@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize("every", [SAMPLE, pytest.param(1, marks=pytest.mark.proof)])
def test_stopped_anywhere_what_was_put_aside_comes_back_and_what_was_withdrawn_does_not(
    home: Path, props: Props, end: End, every: int
) -> None:
    left = aftermaths(home, props, Cast(), end, story=aftercare)
    last = left[-1]
    assert last.number > FEWEST_CALLS
    assert (len(last.promises.receipts), len(last.promises.withdrawn)) == (3, 2)
    assert len(left) > FEWEST_MOMENTS
    looked_at = [*sample_of_today(left[:-1], every), last]
    assert [fault for one in looked_at for fault in faults_after(one, props, go_on)] == []


@pytest.mark.parametrize(
    ("sync", "consequence"),
    some_always(
        (r"server/quarantine/", "had a receipt"),
        others=[
            (r"server/quarantine/\..*\.part", "had a receipt"),
            (r"server/vertelpaal\.sqlite-wal", "had a receipt"),
        ],
    ),
)
def test_a_sync_that_is_left_out_of_what_comes_after_is_noticed(
    home: Path, props: Props, sync: str, consequence: str
) -> None:
    left = aftermaths(home, props, Cast(), End.POWER_CUT, story=aftercare, leaving_out=sync)
    assert first_fault(left, props, consequence, go_on) is not None


def test_a_withdrawal_that_is_said_too_early_is_noticed(home: Path, props: Props) -> None:
    left = aftermaths(home, props, Cast(withdraw=hasty_withdraw), End.KILLED, story=aftercare)
    assert first_fault(left, props, "called withdrawn", go_on) is not None


@pytest.mark.proof
def test_killed_for_real_before_every_call_with_the_real_decoder(home: Path, props: Props) -> None:
    faults: list[str] = []
    for number in itertools.count(1):
        left = stopped_at(home, props, Cast(remux=inspect_and_remux), number)
        if left is None:
            break
        faults += faults_after(left, props)
    print(f"{number - 1} calls, killed before each, {len(faults)} faults")
    assert number > FEWEST_CALLS
    assert faults == []

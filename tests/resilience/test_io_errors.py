"""A disk that is full or broken at the Nth call, on either side: never "saved" when it was not, and it heals."""

from __future__ import annotations

import errno
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.pipeline.media import inspect_and_remux
from tests.resilience.crash import Trouble, calls_of, left_by
from tests.resilience.hasty import HastyOutbox
from tests.resilience.samples import sample_of_today
from tests.resilience.story import Cast, Props, one_receipt
from tests.resilience.verdict import faults_after, unfinished

ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT)
FOR_A_WHILE = 12
EVERY = 7
"""One call in so many is enough between two proofs, which try each."""


def faults_of(trouble: Trouble, home: Path, props: Props, cast: Cast, at: str = "") -> Iterator[str]:
    """Play the story on a disk that fails, and yield what is wrong, before and after a start on what is durable.

    That nothing failed is wrong too, and that it was another call than the one `at` which it was to be.
    """
    left = left_by(trouble, home, props, cast)
    stage = home.with_name("stage")
    said = f"{errno.errorcode[trouble.number]} {trouble.times} times: "
    if left.before == "nothing" or not left.before.startswith(at):
        yield f"{said}the disk failed at {left.before}, and not at {at or trouble.first}"
    yield from (said + fault for fault in unfinished(stage))
    yield from (said + fault for fault in faults_after(left, props))
    shutil.rmtree(stage)
    shutil.rmtree(left.home)


def first_of_each_run(calls: list[str]) -> list[int]:
    """Return the number of each call that is not like the one before it."""
    return [number for number, call in enumerate(calls, 1) if number == 1 or calls[number - 2] != call]


@pytest.mark.parametrize("side", ["kiosk/", "server/"])
@pytest.mark.parametrize("times", [1, FOR_A_WHILE])
def test_a_disk_that_fails_costs_nothing_that_was_promised(home: Path, props: Props, side: str, times: int) -> None:
    calls = calls_of(home, props, Cast())
    chosen = [number for number in first_of_each_run(calls) if side in calls[number - 1]]
    assert len(chosen) > 20, "the harness looks past calls"
    tried = sample_of_today(chosen, EVERY)
    troubles = [Trouble(number, times, error) for number, error in zip(tried, itertools.cycle(ERRORS), strict=False)]
    assert [fault for trouble in troubles for fault in faults_of(trouble, home, props, Cast())] == []


def test_saved_that_is_said_on_a_full_disk_is_noticed(home: Path, props: Props) -> None:
    hasty = Cast(outbox=HastyOutbox)
    calls = calls_of(home, props, hasty)
    writes = [number for number, call in enumerate(calls, 1) if call.startswith("write kiosk/outbox/.0")]
    trouble = Trouble(writes[0], 1, errno.ENOSPC)
    assert any("was called saved" in fault for fault in faults_of(trouble, home, props, hasty))


def test_a_folder_of_media_that_cannot_be_synced_costs_no_recording(home: Path, props: Props) -> None:
    real = Cast(remux=inspect_and_remux)
    sync = "fsync server/media/"
    number = calls_of(home, props, real).index(sync) + 1
    assert [*faults_of(Trouble(number, 1, errno.EIO), home, props, real, at=sync)] == []


def test_a_receipt_after_a_sync_that_failed_is_true_before_anything_is_opened(home: Path, props: Props) -> None:
    """A name whose sync failed once may be no name after a power cut, however well the next sync goes."""
    calls = calls_of(home, props, Cast(), one_receipt)
    chosen = [number for number, call in enumerate(calls, 1) if call.startswith(("rename", "fsync"))]
    chosen = [number for number in chosen if "server/intake/" in calls[number - 1]]
    assert calls[chosen[-1] - 1] == "fsync server/intake/", "the name of an envelope"
    for number in chosen:
        left = left_by(Trouble(number, 1, errno.EIO), home, props, Cast(), one_receipt)
        assert len(left.promises.receipts) == 1, left.before
        assert [*faults_after(left, props)] == []
        shutil.rmtree(home.with_name("stage"))
        shutil.rmtree(left.home)


def test_a_disk_that_did_not_fail_proves_nothing(home: Path, props: Props) -> None:
    """The control: a trouble that begins after the last call, and one that is not where it was to be."""
    late, early = Trouble(10_000, 1, errno.EIO), Trouble(1, 1, errno.EIO)
    assert any("failed at nothing" in fault for fault in [*faults_of(late, home, props, Cast())])
    assert any("and not at rename" in fault for fault in [*faults_of(early, home, props, Cast(), at="rename")])


@pytest.mark.proof
@pytest.mark.longest
def test_every_call_fails_on_a_broken_and_on_a_full_disk(home: Path, props: Props) -> None:
    """Once and for a while; the two errors that say "full" mean the same to us, and take turns."""
    numbers = range(1, len(calls_of(home, props, Cast())) + 1)
    full = itertools.cycle((errno.ENOSPC, errno.EDQUOT, errno.EDQUOT, errno.ENOSPC))
    troubles = [
        Trouble(number, times, error)
        for number, times in itertools.product(numbers, (1, FOR_A_WHILE))
        for error in (errno.EIO, next(full))
    ]
    faults = [fault for trouble in troubles for fault in faults_of(trouble, home, props, Cast())]
    print(f"{len(troubles)} disks that failed, at each of {len(numbers)} calls, {len(faults)} faults")
    assert faults == []

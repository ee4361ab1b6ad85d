"""The model of a disk: a sync that failed took what it should have kept, until that is written or given anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.resilience.disk import PAGE, Disk
from tests.resilience.system_calls import Call


class Hand:
    """Changes a folder by hand, and tells its disk of each call before it happens."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.file = home / "file"
        self.file.write_bytes(b"a" * 3 * PAGE)
        self._open = os.open(self.file, os.O_RDWR)
        self.disk = Disk(home)

    def writes(self, letter: bytes, page: int) -> None:
        first = page * PAGE
        self.disk.happens(self._call("pwrite64", first, first + PAGE))
        os.pwrite(self._open, letter * PAGE, first)

    def cuts(self) -> None:
        self.disk.happens(self._call("ftruncate", 0, None))
        os.ftruncate(self._open, 0)

    def syncs(self, fails: bool = False) -> None:
        (self.disk.fails if fails else self.disk.happens)(self._call("fsync", 0, 0))

    def renames(self, old: str, new: str) -> None:
        self.disk.happens(Call("rename", self.home / old, os.getpid(), None, self.home / new))
        (self.home / old).rename(self.home / new)

    def syncs_folder(self, fails: bool = False) -> None:
        (self.disk.fails if fails else self.disk.happens)(Call("fsync", self.home, os.getpid(), None))

    def left(self, target: Path) -> dict[str, bytes]:
        self.disk.leave(target)
        return {file.name: file.read_bytes()[::PAGE] for file in target.iterdir()}

    def _call(self, name: str, first: int, end: int | None) -> Call:
        return Call(name, self.file, os.getpid(), self._open, None, first, end)

    def lets_go(self) -> None:
        os.close(self._open)
        self.disk.close()


@pytest.fixture
def hand(tmp_path: Path) -> Iterator[Hand]:
    home = tmp_path / "home"
    home.mkdir()
    hand = Hand(home)
    yield hand
    hand.lets_go()


def test_what_was_synced_is_left_and_nothing_else(hand: Hand, tmp_path: Path) -> None:
    hand.writes(b"b", 0)
    hand.syncs()
    hand.writes(b"c", 1)
    hand.renames("file", "other")
    assert hand.left(tmp_path / "left") == {"file": b"baa"}
    hand.syncs_folder()
    assert hand.left(tmp_path / "later") == {"other": b"baa"}


def test_a_page_whose_sync_failed_is_lost_until_it_is_written_anew(hand: Hand, tmp_path: Path) -> None:
    hand.writes(b"b", 0)
    hand.writes(b"b", 1)
    hand.syncs(fails=True)
    hand.syncs()
    assert hand.left(tmp_path / "left") == {"file": b"aaa"}
    hand.writes(b"b", 0)
    hand.writes(b"c", 2)
    hand.syncs()
    assert hand.left(tmp_path / "later") == {"file": b"bac"}, "one later write mends its own page alone"


def test_a_file_that_is_cut_and_written_anew_is_whole(hand: Hand, tmp_path: Path) -> None:
    hand.writes(b"b", 0)
    hand.syncs(fails=True)
    hand.cuts()
    hand.writes(b"b", 0)
    hand.syncs()
    assert hand.left(tmp_path / "left") == {"file": b"b"}


def test_a_name_whose_sync_failed_is_lost_until_it_is_given_anew(hand: Hand, tmp_path: Path) -> None:
    hand.renames("file", "other")
    hand.syncs_folder(fails=True)
    hand.syncs_folder()
    assert hand.left(tmp_path / "left") == {"file": b"aaa"}
    hand.renames("other", "file")
    hand.renames("file", "other")
    hand.syncs_folder()
    assert hand.left(tmp_path / "later") == {"other": b"aaa"}


def test_a_new_file_under_a_lost_name_is_kept(hand: Hand, tmp_path: Path) -> None:
    (hand.home / "new").write_bytes(b"x")
    hand.syncs_folder(fails=True)
    (hand.home / "new").rename(tmp_path / "elsewhere")
    (hand.home / "new").write_bytes(b"y")
    hand.disk._sync_file(hand.home / "new")
    hand.syncs_folder()
    assert hand.left(tmp_path / "left") == {"file": b"aaa", "new": b"y"}

"""A restore that is stopped or killed leaves all as it was, or says that it must be done again."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest

from server.backup.places import Places, check_restored
from server.database import Database, make_engine
from tests.backup.makers import Elsewhere, Lived, create_places
from vertelpaal.errors import SettingsError


class PowerCut(BaseException):
    """Everything stops here."""


def test_one_that_is_stopped_before_it_touches_anything_leaves_all_as_it_was(lived: Lived) -> None:
    lived.backs_up()
    here = Elsewhere(lived.sample.database, lived.places)
    before = here.everything()

    def cut(*_: object) -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        here.restores(lived.backup, replace=True, settle=[cut])
    assert here.everything() == before
    check_restored(lived.places)


class Forgetful(Places):
    """The control: places that do not note that a restore has begun."""

    def mark_begun(self) -> None:
        pass


def stopped_among_the_files(lived: Lived, elsewhere: Elsewhere) -> None:
    """Let a restore stop when some files are in place and some are not; it must be said until it is done again."""
    lived.backs_up()
    stumbling = elsewhere.places.quarantine
    stumbling.parent.mkdir(exist_ok=True)
    stumbling.write_bytes(b"a file where a folder belongs")
    with pytest.raises(OSError, match="quarantine"):
        elsewhere.restores(lived.backup)
    with pytest.raises(SettingsError, match="broken off"):
        check_restored(elsewhere.places)
    stumbling.unlink()
    elsewhere.restores(lived.backup)
    check_restored(elsewhere.places)
    assert elsewhere.everything() == Elsewhere(lived.sample.database, lived.places).everything()


def test_one_that_is_stopped_among_the_files_says_so_until_it_is_done_again(lived: Lived, elsewhere: Elsewhere) -> None:
    stopped_among_the_files(lived, elsewhere)


def test_the_control_a_restore_that_leaves_no_mark_is_caught(lived: Lived, elsewhere: Elsewhere) -> None:
    elsewhere.places = Forgetful(**vars(elsewhere.places))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        stopped_among_the_files(lived, elsewhere)


fork_context = multiprocessing.get_context("fork")


def restore_alone(target: Elsewhere, backup: Path) -> None:
    target.restores(backup, replace=True)


@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=pytest.mark.proof)])
def test_killed_at_any_moment_a_home_is_one_backup_or_the_other_or_says_that_it_is_neither(
    lived: Lived, tmp_path: Path, kills: int
) -> None:
    """Two backups take turns; each restore is killed (SIGKILL) at a random moment of the time that it takes."""
    target = Elsewhere(Database(make_engine(f"sqlite:///{tmp_path / 'target.sqlite'}")), create_places(tmp_path / "at"))
    states, backups = [], []
    for number in range(2):
        lived.backup = tmp_path / f"backup-{number}.age"
        lived.backs_up()
        backups.append(lived.backup)
        states.append(Elsewhere(lived.sample.database, lived.places).everything())
        for file in range(50):
            (lived.places.quarantine / f"{uuid4()}.webm").write_bytes(bytes([file]) * 50_000)
    began = time.monotonic()
    target.restores(backups[1])
    takes = time.monotonic() - began
    rng, outcomes = random.Random(4), Counter[str]()
    for number in range(kills):
        target.database.engine.dispose()  # a connection is not shared with a child
        child = fork_context.Process(target=restore_alone, args=(target, backups[number % 2]))
        child.start()
        child.join(rng.uniform(0, takes))
        was_cut = child.is_alive()
        child.kill()
        child.join()
        try:
            check_restored(target.places)
        except SettingsError:
            outcomes["said to be broken off"] += 1
            continue
        assert not target.places.staging.exists()
        assert target.everything() in states
        outcomes["untouched or whole" if was_cut else "had ended"] += 1
    target.restores(backups[0], replace=True)
    assert target.everything() == states[0]
    print(f"{kills} restores killed: {dict(outcomes)}, 0 mixed")

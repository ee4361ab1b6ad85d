"""A thing is made again when what it is made from changed, and only then."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from setup.prepare import Step, prepare, stamped
from setup.progress import Follower
from setup.stamp import Stamp, fingerprint


def create_kitchen(folder: Path) -> tuple[Path, list[str], Step, Follower]:
    """Return a recipe, the dishes made so far, the step that makes one, and somebody who follows it."""
    recipe = folder / "recipe.txt"
    recipe.write_text("flour", encoding="utf-8")
    dishes: list[str] = []
    step = stamped(
        "bread",
        lambda: Stamp(folder / "oven" / "bread.stamp", fingerprint(recipe)),
        lambda follow: dishes.append(recipe.read_text(encoding="utf-8")),
    )
    return recipe, dishes, step, Follower(folder / "log", say=lambda line: None)


def test_the_second_time_nothing_is_made(tmp_path: Path) -> None:
    _, dishes, step, follow = create_kitchen(tmp_path)
    assert prepare([step], follow) == 1
    assert prepare([step], follow) == 0
    assert dishes == ["flour"]


def test_a_changed_source_is_made_again(tmp_path: Path) -> None:
    recipe, dishes, step, follow = create_kitchen(tmp_path)
    prepare([step], follow)
    recipe.write_text("rye", encoding="utf-8")
    assert prepare([step], follow) == 1
    assert dishes == ["flour", "rye"]


def test_what_failed_halfway_is_done_again(tmp_path: Path) -> None:
    tries: list[int] = []

    def fail_once(follow: Follower) -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            raise KeyboardInterrupt

    step = stamped("bread", lambda: Stamp(tmp_path / "bread.stamp", "made"), fail_once)
    follow = Follower(tmp_path / "log", say=lambda line: None)
    with suppress(KeyboardInterrupt):
        prepare([step], follow)
    prepare([step], follow)
    assert len(tries) == 2
    assert step.done()


def test_a_fingerprint_knows_where_one_part_ends(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("ab", encoding="utf-8")
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint(file) == fingerprint("ab")

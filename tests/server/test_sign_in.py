"""Signing in: nobody waits for the database while a password is verified, and an unknown address costs as much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import event, select

from server.staff.operations import FREE_TRIES, LONGEST_WAIT, add_staff, set_password, sign_in
from server.staff.passwords import PasswordHash, Verify, hash_of_nobody, verify_password
from server.tables import StaffRow
from tests.makers import NOW, SampleLibrary
from vertelpaal.cli import root
from vertelpaal.errors import InvalidInput, NotAllowed, Throttled

EMAIL, PASSWORD = "sanne@bibliotheek.example", "een lang wachtwoord"
HASH = PasswordHash("the hash of Sanne")


@pytest.fixture
def sample(sample: SampleLibrary) -> SampleLibrary:
    """Return a library with one member of staff, whose password takes no time to hash."""
    with sample.database.transaction() as session:
        add_staff(session, EMAIL, "Sanne", HASH, NOW)
    return sample


def verifies(meanwhile: Callable[[], object] = lambda: None) -> Verify:
    """Return what stands in for argon2, and what happens while it takes its time."""

    def verify(stored: str, password: str) -> bool:
        meanwhile()
        return (stored, password) == (HASH.text, PASSWORD)

    return verify


def wrong_for(verified: list[str]) -> Verify:
    """Return what calls every password wrong, and notes the hash that it was verified against."""

    def verify(stored: str, _password: str) -> bool:
        verified.append(stored)
        return False

    return verify


def test_no_transaction_waits_while_a_password_is_verified(sample: SampleLibrary) -> None:
    open_then: list[int] = []
    look = verifies(lambda: open_then.append(sample.database.engine.pool.checkedout()))  # type: ignore[attr-defined]
    assert sign_in(sample.database, EMAIL, PASSWORD, NOW, look).name == "Sanne"
    for email in (EMAIL, "niemand@bibliotheek.example"):
        with pytest.raises(NotAllowed):
            sign_in(sample.database, email, "verkeerd wachtwoord", NOW, look)
    assert open_then == [0, 0, 0], "no connection is held"


def test_an_unknown_address_is_verified_and_asks_as_much_of_the_database(sample: SampleLibrary) -> None:
    verified: list[str] = []
    said: dict[str, list[str]] = {}
    for email in (EMAIL, "niemand@bibliotheek.example"):
        words = said[email] = []

        def hear(_connection: object, _cursor: object, statement: str, *_: object, words: list[str] = words) -> None:
            words.append(statement.split()[0])

        event.listen(sample.database.engine, "before_cursor_execute", hear)
        with pytest.raises(NotAllowed):
            sign_in(sample.database, email, "verkeerd", NOW, wrong_for(verified))
        event.remove(sample.database.engine, "before_cursor_execute", hear)
    assert verified == [HASH.text, hash_of_nobody()]
    known, unknown = said.values()
    assert known == unknown
    assert "UPDATE" in known
    with sample.database.reading() as session:
        assert session.scalar(select(StaffRow.wrong_tries)) == 1


def test_tries_at_once_are_no_more_than_tries_in_turn(sample: SampleLibrary) -> None:
    """All were let in before the first was counted; those after the last free one learn nothing, right or wrong."""

    def others() -> None:
        for _ in range(FREE_TRIES):
            with pytest.raises(NotAllowed):
                sign_in(sample.database, EMAIL, "verkeerd", NOW, verifies())

    with pytest.raises(Throttled):
        sign_in(sample.database, EMAIL, PASSWORD, NOW, verifies(others))


@pytest.mark.parametrize("leap", [timedelta(days=366), timedelta(days=-366)], ids=["a year ahead", "a year back"])
def test_a_clock_that_leapt_locks_nobody_out_once_it_is_right(sample: SampleLibrary, leap: timedelta) -> None:
    for _ in range(FREE_TRIES):
        with pytest.raises(NotAllowed):
            sign_in(sample.database, EMAIL, "verkeerd", NOW + leap, verifies())
    with pytest.raises(Throttled):
        sign_in(sample.database, EMAIL, PASSWORD, NOW + leap, verifies())
    assert sign_in(sample.database, EMAIL, PASSWORD, NOW, verifies()).name == "Sanne"


def test_the_longest_wait_is_waited(sample: SampleLibrary) -> None:
    with sample.database.transaction() as session:
        session.scalars(select(StaffRow)).one().wait_until = NOW + LONGEST_WAIT
    with pytest.raises(Throttled):
        sign_in(sample.database, EMAIL, PASSWORD, NOW, verifies())
    assert sign_in(sample.database, EMAIL, PASSWORD, NOW + LONGEST_WAIT, verifies()).name == "Sanne"


def test_a_password_that_was_changed_meanwhile_opens_nothing(sample: SampleLibrary) -> None:
    def change() -> None:
        with sample.database.transaction() as session:
            set_password(session, EMAIL, PasswordHash("another hash"))

    with pytest.raises(NotAllowed):
        sign_in(sample.database, EMAIL, PASSWORD, NOW, verifies(change))


def test_a_closed_account_without_a_hash_is_verified_all_the_same(sample: SampleLibrary) -> None:
    with sample.database.transaction() as session:
        set_password(session, EMAIL, PasswordHash(""))
    verified: list[str] = []
    with pytest.raises(NotAllowed):
        sign_in(sample.database, EMAIL, "", NOW, wrong_for(verified))
    assert verified == [hash_of_nobody()]


@pytest.mark.parametrize("command", [["add", "--name", "Sanne"], ["password"]])
def test_a_command_hashes_before_it_opens_the_database(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a password that is too short is told first, where there is no database at all."""
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path))
    done = CliRunner().invoke(root, ["staff", *command, EMAIL], input="kort\n")
    assert isinstance(done.exception, InvalidInput)
    assert "at least 12 characters" in done.exception.message


def test_a_hash_is_that_of_its_password_alone() -> None:
    hashed = PasswordHash.of(PASSWORD)
    assert hashed.text.startswith("$argon2id$")
    assert verify_password(hashed.text, PASSWORD)
    assert not verify_password(hashed.text, f"{PASSWORD}!")
    assert not verify_password("no hash", PASSWORD)

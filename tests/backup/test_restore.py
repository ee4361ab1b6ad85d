"""A backup comes back whole, on either database from the other, and (proof) from its own kind."""

from __future__ import annotations

import os
import re
import tracemalloc
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import JSON, Boolean, Float, Integer, String, Uuid, event, select

from server.backup.archive import Part, part_of, read_archive, write_archive
from server.backup.backup import check_name, remove_older_backups, settings_to_keep, withdrawal_check
from server.backup.places import check_restored
from server.database import Database, make_engine
from server.migrations import migrate
from server.privacy.belief import check_clock, trust
from server.tables import Base, ClockRow, EnvelopeRow, EnvelopeState, RecordingRow, StaffRow, VisitRow
from server.tables.base import Utc
from setup.layout import ROOT
from tests.backup.makers import BACKUP_KEY, Elsewhere, Lived, create_about, files_of, unpacker_of
from tests.makers import NOW
from tests.server.test_withdrawal import WORDS
from vertelpaal.cli import root
from vertelpaal.clock import SystemClock
from vertelpaal.errors import Conflict, DoubtedClock, InvalidInput

WAITING = "WHERE envelopes.state ="
"""What is in the statement that asks which envelopes wait, and in no other."""


def test_everything_comes_back_from_either_database_on_either(lived: Lived, elsewhere: Elsewhere) -> None:
    lived.backs_up()
    assert WORDS.encode() not in lived.backup.read_bytes()
    done = elsewhere.restores(lived.backup)
    assert (done.visits, done.erased, done.missing) == (1, 0, ())
    here = Elsewhere(lived.sample.database, lived.places)
    assert elsewhere.everything() == here.everything()
    assert WORDS in repr(elsewhere.everything())
    check_restored(elsewhere.places)
    assert not elsewhere.places.staging.exists()
    unpacker = unpacker_of(lived, elsewhere)
    unpacker.unpack(lived.waiting.id)
    with elsewhere.database.reading() as session:
        assert session.get_one(EnvelopeRow, lived.waiting.id).state == EnvelopeState.PROCESSED
        assert session.get_one(VisitRow, lived.waiting.id).sequence == 2


def test_an_older_backup_is_brought_up_to_date(lived: Lived, elsewhere: Elsewhere, tmp_path: Path) -> None:
    """Rows of the first version, as a backup of that time holds them."""
    branch, kiosk, visit = (uuid4().hex for _ in range(3))
    at = NOW.isoformat()
    rows = {
        "branches": f'{{"id": "{branch}", "slug": "roden", "name": "Roden"}}',
        "kiosks": f'{{"id": "{kiosk}", "branch_id": "{branch}", "token_hash": "{"0" * 64}", "paired_at": "{at}", '
        '"revoked_at": null, "last_seen_at": null, "status": null}',
        "publications": f'{{"number": 1, "questionnaire_id": "{uuid4().hex}", "sha256": "{"0" * 64}", '
        f'"document": "{{}}", "published_at": "{at}"}}',
        "visits": f'{{"id": "{visit}", "kiosk_id": "{kiosk}", "branch_id": "{branch}", "publication": 1, '
        f'"language": "nl", "started_at": "{at}", "ended_at": "{at}", "time_is_implausible": false, '
        f'"boot": "{uuid4().hex}", "sequence": 7, "ending": "thanks", "activity": null, "age_band": null, '
        '"member": true, "withdrawal_hash": null, "withdrawn_at": null}',
    }
    parts = [part_of(f"database/{table}/000001.jsonl", f"{line}\n".encode()) for table, line in rows.items()]
    parts.append(part_of("settings.env", b""))
    old = tmp_path / "old.age"
    with old.open("wb") as file:
        write_archive(create_about(revision="0001"), parts, [], [BACKUP_KEY.to_public()], file)
    elsewhere.restores(old)
    with elsewhere.database.reading() as session:
        row = session.get_one(VisitRow, UUID(visit))
        assert (row.started_at, row.sequence, row.member, row.pictures) == (NOW, 7, True, None)
        assert session.scalar(select(ClockRow.believed_at)) == NOW


@pytest.mark.parametrize(
    ("at_once", "statement", "at"),
    [
        pytest.param(64, WAITING, "after_cursor_execute", id="before it is held open"),
        pytest.param(64, "FROM branches", "before_cursor_execute", id="while it is held open"),
        pytest.param(0, WAITING, "after_cursor_execute", id="before it is written ahead"),
        pytest.param(0, f"{WAITING} again", "before_cursor_execute", id="before the moment"),
        pytest.param(0, "FROM branches", "before_cursor_execute", id="after the moment"),
    ],
)
def test_a_worker_that_opens_meanwhile_takes_nothing_out_of_the_backup(
    lived: Lived, elsewhere: Elsewhere, at_once: int, statement: str, at: str
) -> None:
    """Its visit is in the backup, sealed or in the rows, wherever the worker comes between."""
    seen: list[str] = []

    def look(_connection: object, _cursor: object, said: str, *_: object) -> None:
        seen.append(said)
        words = statement.removesuffix(" again")
        if words in said and sum(words in one for one in seen) == 1 + statement.endswith(" again"):
            lived.sample.unpacker.unpack(lived.waiting.id)

    event.listen(lived.sample.database.engine, at, look)
    lived.backs_up(at_once=at_once)
    event.remove(lived.sample.database.engine, at, look)
    assert not lived.sample.folders.sealed(lived.waiting.id).exists()
    elsewhere.restores(lived.backup)
    unpacker_of(lived, elsewhere).unpack(lived.waiting.id)
    assert not list(elsewhere.places.sealed.glob("*.age"))
    with elsewhere.database.reading() as session:
        assert session.get_one(EnvelopeRow, lived.waiting.id).state == EnvelopeState.PROCESSED
        assert session.get_one(VisitRow, lived.waiting.id).sequence == 2


def test_few_of_many_envelopes_are_open_at_once(lived: Lived, elsewhere: Elsewhere) -> None:
    for number in range(8):
        lived.sample.receive(uuid4(), b"one of many, %d" % number)
    most: list[int] = []

    def count(*_: object) -> None:
        files = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
        most.append(sum(file.is_relative_to(lived.places.sealed.absolute()) for file in files))

    event.listen(lived.sample.database.engine, "before_cursor_execute", count)
    lived.backs_up(at_once=3)
    event.remove(lived.sample.database.engine, "before_cursor_execute", count)
    assert max(most) <= 3
    elsewhere.restores(lived.backup)
    assert files_of(elsewhere.places)["sealed"] == files_of(lived.places)["sealed"]
    assert len(files_of(elsewhere.places)["sealed"]) == 9


@pytest.mark.parametrize("at_once", [64, 0])
def test_an_envelope_whose_bytes_are_gone_is_named_and_the_backup_is_made(
    lived: Lived, elsewhere: Elsewhere, at_once: int
) -> None:
    lived.sample.folders.sealed(lived.waiting.id).unlink()
    done = lived.backs_up(at_once=at_once)
    assert done.missing == [f"sealed/{lived.waiting.id}.age"]
    back = elsewhere.restores(lived.backup)
    assert (back.visits, back.missing) == (1, (f"sealed/{lived.waiting.id}.age",))


def test_media_that_are_really_gone_are_named(lived: Lived, elsewhere: Elsewhere) -> None:
    with lived.sample.database.reading() as session:
        (name,) = session.scalars(select(RecordingRow.media_file)).all()
    assert name is not None
    (lived.places.media / name).unlink()
    done = lived.backs_up()
    assert done.missing == [f"media/{name}"]
    assert elsewhere.restores(lived.backup).missing == (f"media/{name}",)


def test_a_backup_is_never_overwritten(lived: Lived) -> None:
    lived.backs_up()
    with pytest.raises(Conflict, match="never overwritten"):
        lived.backs_up()


def test_secrets_stay_out_unless_they_are_asked_for(lived: Lived) -> None:
    file = lived.places.settings_file
    file.write_text(
        "VERTELPAAL_SERVER_PORT=8123\nVERTELPAAL_SECRET_KEY=geheim\nVERTELPAAL_DATABASE_URL=postgresql://a:b@c/d\n"
        "VERTELPAAL_WITHDRAWAL_KEY=geheim\nELSE_SECRET=geheim\n# geheim\n"
    )
    assert settings_to_keep(file, with_secrets=False) == b"VERTELPAAL_SERVER_PORT=8123\n"
    assert settings_to_keep(file, with_secrets=True).count(b"geheim") == 4


def test_a_large_recording_goes_through_in_chunks(tmp_path: Path) -> None:
    """64 MiB in and out, never holding an eighth of it."""
    target, out, size = tmp_path / "large.age", tmp_path / "out", 64 * 2**20
    out.mkdir()
    large = Part(f"media/{uuid4()}.mp4", size, (bytes([number]) * 2**20 for number in range(64)))
    tracemalloc.start()
    with target.open("wb") as file:
        write_archive(create_about(), [large, part_of("settings.env", b"")], [], [BACKUP_KEY.to_public()], file)
    _, manifest = read_archive(target, BACKUP_KEY, out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 8
    assert (out / manifest.parts[1].name).stat().st_size == size


def test_the_commands_do_it_all(tmp_path: Path) -> None:
    """On a home of one's own: make both pairs of keys, back up, lose the machine, and restore on another."""
    secrets = f"VERTELPAAL_SECRET_KEY={'s' * 40}\nVERTELPAAL_WITHDRAWAL_KEY={'w' * 40}\nVERTELPAAL_SERVER_PORT=9\n"
    old, new, backup_key, backup = (tmp_path / name for name in ("old", "new", "backup.key", "2026-03-14.age"))
    for home in (old, new):
        home.mkdir()
        (home / "settings.env").write_text(secrets)
    told = vertelpaal(old, "keys", "for-backup", str(backup_key))
    (line,) = [line for line in told.splitlines() if line.startswith("VERTELPAAL_BACKUP_KEY=")]
    (old / "settings.env").write_text(f"{secrets}{line}\n")
    vertelpaal(old, "keys", "new", "--name", "eerste")
    migrate(make_engine(f"sqlite:///{old}/server/vertelpaal.sqlite"))
    vertelpaal(old, "staff", "add", "sanne@bibliotheek.example", "--name", "Sanne", typed="een lang wachtwoord\n")
    earlier = [tmp_path / name for name in ("2025-03-14.age", "2026-03-13.age", "2025-03-14.key", "2099-03-14.age")]
    next_year = SystemClock().now().timestamp() + 366 * 86_400
    for file in earlier:
        file.touch()
        os.utime(file, {"2026": None, "2025": (1, 1), "2099": (next_year, next_year)}[file.name[:4]])
    assert "sealed to age1" in vertelpaal(old, "backup", "--with-secrets", "--remove-older", str(backup))
    assert [file.name for file in earlier if file.exists()] == ["2026-03-13.age", "2025-03-14.key", "2099-03-14.age"]
    assert earlier[3].stat().st_mtime <= backup.stat().st_mtime + 60, "it counts from now"
    a_doubted_clock_removes_no_backup(old, earlier[1])
    said = vertelpaal(new, "restore", str(backup), "--key", str(backup_key))
    assert "Restored as it was" in said
    assert "--clock-is-right" not in said, "it is of today"
    assert (new / "keys" / "eerste.key").read_bytes() == (old / "keys" / "eerste.key").read_bytes()
    assert (new / "settings.from-backup.env").read_bytes() == (old / "settings.env").read_bytes()
    with Database(make_engine(f"sqlite:///{new}/server/vertelpaal.sqlite")).reading() as session:
        assert session.scalars(select(StaffRow.name)).all() == ["Sanne"]
    with pytest.raises(Conflict, match="--replace-everything"):
        vertelpaal(new, "restore", str(backup), "--key", str(backup_key))


def test_only_what_is_called_as_a_backup_goes_with_the_older_ones(tmp_path: Path) -> None:
    """A folder on a disk that others use as well: what they sealed, or made a link or a folder, is theirs."""
    made = tmp_path / "2026-03-14T0230.age"
    ours = ["2026-01-02.age", "2026-01-02T0230.age"]
    theirs = [
        "before.age",
        "2026-01-02.key",
        "payroll-2026-01-02.age",
        "2026-01-02T0230.age.age",
        ".2026-01-02.age.1.part",
    ]
    for name in (made.name, *ours, *theirs):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1, 1))
    (tmp_path / "2026-01-03.age").symlink_to(tmp_path / "before.age")
    (tmp_path / "2026-01-04.age").mkdir()
    os.utime(tmp_path / "2026-01-04.age", (1, 1))
    assert remove_older_backups(made, timedelta(days=30), NOW) == ours
    left = {file.name for file in tmp_path.iterdir()}
    assert left == {made.name, *theirs, "2026-01-03.age", "2026-01-04.age"}


def test_a_backup_that_would_never_be_removed_is_told_of(tmp_path: Path) -> None:
    unit = ROOT / "deploy/server/files/etc/systemd/system/vertelpaal-backup.service"
    (form,) = re.findall(r"/var/backups/vertelpaal/\$\$\(date -u \+(\S+)\)(?=\.age)", unit.read_text(encoding="utf-8"))
    check_name(tmp_path / f"{NOW.strftime(form.replace('%%', '%'))}.age")
    check_name(tmp_path / f"{NOW.date().isoformat()}.age")
    with pytest.raises(InvalidInput, match="by their day"):
        check_name(tmp_path / "tonight.age")


def test_a_restore_believes_the_moment_of_its_backup(lived: Lived, elsewhere: Elsewhere) -> None:
    """Also on a machine that believed another clock before."""
    migrate(elsewhere.database.engine)
    with elsewhere.database.transaction() as session:
        trust(session, NOW + timedelta(days=400))
    lived.backs_up()
    elsewhere.restores(lived.backup)
    with elsewhere.database.reading() as session:
        check_clock(session, NOW + timedelta(days=5))
        with pytest.raises(DoubtedClock):
            check_clock(session, NOW + timedelta(days=40))


def test_a_backup_that_a_doubted_clock_made_is_of_the_last_believed_moment(lived: Lived, elsewhere: Elsewhere) -> None:
    with lived.sample.database.transaction() as session:
        trust(session, NOW)
    lived.sample.clock.at = NOW + timedelta(days=400)
    lived.backs_up()
    assert elsewhere.restores(lived.backup).made_at == NOW


def test_a_backup_of_months_ago_asks_once_and_says_how(tmp_path: Path) -> None:
    home, key, backup = tmp_path / "home", tmp_path / "backup.key", tmp_path / "backup.age"
    home.mkdir()
    (home / "settings.env").write_text(
        f"VERTELPAAL_SECRET_KEY={'s' * 40}\nVERTELPAAL_WITHDRAWAL_KEY={'w' * 40}\nVERTELPAAL_SERVER_PORT=9\n"
    )
    migrate(make_engine(f"sqlite:///{home}/server/vertelpaal.sqlite"))
    key.write_text(str(BACKUP_KEY))
    key.chmod(0o600)
    months_ago = SystemClock().now() - timedelta(days=100)
    about = create_about(made_at=months_ago, withdrawal_check=withdrawal_check(b"w" * 40))
    with backup.open("wb") as file:
        write_archive(about, [part_of("settings.env", b"")], [], [BACKUP_KEY.to_public()], file)
    assert "vertelpaal privacy retention --clock-is-right" in vertelpaal(
        home, "restore", str(backup), "--key", str(key)
    )
    with pytest.raises(DoubtedClock):
        vertelpaal(home, "privacy", "retention")
    vertelpaal(home, "privacy", "retention", "--clock-is-right")
    assert "Done." in vertelpaal(home, "privacy", "retention")


def a_doubted_clock_removes_no_backup(home: Path, file: Path) -> None:
    database = Database(make_engine(f"sqlite:///{home}/server/vertelpaal.sqlite"))
    with database.transaction() as session:
        trust(session, SystemClock().now() + timedelta(days=40))
    os.utime(file, (1, 1))
    with pytest.raises(DoubtedClock):
        vertelpaal(home, "backup", "--remove-older", str(file.with_name("2026-03-15.age")))
    assert file.exists()
    assert file.with_name("2026-03-15.age").exists()


def vertelpaal(home: Path, *command: str, typed: str | None = None) -> str:
    """Give a command in a home, and return what it says."""
    done = CliRunner().invoke(root, command, env={"VERTELPAAL_HOME": str(home)}, input=typed)
    if done.exception is not None:
        raise done.exception
    return done.output


def test_every_column_has_a_form_in_a_backup() -> None:
    """A new kind of column must be told how it travels before a library's backup stumbles over it."""
    known = (String, Integer, Float, Boolean, Utc, Uuid, JSON)
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns]
    assert [str(column) for column in columns if not isinstance(column.type, known)] == []

"""A backup that is not whole, or not ours, changes nothing."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
from pyrage import x25519

from server.backup.archive import part_of, read_archive, write_archive
from server.backup.places import check_restored
from server.backup.rows import is_empty
from tests.backup.makers import BACKUP_KEY, Elsewhere, Lived, create_about, files_of
from vertelpaal.errors import Conflict, InvalidBackup


def foreign(_: bytes) -> bytes:
    return b"holiday photographs " * 5000


def sealed_by_others(_: bytes) -> bytes:
    """A file of somebody else's, sealed to the right key."""
    sealed, plain = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        entry = tarfile.TarInfo("../escape")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"abc"))
    plain.seek(0)
    pyrage.encrypt_io(plain, sealed, [BACKUP_KEY.to_public()])
    return sealed.getvalue()


def flipped(at: float) -> Callable[[bytes], bytes]:
    def flip(whole: bytes) -> bytes:
        place = int(len(whole) * at)
        return whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]

    return flip


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "cut in the header": lambda whole: whole[:100],
    "cut in the middle": lambda whole: whole[: len(whole) // 2],
    "cut at the end": lambda whole: whole[:-1],
    "longer": lambda whole: whole + b"x",
    "altered early": flipped(0.1),
    "altered in the middle": flipped(0.5),
    "altered at the end": flipped(0.9999),
    "foreign": foreign,
    "somebody else's": sealed_by_others,
}


def test_a_spoiled_backup_changes_nothing(lived: Lived) -> None:
    lived.backs_up()
    whole = lived.backup.read_bytes()
    here = Elsewhere(lived.sample.database, lived.places)
    before = here.everything()
    taken = []
    for name, spoil in SPOILED.items():
        lived.backup.write_bytes(spoil(whole))
        try:
            here.restores(lived.backup, replace=True)
            taken.append(name)
        except InvalidBackup as error:
            assert "backup" in error.message  # a sentence for people, whatever the library beneath it said
        assert here.everything() == before, name
        assert not lived.places.staging.exists()
        check_restored(lived.places)
    assert taken == []


def test_another_key_another_withdrawal_key_and_newer_software_are_told_by_name(
    lived: Lived, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    lived.backs_up()
    with pytest.raises(InvalidBackup, match="another key"):
        elsewhere.restores(lived.backup, identity=x25519.Identity.generate())
    with pytest.raises(Conflict, match="WITHDRAWAL_KEY"):
        elsewhere.restores(lived.backup, key=b"another withdrawal key altogether")
    for name, about in {
        "revision": create_about(revision="9999"),
        "format": create_about(format=2),
    }.items():
        newer = tmp_path / name
        with newer.open("wb") as file:
            write_archive(about, [part_of("settings.env", b"")], [], [BACKUP_KEY.to_public()], file)
        with pytest.raises(InvalidBackup, match="newer software"):
            elsewhere.restores(newer)
    assert files_of(elsewhere.places) == {"sealed": {}, "media": {}, "quarantine": {}, "files": {}}
    with elsewhere.database.engine.connect() as connection:
        assert is_empty(connection)
    check_restored(elsewhere.places)


def test_a_part_that_is_not_what_its_manifest_says_is_found(tmp_path: Path) -> None:
    """age stops an attacker; the hashes stop a fault of ours between reading a file and sealing it."""
    target = tmp_path / "backup.age"
    about = create_about()
    tar = io.BytesIO()
    with target.open("wb") as file:
        write_archive(about, [part_of("settings.env", b"A=1\n")], [], [BACKUP_KEY.to_public()], file)
    plain = pyrage.decrypt(target.read_bytes(), [BACKUP_KEY])
    tar.write(plain.replace(b"A=1\n", b"A=2\n"))
    target.write_bytes(pyrage.encrypt(tar.getvalue(), [BACKUP_KEY.to_public()]))
    (tmp_path / "out").mkdir()
    with pytest.raises(InvalidBackup, match=r"wrong hash: settings\.env"):
        read_archive(target, BACKUP_KEY, tmp_path / "out")

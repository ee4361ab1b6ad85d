"""A library in which a good deal has happened, and another machine where it comes back."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyrage import x25519
from sqlalchemy import select

from server.backup.archive import About
from server.backup.backup import BackedUp, back_up, withdrawal_check
from server.backup.places import Places
from server.backup.restore import Restored, restore
from server.backup.rows import PASSING
from server.database import Database
from server.pipeline.media import RemuxedMedia
from server.pipeline.unpack import Unpacker
from server.privacy.withdrawal import withdraw
from server.tables import Base
from tests.makers import NOW, WITHDRAWAL_KEY, SampleLibrary
from vertelpaal.visit import Visit

BACKUP_KEY = x25519.Identity.generate()


def places_of(sample: SampleLibrary) -> Places:
    folders = sample.folders
    return Places(
        sample.home, sample.home / "server", folders.intake, folders.media, folders.quarantine, sample.home / "files"
    )


def create_places(home: Path) -> Places:
    """Return the places of a home where nothing is yet."""
    return Places(home, home / "server", home / "intake", home / "media", home / "quarantine", home / "files")


@dataclass
class Lived:
    """A library in which a good deal has happened: spoken, waiting, quarantined."""

    sample: SampleLibrary
    places: Places
    spoken: Visit
    waiting: Visit
    backup: Path

    def backs_up(self, **how: Any) -> BackedUp:
        key, clock = BACKUP_KEY.to_public(), self.sample.clock
        return back_up(self.sample.database, self.places, key, WITHDRAWAL_KEY, clock, self.backup, **how)

    def withdraws(self, visit: Visit) -> None:
        assert visit.withdrawal_code is not None
        folders = (self.places.media, self.places.quarantine)
        withdraw(self.sample.database, folders, visit.withdrawal_code, WITHDRAWAL_KEY, self.sample.clock)


def copied(source: Path, folder: Path, name: str, seconds: float) -> RemuxedMedia:
    """Stand in for the child that remuxes: what matters here is that there is a file."""
    file = Path(shutil.copy(source, folder / f"{name}.webm"))
    return RemuxedMedia(file, "audio/webm", seconds, None, None, None, None, None)


@dataclass
class Elsewhere:
    """Another machine, with an empty database and an empty home."""

    database: Database
    places: Places
    changes: list[str] = field(default_factory=list)

    def restores(self, file: Path, **how: Any) -> Restored:
        identity = how.pop("identity", BACKUP_KEY)
        key = how.pop("key", WITHDRAWAL_KEY)
        return restore(file, identity, self.database.engine, self.places, key, **how)

    def everything(self) -> dict[str, Any]:
        """Return every row and every file, to compare with another time or place."""
        with self.database.engine.connect() as connection:
            names = sorted({*Base.metadata.tables} - PASSING)
            rows = {name: sorted(map(repr, connection.execute(select(Base.metadata.tables[name])))) for name in names}
        return rows | files_of(self.places)


def files_of(places: Places) -> dict[str, Any]:
    return {name: {file.name: file.read_bytes() for file in visible(folder)} for name, folder in places.kept.items()}


def visible(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*") if not file.name.startswith(".")) if folder.is_dir() else []


def unpacker_of(lived: Lived, elsewhere: Elsewhere) -> Unpacker:
    """Return a worker's hands on the other machine, with the library's private key."""
    folders = type(lived.sample.folders)(
        elsewhere.places.sealed,
        elsewhere.places.home / "work",
        elsewhere.places.media,
        elsewhere.places.quarantine,
    )
    return Unpacker(
        elsewhere.database, folders, [lived.sample.identity], WITHDRAWAL_KEY, lived.sample.clock, remux=copied
    )


def create_about(**changes: Any) -> About:
    """Return what a backup of today says of itself."""
    fields: dict[str, Any] = {
        "software": "0.1.0",
        "revision": "0001",
        "made_at": NOW,
        "withdrawal_check": withdrawal_check(WITHDRAWAL_KEY),
    }
    return About(**fields | changes)

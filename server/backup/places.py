"""Where on this machine lies what a backup holds, and whether a restore was broken off here."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.config import ServerSettings
from vertelpaal.durable import remove_durably, write_durably
from vertelpaal.errors import Conflict, SettingsError
from vertelpaal.settings import SETTINGS_FILE


@dataclass(frozen=True)
class Places:
    """The folders of a server; `root` is its part of the home folder."""

    home: Path
    root: Path
    sealed: Path
    media: Path
    quarantine: Path
    files: Path

    @classmethod
    def of(cls, settings: ServerSettings) -> Places:
        """Return the places that the settings name."""
        return cls(
            settings.home,
            settings.folder,
            settings.intake_folder,
            settings.media_folder,
            settings.quarantine_folder,
            settings.files_folder,
        )

    @property
    def kept(self) -> dict[str, Path]:
        """Return each folder whose files are in a backup, by its name there."""
        return {"sealed": self.sealed, "media": self.media, "quarantine": self.quarantine, "files": self.files}

    @property
    def settings_file(self) -> Path:
        """Return where the settings lie."""
        return self.home / SETTINGS_FILE

    @property
    def keys(self) -> Path:
        """Return where the private keys lie."""
        return self.home / "keys"

    @property
    def journal(self) -> Path:
        """Return the journal of withdrawals."""
        return self.root / "withdrawals"

    @property
    def staging(self) -> Path:
        """Return where a restore unpacks; on the disk that the folders are on, so that a file moves in one step."""
        return self.root / "restoring"

    @property
    def begun(self) -> Path:
        """Return the mark that a restore has begun to change things, and not ended."""
        return self.root / "restore-begun"

    def mark_begun(self) -> None:
        """Say that from here on only a whole restore makes this home good again."""
        write_durably(self.begun, lambda file: file.write(b"a restore was begun; `vertelpaal restore` again\n"))

    def mark_ended(self) -> None:
        """Say that the restore is whole."""
        remove_durably(self.begun)

    @contextmanager
    def held(self, how: int = fcntl.LOCK_EX) -> Iterator[None]:
        """Keep restores away (`LOCK_SH`), or be the only one.

        Raises:
            Conflict: a restore runs.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.root / ".restore-lock", "wb") as lock:
            try:
                fcntl.flock(lock, how | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict("a restore is running here") from error
            yield


def check_restored(places: Places) -> None:
    """Check that no restore runs or was broken off here, and remove what a broken one left in plain.

    Raises:
        Conflict: a restore is running.
        SettingsError: one was broken off after it had begun to change things; it must be done again.
    """
    with places.held(fcntl.LOCK_SH):
        shutil.rmtree(places.staging, ignore_errors=True)
        if places.begun.exists():
            raise SettingsError("a restore was broken off here; do it again with `vertelpaal restore`")

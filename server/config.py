"""The server's settings. A missing secret stops the start; there are no default secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from models.settings import ModelSettings
from server.privacy.periods import RetentionSettings
from vertelpaal.errors import SettingsError
from vertelpaal.keys import read_public_key
from vertelpaal.settings import MISSING

Secret = Annotated[SecretStr, Field(min_length=32)]


def _check_public_key(text: str) -> str:
    try:
        read_public_key(text)
    except SettingsError as error:
        raise ValueError(error.message) from error
    return text


PublicKey = Annotated[str, AfterValidator(_check_public_key)]


class ServerSettings(ModelSettings, RetentionSettings):
    """What the web process, the workers and the commands on the server need to know."""

    secret_key: Secret | None = None
    """Signs session cookies; the web side alone has it."""
    withdrawal_key: Secret
    """Keys the hash of withdrawal codes; whoever loses it can no longer honour a code."""
    server_host: str = "127.0.0.1"
    server_port: Annotated[int, Field(ge=1, le=65535)] = 8000
    server_threads: Annotated[int, Field(ge=8, le=256)] = 32
    public_url: str | None = None
    """The address of the server as visitors and staff reach it, with its scheme."""
    public_key: PublicKey | None = None
    """The age public key that poles seal to; default that of the newest key in the home folder. Set it where the
    private key is on another machine, with the worker."""
    backup_key: PublicKey | None = None
    """The age public key that backups are sealed to; its private half is not on this machine."""
    https_only: bool = True
    """Cookies travel over TLS alone. Off for a server on loopback only."""
    database_url: str | None = None
    """Where the database is; default a SQLite file in the home folder."""
    work_database_url: str | None = None
    """Where workers keep their own database; default a SQLite file in the home folder."""
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    """How many proxies of our own stand before the server; their word on a visitor's address is believed."""
    decode_without_wall: Literal["never", "i-accept-the-danger"] = "never"
    """Whether recordings may be decoded where a child cannot be closed in; otherwise they wait there."""
    quarantine_days: Annotated[int, Field(ge=1, le=365)] = 90
    """How long after its receipt is kept what was put aside; never longer than a video, which it may hold."""
    demo: bool = False
    """Say on every page that this is the sample library with a speech model of few sentences."""

    @property
    def signing_key(self) -> str:
        """Return what session cookies are signed with.

        Raises:
            SettingsError: there is none, so no web side can start here.
        """
        if self.secret_key is None:
            raise SettingsError(f"VERTELPAAL_SECRET_KEY: {MISSING}")
        return self.secret_key.get_secret_value()

    @property
    def decodes_without_wall(self) -> bool:
        """Return whether recordings are decoded also where there is no wall to do so behind."""
        return self.decode_without_wall == "i-accept-the-danger"

    @property
    def days_aside(self) -> int:
        """Return how long after its receipt quarantine really keeps something."""
        return min(self.quarantine_days, self.keep_video_days)

    @property
    def database(self) -> str:
        """Return the URL of the database."""
        return self.database_url or f"sqlite:///{self.folder / 'vertelpaal.sqlite'}"

    @property
    def work_database(self) -> str:
        """Return the URL of the workers' own database."""
        return self.work_database_url or f"sqlite:///{self.folder / 'work.sqlite'}"

    @property
    def folder(self) -> Path:
        """Return the server's part of the home folder."""
        return self.home / "server"

    @property
    def intake_folder(self) -> Path:
        """Return where sealed envelopes arrive."""
        return self.folder / "intake"

    @property
    def files_folder(self) -> Path:
        """Return where the files of publications lie, by SHA-256."""
        return self.folder / "files"

    @property
    def media_folder(self) -> Path:
        """Return where recordings lie."""
        return self.folder / "media"

    @property
    def quarantine_folder(self) -> Path:
        """Return where lies what could not be opened or decoded."""
        return self.folder / "quarantine"

    @property
    def work_folder(self) -> Path:
        """Return where workers unpack; emptied before each piece of work."""
        return self.folder / "work"

    @property
    def keys_folder(self) -> Path:
        """Return where the private keys lie; the web process never reads it."""
        return self.home / "keys"

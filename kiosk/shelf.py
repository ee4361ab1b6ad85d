"""What the server gave the pole to run: its token, its assignment, the publication and its files."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar
from uuid import UUID

from vertelpaal.assignment import Assignment
from vertelpaal.durable import make_folder, remove_halves, write_durably
from vertelpaal.errors import InvalidInput
from vertelpaal.publication import Publication
from vertelpaal.words import Word

log = logging.getLogger(__name__)

W = TypeVar("W", bound=Word)


class Token(Word):
    """Who this pole is, and the secret with which it says so."""

    kiosk_id: UUID
    token: str


class Shelf:
    """The folder in which the pole keeps what the server gave it; no visit is ever here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = folder / "files"
        for one in (self._folder, self._files):
            make_folder(one)
            remove_halves(one)

    def token(self) -> Token | None:
        """Return the pole's token, if it is paired."""
        return self._read("token.json", Token)

    def keep_token(self, token: Token) -> None:
        """Keep the token, readable for the pole's user only."""
        previous = os.umask(0o077)
        try:
            self._write("token.json", token)
        finally:
            os.umask(previous)

    def drop_token(self) -> None:
        """Forget a token that the server no longer takes."""
        (self._folder / "token.json").unlink(missing_ok=True)

    def assignment(self) -> Assignment | None:
        """Return what the server last told the pole to run."""
        return self._read("assignment.json", Assignment)

    def keep_assignment(self, assignment: Assignment) -> None:
        """Keep what the server told."""
        self._write("assignment.json", assignment)

    def publication(self) -> Publication | None:
        """Return the publication to run, if it is here with every file."""
        publication = self._read("publication.json", Publication)
        return publication if publication and not self.missing_files(publication) else None

    def publication_sha256(self) -> str | None:
        """Return the hash of the publication's document as it came, which may hold more than this version reads."""
        file = self._folder / "publication.json"
        return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else None

    def keep_publication(self, publication: Publication, document: bytes | None = None) -> None:
        """Keep a publication, as the document that came if one did; it runs once its files are here."""
        data = document or publication.to_json().encode()
        write_durably(self._folder / "publication.json", lambda file: file.write(data))

    def missing_files(self, publication: Publication) -> list[str]:
        """Return the SHA-256 of each file that is not here yet."""
        return sorted(sha256 for sha256 in publication.files if not self.file(sha256).exists())

    def file(self, sha256: str) -> Path:
        """Return where a file of a publication lies."""
        return self._files / sha256

    def keep_file(self, sha256: str, write: Callable[[IO[bytes]], object]) -> None:
        """Keep a file under its SHA-256.

        Raises:
            InvalidInput: what came has another hash; nothing is kept.
        """
        target = self.file(sha256)

        def write_and_check(file: IO[bytes]) -> None:
            write(file)
            file.flush()
            with open(file.name, "rb") as written:
                if hashlib.file_digest(written, "sha256").hexdigest() != sha256:
                    raise InvalidInput(f"file {sha256[:12]}… arrived with another hash")

        write_durably(target, write_and_check)

    def _read(self, name: str, kind: type[W]) -> W | None:
        """Return what is kept under a name; what cannot be read (another version wrote it) is fetched anew."""
        file = self._folder / name
        if not file.exists():
            return None
        try:
            return kind.from_neighbour(file.read_bytes())
        except InvalidInput as error:
            log.warning("%s cannot be read and counts as absent: %s", name, error)
            return None

    def _write(self, name: str, word: Word) -> None:
        write_durably(self._folder / name, lambda file: file.write(word.to_json().encode()))

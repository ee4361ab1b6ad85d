"""Publications as the server keeps them: immutable documents, and their files by SHA-256."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.tables import FileRow, PublicationRow
from vertelpaal.durable import make_folder, write_durably
from vertelpaal.errors import InvalidPublication, NotFound
from vertelpaal.publication import Publication

MEDIA_TYPES = {".webm": "video/webm", ".vtt": "text/vtt"}


def publish(session: Session, publication: Publication, files: Mapping[str, Path], folder: Path) -> None:
    """Keep a publication with its files; from now on poles run it, and it never changes.

    `files` has a file for each SHA-256 that the publication names.

    Raises:
        InvalidPublication: a file is missing or another than its hash says, a question cannot be heard, or the number
            is not the next one.
    """
    if publication.number != next_number(session):
        raise InvalidPublication(f"the next publication has number {next_number(session)}")
    for question in publication.questions:
        if question.unheard:
            raise InvalidPublication(question.unheard)
    for sha256 in sorted(publication.files):
        if sha256 not in files:
            raise InvalidPublication(f"file {sha256} is missing")
        _keep_file(session, sha256, files[sha256], folder)
    session.add(
        PublicationRow(
            number=publication.number,
            questionnaire_id=publication.questionnaire_id,
            sha256=publication.sha256,
            document=publication.to_json(),
            published_at=publication.published_at,
        )
    )


def next_number(session: Session) -> int:
    """Return the number that the next publication gets."""
    return (session.scalar(select(func.max(PublicationRow.number))) or 0) + 1


def find_publication(session: Session, number: int) -> Publication:
    """Return a publication by its number.

    Raises:
        NotFound: there is no such publication.
    """
    return _parsed(find_document(session, number))


def find_document(session: Session, number: int) -> str:
    """Return a publication as it was published, to the letter: poles compare its hash, whatever version reads it.

    Raises:
        NotFound: there is no such publication.
    """
    row = session.get(PublicationRow, number)
    if row is None:
        raise NotFound(f"there is no publication {number}")
    return row.document


def newest_publication(session: Session) -> PublicationRow | None:
    """Return the publication that poles run now."""
    return session.scalar(select(PublicationRow).order_by(PublicationRow.number.desc()).limit(1))


@lru_cache(maxsize=32)
def _parsed(document: str) -> Publication:
    return Publication.from_json(document)


def _keep_file(session: Session, sha256: str, source: Path, folder: Path) -> None:
    if session.get(FileRow, sha256) is not None:
        return
    media_type = MEDIA_TYPES.get(source.suffix)
    if media_type is None:
        raise InvalidPublication(f"{source.name}: a question has videos (.webm) and captions (.vtt)")
    with open(source, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise InvalidPublication(f"{source.name} is not the file {sha256}")
        make_folder(folder)
        file.seek(0)
        write_durably(folder / sha256, lambda target: shutil.copyfileobj(file, target))
    session.add(FileRow(sha256=sha256, media_type=media_type, bytes=source.stat().st_size))

"""Publications, and the files they need by their SHA-256."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.tables.base import Base


class PublicationRow(Base):
    """An immutable, numbered version of a questionnaire; `document` is its JSON form."""

    __tablename__ = "publications"
    __impersonal__ = ("number", "questionnaire_id", "sha256", "document", "published_at")

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    questionnaire_id: Mapped[UUID] = mapped_column(index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]


class FileRow(Base):
    """A file of a publication; its bytes lie in the files folder under its SHA-256."""

    __tablename__ = "files"
    __impersonal__ = ("sha256", "media_type", "bytes")

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int]

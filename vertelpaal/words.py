"""The base of every word that travels as JSON: strict, frozen, nothing extra."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from vertelpaal.errors import InvalidInput

Language = Literal["nl", "en", "ar", "uk", "tr", "pl", "fa", "ti"]
"""The languages that a pole can speak; Dutch is the first and the one every question has."""

RIGHT_TO_LEFT: frozenset[Language] = frozenset({"ar", "fa"})

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 as 64 lower-case hexadecimal digits."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
"""A short name for machines: lower-case words joined by hyphens."""

Time = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
"""A moment that can be reckoned with, whatever a clock says."""

Written = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""What somebody typed: any characters but NUL, which PostgreSQL does not keep."""

Count = Annotated[int, Field(ge=0, lt=2**53)]
"""How many: what every reader of JSON can hold."""

Number = Annotated[int, Field(ge=1, lt=2**31)]
"""The number of a thing in a database."""


class Word(BaseModel):
    """One word of the shared language, with a JSON form that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, ser_json_bytes="base64")

    @classmethod
    def from_json(cls, data: str | bytes) -> Self:
        """Read the JSON form.

        Raises:
            InvalidInput: names the first field that is wrong, and how; never repeats the value, which may be personal.
        """
        return cls._read(data, "forbid")

    @classmethod
    def from_neighbour(cls, data: str | bytes) -> Self:
        """Read the JSON form as another version of our software wrote it: fields that this one lacks are left out.

        Not for envelopes: what a visitor said or agreed to is never left out (docs/decisions/0011).

        Raises:
            InvalidInput: as `from_json`.
        """
        return cls._read(data, "ignore")

    @classmethod
    def _read(cls, data: str | bytes, unknown: Literal["forbid", "ignore"]) -> Self:
        try:
            return cls.model_validate_json(data, extra=unknown)
        except ValidationError as error:
            raise InvalidInput(f"{cls.__name__}: {first_problem(error)}") from None

    def to_json(self) -> str:
        """Return the JSON form."""
        return self.model_dump_json()


def first_problem(error: ValidationError) -> str:
    """Say where and how validation failed, in one line and without the value."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "document"
    what = "unknown kind" if first["type"] == "union_tag_invalid" else first["msg"]  # its message repeats the value
    return f"{where}: {what.removeprefix('Value error, ')}"

"""The base of every word that travels as JSON: strict, frozen, nothing extra."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError

from vertelpaal.errors import InvalidInput

Language = Literal["nl", "en", "ar", "uk", "tr", "pl", "fa", "ti"]
"""The languages that a pole can speak; Dutch is the first and the one every question has."""

RIGHT_TO_LEFT: frozenset[Language] = frozenset({"ar", "fa"})

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 as 64 lower-case hexadecimal digits."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
"""A short name for machines: lower-case words joined by hyphens."""

Time = AwareDatetime


class Word(BaseModel):
    """One word of the shared language, with a JSON form that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, ser_json_bytes="base64")

    @classmethod
    def from_json(cls, data: str | bytes) -> Self:
        """Read the JSON form.

        Raises:
            InvalidInput: names the first field that is wrong, and how; never repeats the value, which may be personal.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise InvalidInput(f"{cls.__name__}: {first_problem(error)}") from None

    def to_json(self) -> str:
        """Return the JSON form."""
        return self.model_dump_json()


def first_problem(error: ValidationError) -> str:
    """Say where and how validation failed, in one line and without the value."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "document"
    return f"{where}: {first['msg']}"

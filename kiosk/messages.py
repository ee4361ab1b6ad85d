"""What the screen says to the agent, as types; what is none of these is not heard."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, ValidationError

from kiosk.conditions import Device
from vertelpaal.errors import InvalidInput
from vertelpaal.words import Written

Name = Annotated[str, StringConstraints(max_length=100)]


class Message(BaseModel):
    """Something that the screen says."""

    model_config = ConfigDict(frozen=True, strict=True)

    @classmethod
    def read(cls, *parts: object) -> Self:
        """Read what came over the line: an object, and for a chunk its bytes.

        Raises:
            InvalidInput: it is no such message; never repeats what came, which may be personal.
        """
        said = parts[0] if parts else {}
        data = {"data": parts[1]} if len(parts) > 1 else {}
        if not isinstance(said, dict) or len(parts) > 2:
            raise InvalidInput(f"no {cls.__name__}")
        try:
            return cls.model_validate({**said, **data})
        except ValidationError:
            raise InvalidInput(f"no {cls.__name__}") from None


class Touch(Message):
    """A touch, meant for the scene with this number; `text` is what was typed."""

    serial: int
    action: Name
    text: Written | None = None


class Speech(Message):
    """Something of this scene began or ceased to play."""

    serial: int
    playing: bool


class Devices(Message):
    """Which devices the browser finds."""

    camera: bool = False
    microphone: bool = False

    @property
    def found(self) -> frozenset[Device]:
        """Return those that are there."""
        there = {Device.CAMERA: self.camera, Device.MICROPHONE: self.microphone}
        return frozenset(device for device, is_there in there.items() if is_there)


class Heard(Message):
    """Whether the microphone hears anything in the preview."""

    serial: int
    heard: bool


class Failed(Message):
    """A device is not there."""

    serial: int
    device: Name


class Chunk(Message):
    """A piece of a recording."""

    take: Annotated[UUID, Field(strict=False)]
    index: int
    data: bytes


class Finished(Message):
    """A recording is complete."""

    take: Annotated[UUID, Field(strict=False)]
    chunks: int
    media_type: Name
    seconds: FiniteFloat
    heard: bool

"""Read the weights of a converted model back, so that a training can go on from it instead of from nothing."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]
_NUMBER_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)
_KINDS = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias", "encodings": "weight"}
_OUTSIDE = {"position_encodings": "embed_positions", "embeddings": "embed_tokens"}
_LAYER = {
    "self_attention/layer_norm": ("self_attn_layer_norm",),
    "self_attention/linear_0": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "self_attention/linear_1": ("self_attn.out_proj",),
    "attention/layer_norm": ("encoder_attn_layer_norm",),
    "attention/linear_0": ("encoder_attn.q_proj",),
    "attention/linear_1": ("encoder_attn.k_proj", "encoder_attn.v_proj"),
    "attention/linear_2": ("encoder_attn.out_proj",),
    "ffn/layer_norm": ("final_layer_norm",),
    "ffn/linear_0": ("fc1",),
    "ffn/linear_1": ("fc2",),
}
"""What transformers calls the parts of a layer; CTranslate2 stores inputs of attention together."""


class _Reader:
    """Reads little-endian numbers and names one after another."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    def number(self, form: str) -> int:
        """Return a whole number; `form` is its letter in the module struct."""
        return int(struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0])

    def name(self) -> str:
        """Return a name: its length with the closing zero, then its letters."""
        return self.take(self.number("H"))[:-1].decode()

    def take(self, length: int) -> bytes:
        """Return so many bytes."""
        self._position += length
        return self._content[self._position - length : self._position]


def read_weights(folder: Path) -> Iterator[tuple[str, Weights]]:
    """Yield the weights of a converted model under the names that transformers gives them.

    Raises:
        ValueError: its `model.bin` is not in format 6 of CTranslate2.
    """
    stored = _read(folder / "model.bin")
    for name in stored:
        place, _, kind = name.rpartition("/")
        if kind not in _KINDS:
            continue
        parts = _module_names(place)
        for part, values in zip(parts, np.split(_plain(name, stored), len(parts)), strict=True):
            if not (part.endswith("k_proj") and kind == "bias"):  # Whisper has none, CTranslate2 stores zeros
                yield f"{part}.{_KINDS[kind]}", values
    # what ends the decoder is what begins it, under a second name
    yield "proj_out.weight", _plain("decoder/embeddings/weight", stored)


def _read(model: Path) -> dict[str, NDArray[Any]]:
    """Read what CTranslate2 stored, as it is: 8-bit integers beside the scale of each row."""
    reader = _Reader(model.read_bytes())
    if (form := reader.number("I")) != 6:
        raise ValueError(f"{model} is in format {form} of CTranslate2, and only 6 can be read")
    reader.name(), reader.number("I")
    stored: dict[str, NDArray[Any]] = {}
    for _ in range(reader.number("I")):
        name = reader.name()
        shape = [reader.number("I") for _ in range(reader.number("B"))]
        kind = _NUMBER_TYPES[reader.number("B")]
        stored[name] = np.frombuffer(reader.take(reader.number("I")), kind).reshape(shape)
    return stored


def _plain(name: str, stored: Mapping[str, NDArray[Any]]) -> Weights:
    values = stored[name].astype(np.float32)
    if (scale := stored.get(f"{name}_scale")) is None:
        return values
    plain: Weights = values / scale.astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))
    return plain


def _module_names(place: str) -> list[str]:
    """Return the modules that one place of CTranslate2 holds, in order."""
    half, _, inner = place.partition("/")
    if inner.startswith("layer_") and "/" in inner:
        number, _, inner = inner.removeprefix("layer_").partition("/")
        return [f"model.{half}.layers.{number}.{module}" for module in _LAYER[inner]]
    return [f"model.{half}.{_OUTSIDE.get(inner, inner)}"]

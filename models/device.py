"""Where a model runs: on the processor, or on a graphics card."""

from __future__ import annotations

from typing import Literal

from models.catalog import Device


def settle_device(wanted: Literal["auto", "cpu", "cuda"]) -> Device:
    """Return the device a setting means: `auto` takes a graphics card where there is one that CTranslate2 can use."""
    if wanted != "auto":
        return wanted
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"

"""The settings that the models need, and no secrets: so a model can be fetched before a server is set up."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from vertelpaal.settings import Settings


class ModelSettings(Settings):
    """Which speech model is wanted, and where models lie; the same settings as the server's."""

    model: str = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @property
    def models_folder(self) -> Path:
        """Return where speech models lie."""
        return self.home / "models"

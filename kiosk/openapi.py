"""What each route of the pole's own door answers, as an OpenAPI description; `python -m kiosk.openapi` writes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from flask import Flask

from vertelpaal.openapi import ANY, HTML, Content, Operation, describe, first_sentences, write

PAGE = Path(__file__).parent.parent / "docs" / "openapi" / "pole.json"
FILE: Mapping[int, Content] = MappingProxyType({200: ANY, 206: ANY, 304: None, 404: HTML, 416: HTML})
OPERATIONS: MappingProxyType[str, Operation] = MappingProxyType(
    {
        "static": Operation(FILE),
        "screen": Operation({200: HTML}),
        "publication_file": Operation(FILE, headers=("Range",)),
        "take_in_memory": Operation(FILE, headers=("Range",)),
        "prompt": Operation(FILE, headers=("Range",)),
        "vendor": Operation(FILE),
        "style": Operation(FILE),
        "screen_size": Operation({200: "text/css"}),
        "screen_connected": Operation({200: "application/json"}),
    }
)
"""What each route answers; whoever names another host than this machine gets 403 everywhere."""


def openapi(app: Flask) -> dict[str, Any]:
    """Return the description of the pole's own door."""
    everywhere: Mapping[int, Content] = {403: "text/plain", 413: HTML}
    operations = {
        name: Operation({**everywhere, **told.answers}, headers=told.headers) for name, told in OPERATIONS.items()
    }
    sentences = first_sentences(app.view_functions)
    return describe("De Bieb Vertelpaal: pole", app.url_map.iter_rules(), operations, sentences)


def main() -> None:
    """Write the description anew, of a pole that nobody paired."""
    from kiosk.app import create_app
    from kiosk.config import KioskSettings

    with TemporaryDirectory() as home:
        write(openapi(create_app(KioskSettings(home=Path(home)))), PAGE)


if __name__ == "__main__":
    main()

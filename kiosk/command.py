"""`vertelpaal kiosk`: run a pole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flask import Flask

    from kiosk.config import KioskSettings

THREADS = 16


@click.command(
    "run",
)
def command() -> None:
    """Run the agent of a pole on this machine, for the screen on the same machine."""
    from kiosk.config import KioskSettings
    from vertelpaal.serving import serve

    settings = KioskSettings.load()
    click.echo(f"the pole's screen: http://127.0.0.1:{settings.kiosk_port}")
    serve(lambda: _living_app(settings), "127.0.0.1", settings.kiosk_port, THREADS)


def _living_app(settings: KioskSettings) -> Flask:
    from kiosk.app import create_app

    app = create_app(settings)
    app.extensions["kiosk"].start()
    return app

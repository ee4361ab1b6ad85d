"""`vertelpaal server`: the web side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flask import Flask

    from server.config import ServerSettings


@click.command(
    "server",
    epilog="Needs VERTELPAAL_SECRET_KEY and VERTELPAAL_WITHDRAWAL_KEY (32 characters or more each), in the environment "
    "or in VERTELPAAL_HOME/settings.env, and a pair of keys (`vertelpaal keys new`).",
)
def command() -> None:
    """Run the web side: poles deliver here, staff and authors work here. Migrates the database first."""
    from server.config import ServerSettings
    from vertelpaal.serving import serve

    settings = ServerSettings.load()
    _check(settings)
    click.echo(f"the server: http://{settings.server_host}:{settings.server_port}")
    serve(lambda: _living_app(settings), settings.server_host, settings.server_port, settings.server_threads)


def _check(settings: ServerSettings) -> None:
    """Check what the web side cannot do without, where an error is still one clear line."""
    from server.backup.places import Places, check_restored
    from server.database import make_engine, reaching
    from vertelpaal.errors import SettingsError

    if not (settings.signing_key and _public_key(settings)):
        raise SettingsError("a key is empty")
    check_restored(Places.of(settings))
    engine = make_engine(settings.database)
    with reaching(), engine.connect():
        engine.dispose()


def _public_key(settings: ServerSettings) -> str:
    from vertelpaal.keys import key_for_poles

    return settings.public_key or key_for_poles(settings.home)


def _living_app(settings: ServerSettings) -> Flask:
    from server.app import create_app

    app = create_app(settings, partial(_public_key, settings))
    app.extensions["live"].start()
    return app

"""`vertelpaal server`: the web side."""

from __future__ import annotations

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
    click.echo(f"the server: http://{settings.server_host}:{settings.server_port}")
    serve(lambda: _living_app(settings), settings.server_host, settings.server_port, settings.server_threads)


def _living_app(settings: ServerSettings) -> Flask:
    from server.app import create_app
    from vertelpaal.keys import current_public_key

    app = create_app(settings, settings.public_key or current_public_key(settings.keys_folder))
    app.extensions["live"].start()
    return app

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
    from server.backup.places import Places, check_restored
    from vertelpaal.keys import key_for_poles

    def find_public_key() -> str:
        return settings.public_key or key_for_poles(settings.home)

    check_restored(Places.of(settings))
    find_public_key()  # a server without a key does not begin
    app = create_app(settings, find_public_key)
    app.extensions["live"].start()
    return app

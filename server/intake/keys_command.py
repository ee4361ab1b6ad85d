"""`vertelpaal keys`: make the library's pair of keys, and show the public one."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from vertelpaal.keys import current_public_key, new_key_file
from vertelpaal.settings import home_folder


@click.group("keys")
def command() -> None:
    """Make the library's pair of keys, and show the public one.

    Poles seal every visit to the public key; only the worker opens them, with the private one. A new key takes over
    from the moment poles hear of it; keep the old ones for as long as envelopes sealed to them may arrive.
    """


@command.command("new")
@click.option("--name", help="Name of the key file; default today's date.")
def new(name: str | None) -> None:
    """Make a fresh pair of keys in VERTELPAAL_HOME/keys."""
    file = new_key_file(home_folder() / "keys", name or datetime.now(UTC).strftime("%Y-%m-%d"))
    click.echo(f"A new private key is in {file}.")
    click.echo("Copy it now to a safe place outside this machine, such as the library's password manager.")
    click.echo("Whoever has it can see and hear what visitors told. If it is lost, answers that were sealed and")
    click.echo("not yet processed are lost with it: nobody can open them.")
    click.echo(f"Public key: {current_public_key(home_folder() / 'keys')}")


@command.command("show")
def show() -> None:
    """Show the public key that poles seal to now."""
    click.echo(current_public_key(home_folder() / "keys"))

"""`vertelpaal keys`: make the library's pair of keys, change it now and then, and let old ones go."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vertelpaal.keys import current_public_key, key_files, key_for_poles, new_backup_key, new_key_file
from vertelpaal.settings import home_folder

if TYPE_CHECKING:
    from server.config import ServerSettings


@click.group("keys")
def command() -> None:
    """Make the library's pair of keys, and change it now and then.

    Poles seal every visit to the public key; only the worker opens them, with the private one. A new key takes over
    from the moment poles hear of it; the old ones stay, for as long as envelopes sealed to them may arrive.
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


@command.command("rotate")
@click.option("--name", help="Name of the key file; default today's date.")
@click.pass_context
def rotate(ctx: click.Context, name: str | None) -> None:
    """Let a fresh pair take over; nothing need be restarted, and the old keys still open."""
    old = [key.name for key in key_files(home_folder() / "keys")]
    ctx.invoke(new, name=name)
    click.echo(
        f"Poles seal to it from their next contact on. Still here, for what was sealed before: {', '.join(old)}."
    )
    click.echo("`vertelpaal keys list` shows what still needs them; `vertelpaal keys retire NAME` lets one go.")


@command.command("show")
def show() -> None:
    """Show the public key that poles seal to now."""
    click.echo(key_for_poles(home_folder()))


@command.command("list")
def list_keys() -> None:
    """Show every key: since when, and how many sealed envelopes on this server wait for it."""
    from server.intake.key_rotation import key_uses, waiting_envelopes

    settings = _settings()
    sealed = waiting_envelopes(settings.intake_folder, settings.quarantine_folder)
    for use in key_uses(settings.keys_folder, _current(settings), sealed):
        mark = "poles seal to this one" if use.is_current else ""
        made = use.key.made_at.strftime("%Y-%m-%d %H:%M UTC")
        click.echo(f"{use.key.name:<16} {made}  {use.key.public_key[:16]}…  {use.waiting:>5} waiting  {mark}".rstrip())


@command.command("retire")
@click.argument("name")
@click.option("--lose-unopened-answers", is_flag=True, help="Go on although something sealed to it may still come.")
def retire_key(name: str, lose_unopened_answers: bool) -> None:
    """Remove the old private key NAME from this machine. Refuses while something may still need it."""
    from server.database import Database, make_engine
    from server.intake.key_rotation import retire, waiting_envelopes
    from server.migrations import check_head

    settings = _settings()
    engine = make_engine(settings.database)
    check_head(engine)
    sealed = waiting_envelopes(settings.intake_folder, settings.quarantine_folder)
    with Database(engine).reading() as session:
        key = retire(
            session, settings.keys_folder, name, _current(settings), sealed, lose_answers=lose_unopened_answers
        )
    click.echo(f"{key.name} is gone from this machine. What is sealed to it opens only with the copy in your safe.")


@command.command("for-backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def for_backup(file: Path) -> None:
    """Make the pair of keys of the backups; the private one goes into FILE, which you take off this machine."""
    public_key = new_backup_key(file)
    click.echo(f"The private key of the backups is in {file}. Move it to a safe place outside this machine, in two")
    click.echo("copies: without it no backup can be restored. Then let backups be sealed to its public half, with this")
    click.echo("line in settings.env:")
    click.echo(f"VERTELPAAL_BACKUP_KEY={public_key}")


def _settings() -> ServerSettings:
    from server.config import ServerSettings

    return ServerSettings.load()


def _current(settings: ServerSettings) -> str:
    return settings.public_key or key_for_poles(settings.home)

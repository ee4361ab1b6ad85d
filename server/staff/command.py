"""`vertelpaal staff`: add staff members, set their passwords, pair poles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from server.database import Database

ASKED = "The password, of at least 12 characters, is asked for and not shown, or read from standard input."


@click.group("staff")
def command() -> None:
    """Add staff members and set their passwords."""


@command.command("add", epilog=ASKED)
@click.argument("email")
@click.option("--name", prompt=True, help="How colleagues call them.")
def add(email: str, name: str) -> None:
    """Add somebody who may sign in with EMAIL."""
    from server.staff.operations import add_staff
    from server.staff.passwords import PasswordHash
    from vertelpaal.clock import SystemClock
    from vertelpaal.unseen import ask_unseen

    password = PasswordHash.of(ask_unseen("Password", again=True))
    with _database().transaction() as session:
        add_staff(session, email, name, password, SystemClock().now())
    click.echo(f"{email} can sign in now.")


@command.command("password", epilog=ASKED)
@click.argument("email")
def change_password(email: str) -> None:
    """Give the account EMAIL another password; its sessions end."""
    from server.staff.operations import set_password
    from server.staff.passwords import PasswordHash
    from vertelpaal.unseen import ask_unseen

    password = PasswordHash.of(ask_unseen("Password", again=True))
    with _database().transaction() as session:
        set_password(session, email, password)
    click.echo("The password is changed, and every session of this account has ended.")


@command.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Close the account EMAIL; its sessions end at once."""
    from server.staff.operations import disable_staff
    from vertelpaal.clock import SystemClock

    with _database().transaction() as session:
        disable_staff(session, email, SystemClock().now())
    click.echo(f"{email} can no longer sign in.")


def _database() -> Database:
    from server.config import ServerSettings
    from server.database import Database, make_engine
    from server.migrations import check_head

    engine = make_engine(ServerSettings.load().database)
    check_head(engine)
    return Database(engine)

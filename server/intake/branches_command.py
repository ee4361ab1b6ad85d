"""`vertelpaal branches`: the library's buildings, by the slug that poles are paired with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from server.database import Database


@click.group("branches", epilog="Example: vertelpaal branches add roden 'Bibliotheek Roden'")
def command() -> None:
    """Add the library's branches, and list them."""


@command.command("add")
@click.argument("slug")
@click.argument("name")
def add(slug: str, name: str) -> None:
    """Add the branch NAME; SLUG is its short name in addresses and commands, such as roden."""
    from server.intake.branches import add_branch

    with _database().transaction() as session:
        add_branch(session, slug, name)
    click.echo(f"{name} is there; pair its pole with: vertelpaal kiosk pair CODE --branch {slug}")


@command.command("list")
def list_branches() -> None:
    """List every branch: its slug, its name and its poles."""
    from server.intake.branches import branches_with_poles

    with _database().reading() as session:
        for branch, poles in branches_with_poles(session):
            click.echo(f"{branch.slug:<20} {branch.name:<40} {poles:>2} pole(s)")


def _database() -> Database:
    from server.config import ServerSettings
    from server.database import Database, make_engine
    from server.migrations import check_head

    engine = make_engine(ServerSettings.load().database)
    check_head(engine)
    return Database(engine)

"""`vertelpaal kiosk pair`: pair a pole by the code on its screen."""

from __future__ import annotations

import click


@click.command("pair")
@click.argument("code")
@click.option("--branch", required=True, help="Slug of the branch in which the pole stands, such as roden.")
def command(code: str, branch: str) -> None:
    """Pair the pole that shows CODE; run this on the server."""
    from sqlalchemy import select

    from server.config import ServerSettings
    from server.database import Database, make_engine
    from server.intake.pairing import approve_pairing
    from server.tables import BranchRow
    from vertelpaal.clock import SystemClock
    from vertelpaal.errors import NotFound

    with Database(make_engine(ServerSettings.load().database)).transaction() as session:
        row = session.scalar(select(BranchRow).where(BranchRow.slug == branch))
        if row is None:
            raise NotFound(f"there is no branch {branch}")
        approve_pairing(session, code, row, SystemClock().now())
    click.echo(f"The pole is paired with {row.name}; it goes on within seconds.")

"""`vertelpaal discard`: remove for good what was put aside."""

from __future__ import annotations

from uuid import UUID

import click


@click.command("discard", epilog="The admin's page Quarantaine has the number of each visit, and why it is there.")
@click.argument("visit", type=click.UUID, required=False)
@click.option("--all", "everything", is_flag=True, help="Every envelope in quarantine.")
def command(visit: UUID | None, everything: bool) -> None:
    """Discard the envelope of VISIT from quarantine, or all that are there. There is no way back."""
    from server.config import ServerSettings
    from server.database import Database, make_engine
    from server.migrations import check_head
    from server.pipeline.discard import discard_all, discard_one
    from server.pipeline.settling import Folders
    from vertelpaal.clock import SystemClock

    if (visit is None) is not everything:
        raise click.UsageError("name one VISIT, or all of them with --all")
    settings = ServerSettings.load()
    engine = make_engine(settings.database)
    check_head(engine)
    folders = Folders(settings.intake_folder, settings.work_folder, settings.media_folder, settings.quarantine_folder)
    database, clock = Database(engine), SystemClock()
    if visit is None:
        click.echo(f"Discarded: {len(discard_all(database, folders, clock))} envelope(s).")
        return
    discard_one(database, folders, visit, clock)
    click.echo("Discarded: 1 envelope.")

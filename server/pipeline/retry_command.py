"""`vertelpaal retry`: let the worker try again what it could not do."""

from __future__ import annotations

import click


@click.command("retry", epilog="Example, after an upgrade of the server: vertelpaal retry")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Everything in quarantine, as after a key has come back, and recordings that could not be transcribed.",
)
def command(everything: bool) -> None:
    """Let the worker open envelopes again that came from a pole with newer software, now that the server has it.

    With --all also whatever else it put aside, and what it could not transcribe.
    """
    from server.config import ServerSettings
    from server.database import Database, make_engine
    from server.migrations import check_head
    from server.pipeline.retry import retry, retry_recordings
    from server.pipeline.settling import Folders
    from vertelpaal.clock import SystemClock

    settings = ServerSettings.load()
    engine = make_engine(settings.database)
    check_head(engine)
    folders = Folders(settings.intake_folder, settings.work_folder, settings.media_folder, settings.quarantine_folder)
    database, clock = Database(engine), SystemClock()
    found = retry(database, folders, clock, everything=everything)
    click.echo(f"{len(found)} envelope(s) wait for the worker again.")
    if everything:
        click.echo(f"{len(retry_recordings(database, clock))} recording(s) wait for their transcript again.")

"""`vertelpaal privacy`: the register of processing, retention, and access to one visit."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

import click


@click.group("privacy")
def command() -> None:
    """Say what is kept of people, end what is over, and give a visitor a copy of a visit."""


@command.command("register", epilog="For example: vertelpaal privacy register --format markdown --out register.md")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="text to read, markdown for a page, json for programs.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, not to the screen.")
def register(form: str, out: Path | None) -> None:
    """Write the register of processing (AVG 30) in Dutch, from the tables and the settings of this library."""
    from server.config import ServerSettings
    from server.privacy.register import FORMS, make_register
    from server.reports.command import open_database, write_out
    from server.reports.queries import find_library
    from vertelpaal.clock import SystemClock

    settings = ServerSettings.load()
    with open_database() as database, database.reading() as session:
        library = find_library(session) or "[naam van de bibliotheek]"
    kept = settings.periods, settings.days_aside, settings.backup_kept
    made = FORMS[form](make_register(library, *kept, SystemClock().now()))
    if out is None:
        sys.stdout.write(made)
    else:
        write_out(out, made.encode())


@command.command("retention", epilog="The worker does the same each night. Periods: VERTELPAAL_KEEP_…_DAYS.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option(
    "--clock-is-right",
    is_flag=True,
    help="You looked at this machine's date and time: they are right, though the server was off for long.",
)
def retention(dry_run: bool, clock_is_right: bool) -> None:
    """End what has been kept long enough: videos first, then voices, transcripts, texts, and who it was.

    Where the clock leapt by more than a week, or went back, nothing is ended until somebody says that it is right.
    """
    from server.config import ServerSettings
    from server.privacy.belief import check_clock, trust
    from server.privacy.retention import count_over, end_what_is_over
    from server.reports.command import open_database
    from vertelpaal.clock import SystemClock

    settings, clock = ServerSettings.load(), SystemClock()
    with open_database() as database:
        if dry_run:
            with database.transaction() as session:
                if clock_is_right:
                    trust(session, clock.now())
                check_clock(session, clock.now())
                counts = count_over(session, settings.periods, clock.now())
                session.rollback()
            is_complete = True
        else:
            if clock_is_right:
                with database.transaction() as session:
                    trust(session, clock.now())
            folders = (settings.media_folder, settings.quarantine_folder)
            ended = end_what_is_over(database, folders, settings.periods, clock)
            if not database.forget_deleted():
                click.echo("Somebody reads the database; its log is emptied as soon as nobody does.", err=True)
            counts, is_complete = ended.counts, ended.is_complete
    for kind, count in counts.items():
        click.echo(f"{kind:<11} {count}")
    click.echo("Nothing was touched." if dry_run else "Done." if is_complete else "More is over; run it again.")


@command.command(
    "access",
    epilog="The code is asked for and not shown, or read from standard input.\n\nA visitor can do the same on the page "
    "/inzien.",
)
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The ZIP to write.")
def access(to: Path) -> None:
    """Write all that is held of the visit with a withdrawal code into a ZIP: in words, as JSON, and its recordings.

    It is the visitor's: give it to nobody else, and remove it when it is handed over.
    """
    from server.config import ServerSettings
    from server.privacy.access import copy_visit
    from server.privacy.access_zip import zip_chunks
    from server.reports.command import open_database
    from vertelpaal.clock import SystemClock
    from vertelpaal.durable import write_durably
    from vertelpaal.unseen import ask_unseen

    settings = ServerSettings.load()
    code = ask_unseen("Withdrawal code")
    folders = (settings.media_folder, settings.quarantine_folder)
    with open_database() as database, database.reading() as session:
        copied = copy_visit(session, code, settings.withdrawal_key.get_secret_value().encode())
    chunks = zip_chunks(copied, folders, settings.periods, SystemClock().now())

    def write(file: IO[bytes]) -> None:
        os.fchmod(file.fileno(), 0o600)  # before anything is in it
        file.writelines(chunks)

    try:
        write_durably(to, write)
    except OSError as error:
        raise click.FileError(str(to), hint=error.strerror or str(error)) from error
    click.echo(f"Written: {to}. It holds what one visitor said; remove it when it is handed over.")

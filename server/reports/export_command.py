"""`vertelpaal export`: what was answered, as a file."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from server.reports.period import Period


@click.group("export")
def command() -> None:
    """Write what was answered, as a file."""


@command.command(
    "answers",
    epilog="For example a year as a table: vertelpaal export answers --from 2024-01-01 --to 2024-12-31 --format csv "
    "--out antwoorden-2024.csv",
)
@click.option("--from", "first", metavar="DAY", help="The first day, as 2024-01-01; needs --to.")
@click.option("--to", "last", metavar="DAY", help="The last day, which counts as well; needs --from.")
@click.option("--branch", "branches", multiple=True, metavar="SLUG", help="Only this branch; may be repeated.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="jsonl: one JSON object a line.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, not to the screen.")
def answers(first: str | None, last: str | None, branches: tuple[str, ...], form: str, out: Path | None) -> None:
    """Write every answer with its visit, branch and question, and what was heard in its recording.

    What was withdrawn says so and has no content. consent_quote says whether the visitor lets words be quoted; somebody
    must still listen first. With a period, visits whose time cannot be right are left out.
    """
    from server.reports.command import open_database
    from server.reports.export import export_answers
    from vertelpaal.durable import write_durably

    period = _period(first, last)

    def write(file: IO[bytes]) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            with open_database() as database:
                export_answers(database, text, form, period, branches)
        finally:
            text.detach()  # flushes, and leaves the file to whoever opened it

    if out is None:
        write(sys.stdout.buffer)
        return
    try:
        write_durably(out, write)
    except OSError as error:
        raise click.FileError(str(out), hint=error.strerror or str(error)) from error


def _period(first: str | None, last: str | None) -> Period | None:
    from server.reports.period import read_period

    if first is None and last is None:
        return None
    if first is None or last is None:
        raise click.UsageError("a period needs both --from and --to")
    return read_period(first, last)

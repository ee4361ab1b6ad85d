"""`vertelpaal report`: satisfaction scores over a period, as a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from server.database import Database


@click.command(
    "report",
    epilog="For example the PDF of a year, of two branches: vertelpaal report --from 2024-01-01 --to 2024-12-31 "
    "--branch roden --branch norg --format pdf --out rapport-2024.pdf",
)
@click.option("--from", "first", required=True, metavar="DAY", help="The first day, as 2024-01-01.")
@click.option("--to", "last", required=True, metavar="DAY", help="The last day, which counts as well.")
@click.option("--branch", "branches", multiple=True, metavar="SLUG", help="Only this branch; may be repeated.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv", "xlsx", "pdf"]),
    default="json",
    show_default=True,
    help="json for programs, csv and xlsx for tables, pdf to read.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, not to the screen.")
def command(first: str, last: str, branches: tuple[str, ...], form: str, out: Path | None) -> None:
    """Write the satisfaction scores of a period: n, % satisfied, mean and interval for each aspect.

    Days are those in Europe/Amsterdam. Under 10 answers nothing is shown.
    """
    from server.reports.formats import BINARY, render
    from server.reports.period import read_period
    from server.reports.queries import ReportQuery
    from server.reports.report import make_report
    from vertelpaal.clock import SystemClock

    if out is None and form in BINARY and sys.stdout.isatty():
        raise click.UsageError(f"a terminal cannot show {form}: add --out FILE")
    query = ReportQuery(read_period(first, last), branches)
    with open_database() as database:
        report = make_report(database, query, SystemClock().now())
    made = render(report, form)
    if out is None:
        sys.stdout.buffer.write(made)
    else:
        write_out(out, made)


@contextmanager
def open_database() -> Iterator[Database]:
    """Open the library's database, and close it at the end.

    Raises:
        SettingsError: a setting is missing, or the database has not had every migration.
    """
    from server.config import ServerSettings
    from server.database import Database, make_engine
    from server.migrations import check_head

    engine = make_engine(ServerSettings.load().database)
    try:
        check_head(engine)
        yield Database(engine)
    finally:
        engine.dispose()


def write_out(out: Path, made: bytes) -> None:
    """Write a file whole or not at all."""
    from vertelpaal.durable import write_durably

    try:
        write_durably(out, lambda file: file.write(made))
    except OSError as error:
        raise click.FileError(str(out), hint=error.strerror or str(error)) from error

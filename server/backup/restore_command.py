"""`vertelpaal restore`: bring back a backup."""

from __future__ import annotations

import fcntl
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vertelpaal.errors import Conflict, DoubtedClock

if TYPE_CHECKING:
    from server.config import ServerSettings

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(
    "restore",
    epilog="On a new machine: first settings.env with the old VERTELPAAL_WITHDRAWAL_KEY, the private keys in "
    "VERTELPAAL_HOME/keys, and, if you have it, the journal of withdrawals in VERTELPAAL_HOME/server/withdrawals.",
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The backups' private key.",
)
@click.option("--replace-everything", is_flag=True, help="Go on although there are data here; they are lost.")
def command(file: Path, key: Path, replace_everything: bool) -> None:
    """Check all of FILE, then bring it back. What was withdrawn since stays gone. Stop server and worker first."""
    from server.backup.places import Places
    from server.backup.restore import restore
    from server.config import ServerSettings
    from server.database import Database, make_engine
    from server.privacy.belief import check_clock
    from vertelpaal.clock import SystemClock
    from vertelpaal.keys import read_key_file

    settings = ServerSettings.load()
    check_at_rest(settings)
    engine = make_engine(settings.database)
    done = restore(
        file,
        read_key_file(key),
        engine,
        Places.of(settings),
        settings.withdrawal_key.get_secret_value().encode(),
        replace=replace_everything,
    )
    click.echo(f"Restored as it was at {done.made_at:%Y-%m-%d %H:%M} UTC: {done.visits} visits, {done.files} files.")
    if done.erased:
        click.echo(f"{done.erased} visit(s) had been withdrawn since, and were erased again.")
    for name in done.missing:
        click.echo(f"  was missing already when the backup was made: {name}", err=True)
    click.echo("Its settings are in settings.from-backup.env, to compare with settings.env.")
    with Database(engine).reading() as session:
        try:
            check_clock(session, SystemClock().now())
        except DoubtedClock as error:
            click.echo(f"Look at this machine's date and time: {error.message}", err=True)


def check_at_rest(settings: ServerSettings) -> None:
    """Check that no worker and no server of this home runs on this machine.

    Raises:
        Conflict: one does.
    """
    for lock in settings.folder.glob("*.lock"):
        with open(lock, "rb") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict(f"the worker {lock.stem} runs; stop it first") from error
    with socket.socket() as line:
        line.settimeout(2)
        if line.connect_ex((settings.server_host, settings.server_port)) == 0:
            raise Conflict(f"something answers on port {settings.server_port}, where the server is; stop it first")

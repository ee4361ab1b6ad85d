"""`vertelpaal demo`: a whole sample library on this machine, from the pole to the report."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime

import click


@click.command(
    "demo",
    epilog="Data lives in VERTELPAAL_HOME; remove that folder to begin anew. Ports: VERTELPAAL_SERVER_PORT (8000) and "
    "VERTELPAAL_KIOSK_PORT (8077). Nothing leaves this machine.",
)
def command() -> None:
    """Run server, worker and kiosk with a sample library, until Ctrl-C.

    The first start makes question videos and hundreds of sample visits; later starts take seconds.
    """
    from sample.household import Household
    from sample.library import prepare_library
    from vertelpaal.settings import home_folder

    ended = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: ended.set())
    home = home_folder()
    os.environ["VERTELPAAL_HOME"] = str(home)
    library = prepare_library(home, datetime.now(UTC), say=click.echo)
    if ended.is_set():
        return
    household = Household(home, library)
    try:
        household.start(say=click.echo, ended=ended)
        household.open_visits(say=click.echo, ended=ended)
        if not ended.is_set():
            click.echo(household.addresses())
        household.watch(ended, say=click.echo)
    finally:
        click.echo("Stopping …")
        household.stop()

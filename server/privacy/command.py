"""`vertelpaal withdraw`: erase a visit by its withdrawal code."""

from __future__ import annotations

import click


@click.command(
    "withdraw",
    epilog="The code is what the thanks screen showed, in any form. It is asked for and not shown, or read from "
    "standard input.\n\nA visitor can do the same on the page /intrekken.",
)
def command() -> None:
    """Erase the media, transcripts and words of the visit with a withdrawal code. There is no way back.

    It also works when the visit has not arrived yet: then it is erased on arrival.
    """
    from server.backup.places import Places
    from server.config import ServerSettings
    from server.database import Database, make_engine
    from server.privacy.journal import keep_journal
    from server.privacy.withdrawal import withdraw
    from vertelpaal.clock import SystemClock
    from vertelpaal.unseen import ask_unseen

    settings = ServerSettings.load()
    code = ask_unseen("Withdrawal code")
    database = Database(make_engine(settings.database))
    keep_journal(database, Places.of(settings).journal)
    done = withdraw(
        database,
        (settings.media_folder, settings.quarantine_folder),
        code,
        settings.withdrawal_key.get_secret_value().encode(),
        SystemClock(),
    )
    if done.was_withdrawn_before:
        click.echo("This visit was withdrawn before.")
    elif done.visit_id is None:
        click.echo("No visit with this code has arrived. If one does, it is erased on arrival.")
    else:
        click.echo(f"Erased: {done.recordings} recording(s) and {done.texts} text(s). Its taps belong to nobody now.")

"""`vertelpaal backup`: everything a library would miss, in one sealed file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    "backup",
    epilog="Example: vertelpaal backup /mnt/backup/$(date -I).age\n\nKeep elsewhere, as they are in no backup: the "
    "private keys in VERTELPAAL_HOME/keys, VERTELPAAL_WITHDRAWAL_KEY, VERTELPAAL_SECRET_KEY, the backups' own key.",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--to", "recipient", help="The age public key to seal to; default VERTELPAAL_BACKUP_KEY.")
@click.option("--with-secrets", is_flag=True, help="Put the secrets of the settings and the private keys into it too.")
@click.option(
    "--remove-older",
    is_flag=True,
    help="Then remove backups beside it that are called by their day, as 2026-03-14.age or 2026-03-14T0230.age, and "
    "are older than VERTELPAAL_KEEP_BACKUP_DAYS.",
)
def command(file: Path, recipient: str | None, with_secrets: bool, remove_older: bool) -> None:
    """Write database, media, waiting envelopes, publications and settings into FILE, while everything runs."""
    from server.backup.backup import back_up, check_name, check_recipient, remove_older_backups
    from server.backup.places import Places
    from server.config import ServerSettings
    from server.database import Database, make_engine
    from server.migrations import check_head
    from server.privacy.belief import check_clock
    from vertelpaal.clock import SystemClock
    from vertelpaal.keys import read_public_key

    settings = ServerSettings.load()
    key = read_public_key(check_recipient(recipient or settings.backup_key))
    engine = make_engine(settings.database)
    check_head(engine)
    clock, database = SystemClock(), Database(engine)
    done = back_up(
        database,
        Places.of(settings),
        key,
        settings.withdrawal_key.get_secret_value().encode(),
        clock,
        file.absolute(),
        with_secrets=with_secrets,
    )
    click.echo(f"{file}: {done.parts} parts, {done.bytes / 2**20:.1f} MiB, sealed to {str(key)[:16]}…")
    for name in done.missing:
        click.echo(f"  missing on this disk, and so in the backup: {name}", err=True)
    if remove_older:
        check_name(file)  # the new backup is there all the same
        with database.reading() as session:
            check_clock(session, clock.now())
        for name in remove_older_backups(file.absolute(), settings.backup_kept, clock.now()):
            click.echo(f"  removed, as it was kept for {settings.keep_backup_days} days: {name}")
    if not with_secrets:
        click.echo("It holds no secrets. Keep elsewhere: the private keys, the withdrawal key, the backups' own key.")

"""`vertelpaal check`: say line by line whether this machine is ready."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import click

from vertelpaal.settings import Settings, unknown_settings

SIDES = {"server": "server.check", "pole": "kiosk.check"}
"""Each kind of machine, and the module that has its `findings`."""
SETTINGS = (("server.config", "ServerSettings"), ("kiosk.config", "KioskSettings"))
"""The settings of both sides, by module and class."""


@dataclass(frozen=True)
class Finding:
    """One line of the check; `good` is None for what is only worth knowing."""

    subject: str
    good: bool | None
    says: str


class Whereabouts(Settings):
    """The one setting that tells a pole from a server."""

    server_url: str | None = None


@click.command("check", epilog="Exit status 0: ready; 1: something is wrong, in the lines marked with !.")
@click.option(
    "--side",
    type=click.Choice(list(SIDES)),
    help="Which kind of machine this is; default a pole where VERTELPAAL_SERVER_URL is set, else a server.",
)
def command(side: str | None) -> None:
    """Say line by line whether this server or pole is ready.

    A server: settings, database, clock, keys, disk, speech model, worker, backups. A pole: settings, server, clock,
    camera, microphone, screen, queue, room, swap and core dumps.
    """
    found = importlib.import_module(SIDES[side or this_side()])
    sys.exit(1 if tell(chain(misspelt(), found.findings())) else 0)


def misspelt() -> Iterator[Finding]:
    """Yield what is set and is no setting of either side, for which everything would go by the default."""
    known = [getattr(importlib.import_module(module), name) for module, name in SETTINGS]
    for name in unknown_settings(known):
        yield Finding("settings", False, f"{name} is no setting; is it misspelt? (docs/settings.md)")


def this_side() -> str:
    """Return which kind of machine this is, by its settings."""
    return "pole" if Whereabouts.load().server_url else "server"


def tell(findings: Iterable[Finding]) -> bool:
    """Say each finding, and return whether something is wrong."""
    wrong = False
    for finding in findings:
        mark = {True: "ok", False: " !", None: " ."}[finding.good]
        click.echo(f"{mark}  {finding.subject:<14} {finding.says}")
        wrong = wrong or finding.good is False
    return wrong

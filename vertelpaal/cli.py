"""The command line. A command's module is imported only when it is called, so that help comes at once."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

import click

from vertelpaal import __version__
from vertelpaal.errors import VertelpaalError

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("sample.command", "Run server, worker and kiosk with a sample library."),
    "server": ("server.command", "Run the web side: poles deliver here, staff and authors work here."),
    "worker": ("server.pipeline.command", "Open, inspect and transcribe what poles delivered."),
    "kiosk": ("vertelpaal.cli", "Run a pole, or pair one with the server."),
    "keys": ("server.intake.keys_command", "Make the library's pair of keys, show it, and change it now and then."),
    "check": ("vertelpaal.check", "Say line by line whether this machine is ready."),
    "models": ("models.command", "List, fetch, import and evaluate speech models."),
    "report": ("server.reports.command", "Write satisfaction scores over a period."),
    "export": ("server.reports.export_command", "Write every answer with its transcript."),
    "branches": ("server.intake.branches_command", "Add the library's branches, and list them."),
    "staff": ("server.staff.command", "Add staff members and set their passwords."),
    "backup": ("server.backup.command", "Write everything a library would miss into one sealed file."),
    "restore": ("server.backup.restore_command", "Bring back a backup; what was withdrawn since stays gone."),
    "retry": ("server.pipeline.retry_command", "Try quarantined envelopes again, such as after an upgrade."),
    "discard": ("server.pipeline.discard_command", "Remove quarantined envelopes for good."),
    "withdraw": ("server.privacy.command", "Erase a visit by its withdrawal code."),
    "privacy": ("server.privacy.privacy_command", "Say what is kept of people and how long; give a visitor a copy."),
}
"""Each command: the module that has it as `command`, and one line of help."""

KIOSK_COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("kiosk.command", "Run the agent of a pole on this machine (what `vertelpaal kiosk` does)."),
    "screen": ("kiosk.screen_command", "Show the agent's screen in a locked Chromium."),
    "languages": ("kiosk.languages_command", "Say which languages the pole speaks, and what the others lack."),
    "pair": ("server.intake.pair_command", "Pair the pole that shows a code; run it on the server."),
}


class LazyCommands(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def __init__(self, *args: Any, modules: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._modules:
            return None
        found: click.Command = importlib.import_module(self._modules[cmd_name][0]).command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._modules.items()])


@click.group(
    cls=LazyCommands,
    modules=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Data lives in the folder VERTELPAAL_HOME. `vertelpaal COMMAND --help` teaches each command.",
)
@click.version_option(__version__, prog_name="vertelpaal")
def root() -> None:
    """De Bieb Vertelpaal: a pole in the library that asks questions as videos and listens to the answers.

    To see it work on this machine: vertelpaal demo
    """


@click.group(
    "kiosk",
    cls=LazyCommands,
    modules=KIOSK_COMMANDS,
    invoke_without_command=True,
    epilog="An unpaired pole shows a code. Type it in the admin under Palen, or run on the server: "
    "vertelpaal kiosk pair CODE --branch BRANCH.",
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Run the agent of a pole on this machine, for the screen on the same machine.

    Settings: VERTELPAAL_HOME, VERTELPAAL_KIOSK_PORT (8077), VERTELPAAL_SERVER_URL. Open the address that it prints in
    Chromium.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(importlib.import_module(KIOSK_COMMANDS["run"][0]).command)


def main() -> None:
    """Run the command line; an error of ours, or a file that cannot be used, is one clear line and exit status 1."""
    try:
        root(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except VertelpaalError as error:
        click.echo(f"vertelpaal: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        click.echo(f"vertelpaal: {error.filename}: {error.strerror}", err=True)
        sys.exit(1)

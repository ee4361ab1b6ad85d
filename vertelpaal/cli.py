"""The command line. A command's module is imported only when it is called, so that help comes at once."""

from __future__ import annotations

import importlib
import sys

import click

from vertelpaal import __version__
from vertelpaal.errors import VertelpaalError

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("sample.command", "Run server, worker and kiosk with a sample library."),
    "server": ("server.command", "Run the web side: poles deliver here, staff and authors work here."),
    "worker": ("server.pipeline.command", "Open, inspect and transcribe what poles delivered."),
    "kiosk": ("kiosk.command", "Run a pole, or pair one with the server."),
    "keys": ("server.intake.keys_command", "Make the library's pair of keys, and show the public one."),
    "check": ("server.check", "Say line by line whether this machine is ready."),
    "models": ("models.command", "List, fetch and import speech models."),
    "report": ("server.reports.command", "Write satisfaction scores over a period."),
    "export": ("server.reports.export_command", "Write every answer with its transcript."),
    "staff": ("server.staff.command", "Add staff members and set their passwords."),
    "withdraw": ("server.privacy.command", "Erase a visit by its withdrawal code."),
}
"""Each command: the module that has it as `command`, and one line of help."""


class LazyCommands(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        found: click.Command = module.command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=LazyCommands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Data lives in the folder VERTELPAAL_HOME. `vertelpaal COMMAND --help` teaches each command.",
)
@click.version_option(__version__, prog_name="vertelpaal")
def root() -> None:
    """De Bieb Vertelpaal: a pole in the library that asks questions as videos and listens to the answers.

    To see it work on this machine: vertelpaal demo
    """


def main() -> None:
    """Run the command line; an error of ours is one clear line and exit status 1."""
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

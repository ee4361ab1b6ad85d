"""Secrets are typed unseen or come in on standard input; no command takes one on its command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from setup.layout import ROOT
from vertelpaal.cli import COMMANDS, root
from vertelpaal.errors import InvalidInput

SECRET = "een geheim van zestien"
SECRETS = {"code", "password", "secret", "token"}
ON_A_SCREEN_FOR_ALL = {"kiosk pair": "code"}
"""The code of a pole that waits to be paired: everybody in the hall reads it, and it opens nothing by itself."""
ASK = "from vertelpaal.unseen import ask_unseen; print(len(ask_unseen('Code')))"


def commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its name, also those below others."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield f"{above}{name}", found
        if isinstance(found, click.Group):
            yield from commands(found, f"{above}{name} ")


def test_no_command_takes_a_secret_on_its_command_line() -> None:
    assert isinstance(root, click.Group)
    found = {
        (name, str(given.name)) for name, one in commands(root) for given in one.params if str(given.name) in SECRETS
    }
    assert found == set(ON_A_SCREEN_FOR_ALL.items())
    assert {name.split()[0] for name, _ in commands(root)} == set(COMMANDS)


@pytest.mark.parametrize(
    "command", [["withdraw"], ["privacy", "access", "--to", "x.zip"], ["staff", "password", "a@b"]]
)
def test_every_command_that_needs_one_says_that_nothing_came_in(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VERTELPAAL_SECRET_KEY", "VERTELPAAL_WITHDRAWAL_KEY"):
        monkeypatch.setenv(name, "s" * 40)
    done = CliRunner().invoke(root, command, input="")
    assert isinstance(done.exception, InvalidInput)
    assert "nothing came in" in done.exception.message
    refused = CliRunner().invoke(root, [*command, SECRET])
    assert refused.exit_code == 2, "an argument too many"


def test_what_is_typed_at_a_terminal_is_not_seen() -> None:
    ours, its = os.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-c", ASK], cwd=ROOT, stdin=its, stdout=subprocess.PIPE, stderr=its, start_new_session=True
    )
    os.close(its)
    shown = b""
    while b"Code: " not in shown:
        shown += os.read(ours, 1000)
    os.write(ours, SECRET.encode() + b"\n")
    said, _ = asking.communicate(timeout=60)
    shown += os.read(ours, 1000)
    os.close(ours)
    assert int(said.split()[-1]) == len(SECRET)
    assert SECRET.encode() not in shown + said


def test_a_command_of_a_script_sends_the_line() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, input=f"{SECRET}\nmore\n", capture_output=True, text=True, check=True
    )
    assert int(asked.stdout) == len(SECRET)

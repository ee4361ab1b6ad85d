"""Secrets that a command asks for: typed unseen or read from standard input, and never given on the command line.

What stands on a command line is in the shell's history, and everybody on the machine sees it in the list of processes.
"""

from __future__ import annotations

import sys

import click

from vertelpaal.errors import InvalidInput


def ask_unseen(what: str, *, again: bool = False) -> str:
    """Return a secret: asked for unseen at a terminal, twice with `again`; else the first line of standard input.

    Raises:
        InvalidInput: there is no such line.
    """
    if sys.stdin.isatty():
        typed: str = click.prompt(what, hide_input=True, confirmation_prompt=again)
        return typed
    if line := sys.stdin.readline().rstrip("\r\n"):
        return line
    raise InvalidInput(f"{what}: nothing came in; type it when it is asked for, or send it to standard input")

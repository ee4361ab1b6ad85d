"""`vertelpaal kiosk languages`: which languages the pole can be offered in, and what the others still lack."""

from __future__ import annotations

import click

from kiosk.prompt_manifest import PROMPTS_FOLDER, missing_prompts, read_manifest
from kiosk.texts import texts, written_languages
from vertelpaal.words import Language

MOST_NAMED = 8
"""How many missing things are named one by one, unless all are asked for."""


@click.command("languages")
@click.option("--all", "name_all", is_flag=True, help="Name everything that is missing.")
def command(name_all: bool) -> None:
    """Say which languages the pole can be offered in, and what is missing in the others.

    A language is offered at the pole only when every text and every prompt exists, and the publication has it. A
    person's recordings go before the computer's voice: see docs/languages.md.
    """
    for language in written_languages():
        lacks = (*texts(language).missing, *(f"prompt {name}" for name in missing_prompts(language, PROMPTS_FOLDER)))
        click.echo(f"{language}  {texts(language).name:12} {_state(language, len(lacks))}")
        named = lacks if name_all else lacks[:MOST_NAMED]
        for one in named:
            click.echo(f"      missing: {one}")
        if len(named) < len(lacks):
            click.echo(f"      … and {len(lacks) - len(named)} more (--all names them)")


def _state(language: Language, lacking: int) -> str:
    """Say in a few words whether a language can be offered, who speaks it, and whether somebody should check it."""
    if lacking:
        return f"not offered: {lacking} missing"
    voices = {entry.voice for file, entry in read_manifest(PROMPTS_FOLDER).items() if file.startswith(f"{language}/")}
    spoken = {"espeak-ng": "the computer's voice", "person": "a person's voice"}
    check = "; not yet checked by a native speaker" if texts(language).needs_check else ""
    return f"ready, in {' and '.join(sorted(spoken[voice] for voice in voices))}{check}"

"""The command `vertelpaal models`: list, fetch, import and evaluate speech models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from models.catalog import Catalog, Model
    from models.store import InstalledModel
    from server.speech.transcriber import Transcriber
    from vertelpaal.errors import ModelError


@click.group(
    epilog="Without a speech model recordings wait; they are transcribed as soon as one is here. "
    "The model `mini` comes with the code and knows only the sample sentences."
)
def command() -> None:
    """List, fetch, import and evaluate the models that turn speech into text.

    \b
    With internet:     vertelpaal models fetch small
    Without internet:  fetch it on another machine, bring the folder here on a
                       stick, and: vertelpaal models import FOLDER
    How well it hears: vertelpaal models evaluate FOLDER
    """


@command.command("list")
def list_models() -> None:
    """Show the models of the catalogue, which are here, and which one is used."""
    from models.catalog import catalog
    from models.device import settle_device
    from models.settings import ModelSettings
    from models.store import find_installed

    settings, known = ModelSettings.load(), catalog()
    chosen = known.choose(settings.model, settle_device(settings.device))
    here = find_installed(settings.models_folder, known=known)
    click.echo(f"  {'NAME':<16}{'SIZE':>9}  {'LICENCE':<10}{'LANGUAGES':<11}STATE")
    for model in known.models:
        mark = "*" if model is chosen else " "
        spoken = known.languages_of(model)
        languages = " ".join(sorted(spoken)) if len(spoken) <= 3 else str(len(spoken))
        state = _describe(model, here.get(model.name))
        click.echo(f"{mark} {model.name:<16}{_megabytes(model.size):>9}  {model.licence:<10}{languages:<11}{state}")
    click.echo(f"\n* is used (VERTELPAAL_MODEL={settings.model}). Models lie in {settings.models_folder}.")
    if chosen.name not in here:
        click.echo(f"It is not here yet, so recordings wait. To get it: vertelpaal models fetch {chosen.name}")


def _describe(model: Model, found: InstalledModel | ModelError | None) -> str:
    """Say in a few words whether a model is here."""
    if found is None:
        return "not here"
    if isinstance(found, Exception):
        return f"damaged: {found}"
    if model.repository is None:
        return "comes with the code; knows only the sample sentences"
    return "here" if found.revision == model.revision else "here, an older revision"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


@command.command("fetch")
@click.argument("name")
@click.option("--hub", envvar="HF_ENDPOINT", help="Address of another hub with the same models [env HF_ENDPOINT].")
def fetch_model(name: str, hub: str | None) -> None:
    """Download a model; going on where an earlier try stopped.

    Every file is held against the SHA-256 of the catalogue, and the model appears only when all of it is here.
    """
    import time

    import requests

    from models.catalog import catalog
    from models.fetch import Fetcher, free_bytes
    from models.hub import Hub
    from models.settings import ModelSettings
    from models.store import place_of, verify
    from vertelpaal.errors import ModelError

    known, folder = catalog(), ModelSettings.load().models_folder
    model = known.find(name)
    found = _installed(known, model, folder)
    if found and found.revision == model.revision:
        try:
            verify(found)
        except ModelError as error:
            click.echo(f"{error}. Fetching it again.", err=True)
        else:
            click.echo(f"{name} is here already, and whole: {place_of(folder, model)}")
            return
    with requests.Session() as session, click.progressbar(length=model.size, label=name) as bar:
        fetcher = Fetcher(Hub(hub or known.hub, session), time.sleep, free_bytes)
        installed = fetcher.fetch(model, folder, bar.update, known=known)
    _tell_use(known, installed)


def _installed(known: Catalog, model: Model, folder: Path) -> InstalledModel | None:
    """Return the model if it is here and not obviously damaged."""
    from models.store import find_model
    from vertelpaal.errors import ModelError

    try:
        return find_model(folder, model.name, "cpu", known=known)
    except ModelError as error:
        click.echo(f"{error}. Fetching it again.", err=True)
        return None


@command.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", help="Which model it is; found out by itself if left out.")
def import_model(folder: Path, name: str | None) -> None:
    """Install a model from a FOLDER, for a server without internet.

    The folder holds the files as the hub has them: config.json, model.bin, tokenizer.json, a vocabulary and for the
    large models preprocessor_config.json. They are verified and copied.
    """
    from models.carry import carry
    from models.catalog import catalog
    from models.settings import ModelSettings
    from models.store import identify

    known = catalog()
    model = known.find(name) if name else identify(folder, known=known)
    with click.progressbar(length=model.size, label=model.name) as bar:
        installed = carry(folder, model, ModelSettings.load().models_folder, bar.update, known=known)
    _tell_use(known, installed)


def _tell_use(known: Catalog, installed: InstalledModel) -> None:
    """Say where the model lies, and how to have it used if it is not the one that is taken by itself."""
    click.echo(f"{installed.name} is here: {installed.folder}")
    click.echo(f"SHA-256 over its files: {installed.sha256}")
    if installed.name not in known.choice.values():
        click.echo(f"To have it used, set VERTELPAAL_MODEL={installed.name}")


@command.command("evaluate")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", help="Which model; that of VERTELPAAL_MODEL if left out.")
@click.option("--language", default="nl", show_default=True, help="The language of all recordings, as ISO 639-1 code.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of the chance behind the intervals.")
def evaluate_model(folder: Path, model: str | None, language: str, form: str, seed: int) -> None:
    """Print the word error rate of a model on a FOLDER of recordings, by group of speakers.

    Beside each recording (answer.webm, answer.wav …) lies its text, answer.txt. Groups are subfolders, or the
    table speakers.csv with the columns file, group and, if known, speaker. Ends with status 1 if a recording could not
    be read. Prints no word of what was said.
    """
    import json
    import random
    import sys

    from models.evaluate import as_json, as_table, evaluate, find_spoken

    spoken = find_spoken(folder)
    transcriber = _load(model)
    with click.progressbar(length=len(spoken), label="listening", file=sys.stderr) as bar:
        found = evaluate(spoken, transcriber, language, random.Random(seed), bar.update)  # noqa: S311 - no secret
    click.echo(json.dumps(as_json(found), indent=2) if form == "json" else "\n".join(as_table(found)))
    for reason in found.unreadable:
        click.echo(f"not counted: {reason}", err=True)
    if found.unreadable:
        click.echo(f"{len(found.unreadable)} of {len(spoken)} recordings could not be read.", err=True)
        sys.exit(1)


def _load(name: str | None) -> Transcriber:
    """Return a model, loaded: by name, or that of the settings."""
    from models.device import settle_device
    from models.settings import ModelSettings
    from models.store import find_model
    from server.speech.whisper import load_whisper
    from vertelpaal.errors import NotFound

    settings = ModelSettings.load()
    device = settle_device(settings.device)
    wanted = name or settings.model
    model = find_model(settings.models_folder, wanted, device)
    if model is None:
        raise NotFound(f"the speech model {wanted} is not here; to get it: vertelpaal models fetch NAME")
    return load_whisper(model, device)

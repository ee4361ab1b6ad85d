"""`python -m kiosk.prompts`: makes the sound of every prompt, and the manifest that says which prompt is which file.

Run when the pole is built, not when it runs: espeak-ng speaks, and PyAV (of the server's extra) packs the sound as
Opus. A library replaces any prompt by a human voice: a recording `VOICES/<language>/<prompt>.wav` (or .mp3, .ogg,
.webm …) goes before the computer's voice. What did not change since the last time is left as it is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

from kiosk.prompt_manifest import MANIFEST, PROMPTS_FOLDER, Entry, prompt_file, read_manifest, write_manifest
from kiosk.sounds import Sound, countdown, cue, read_sound, touch, write_opus
from kiosk.texts import texts, written_languages
from vertelpaal.errors import SettingsError

LONGEST_SECONDS = 10.0
_WORDS_PER_MINUTE = 150
_ESPEAK_VOICES = {"nl": "nl", "en": "en-gb", "ar": "ar", "uk": "uk", "tr": "tr", "pl": "pl", "fa": "fa"}
"""Tigrinya has none: its prompts wait for a person's voice."""
_RECIPE = "2"
"""Raise it when the way in which sounds are made changes, so that all are made again."""


@dataclass(frozen=True)
class Prompt:
    """One prompt to make: its language (or `sounds`), its name, what it says, and a person's recording if there is."""

    folder: str
    name: str
    says: str
    recording: Path | None = None

    @property
    def file(self) -> str:
        """Return the file's place inside the folder of prompts."""
        return prompt_file(self.folder, self.name)

    @property
    def made_from(self) -> str:
        """Return a hash of everything that the sound is made from."""
        source = self.recording.read_bytes() if self.recording else self.says.encode()
        recipe = f"{_RECIPE}:{self.folder}/{self.name}:{_WORDS_PER_MINUTE}:{bool(self.recording)}:"
        return hashlib.sha256(recipe.encode() + source).hexdigest()


def wanted_prompts(voices: Path | None) -> Iterator[Prompt]:
    """Yield every prompt that a person or the computer can speak, and the sounds without words."""
    for language in written_languages():
        for name, says in texts(language).prompts.items():
            recording = _recording(voices, language, name)
            if recording or language in _ESPEAK_VOICES:
                yield Prompt(language, name, says, recording)
    for name in ("touch", "cue"):
        yield Prompt("sounds", name, "", _recording(voices, "sounds", name))


def make_prompts(folder: Path, voices: Path | None = None) -> tuple[int, int]:
    """Make what is missing or changed, remove what is no longer wanted; return how many were made and how many stay.

    Raises:
        SettingsError: espeak-ng is missing, or a prompt is longer than a visitor listens.
    """
    known = read_manifest(folder)
    wanted = list(wanted_prompts(voices))
    missing = [prompt for prompt in wanted if not _is_there(prompt, folder, known)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # nearly all of it is in espeak-ng and in the encoder
        made = {entry.file: entry for entry in pool.map(lambda prompt: _make(prompt, folder), missing)}
    manifest = {prompt.file: made.get(prompt.file) or known[prompt.file] for prompt in wanted}
    for path in folder.glob("*/*.webm"):
        if path.relative_to(folder).as_posix() not in manifest:
            path.unlink()
    write_manifest(folder, manifest)
    return len(made), len(manifest) - len(made)


def speak(says: str, language: str) -> Sound:
    """Return a text as the computer's voice speaks it.

    Raises:
        SettingsError: espeak-ng is missing or refuses.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        raise SettingsError("espeak-ng is missing, and it speaks the prompts: install it with `apt install espeak-ng`")
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch) / "speech.wav"
        command = [program, "-v", _ESPEAK_VOICES[language], "-s", str(_WORDS_PER_MINUTE), "-w", str(wav), "--", says]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        if told.returncode != 0:
            raise SettingsError(f"espeak-ng could not speak {says!r} in {language}: {told.stderr.strip()}")
        return read_sound(wav)


def _is_there(prompt: Prompt, folder: Path, known: dict[str, Entry]) -> bool:
    entry = known.get(prompt.file)
    return entry is not None and entry.made_from == prompt.made_from and (folder / prompt.file).is_file()


def _make(prompt: Prompt, folder: Path) -> Entry:
    if prompt.recording is not None:
        sound, voice = read_sound(prompt.recording), "person"
    elif prompt.folder == "sounds":
        sound, voice = {"touch": touch, "cue": cue}[prompt.name](), "none"
    elif prompt.name == "countdown":
        counts = [speak(word, prompt.folder) for word in prompt.says.split()]
        sound, voice = countdown(counts), "espeak-ng"
    else:
        sound, voice = speak(prompt.says, prompt.folder), "espeak-ng"
    if sound.seconds > LONGEST_SECONDS:
        raise SettingsError(f"{prompt.file} takes {sound.seconds:.1f} s; a prompt is at most {LONGEST_SECONDS:.0f} s")
    path = folder / prompt.file
    path.parent.mkdir(parents=True, exist_ok=True)
    write_opus(sound, path)
    return Entry(prompt.file, prompt.says, voice, round(sound.seconds, 2), prompt.made_from)


def _recording(voices: Path | None, folder: str, name: str) -> Path | None:
    if voices is None:
        return None
    return next(iter(sorted((voices / folder).glob(f"{name}.*"))), None)


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=PROMPTS_FOLDER, help="Where the prompts go.")
@click.option(
    "--voices",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with recordings of a person, <language>/<prompt>.wav, that go before the computer's voice.",
)
def main(folder: Path, voices: Path | None) -> None:
    """Make the spoken prompts of the pole."""
    try:
        made, stayed = make_prompts(folder, voices)
    except SettingsError as error:
        raise click.ClickException(error.message) from None
    click.echo(f"{made} prompts made, {stayed} were there already: {folder / MANIFEST}")


if __name__ == "__main__":
    main()

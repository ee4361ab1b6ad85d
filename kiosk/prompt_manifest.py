"""The manifest of the prompts: which prompt is which file, who speaks it, and what a language still lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from kiosk.texts import texts, written_languages
from vertelpaal.words import Language

PROMPTS_FOLDER = Path(__file__).parent.parent / "build" / "prompts"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Entry:
    """What the manifest says of a prompt; `voice` is `espeak-ng`, `person` or, for a sound without words, `none`."""

    file: str
    says: str
    voice: str
    seconds: float
    made_from: str


def prompt_file(folder: str, name: str) -> str:
    """Return a prompt's place inside the folder of prompts; folder is a language, or `sounds`."""
    return f"{folder}/{name}.webm"


def read_manifest(folder: Path) -> dict[str, Entry]:
    """Return the manifest by file; empty when there is none yet, or one of an earlier form."""
    try:
        entries = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {file: Entry(**entry) for file, entry in entries.items()}
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def write_manifest(folder: Path, manifest: Mapping[str, Entry]) -> None:
    """Write the manifest, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = {file: asdict(entry) for file, entry in sorted(manifest.items())}
    draft = folder / f"{MANIFEST}.new"
    draft.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draft.replace(folder / MANIFEST)


def missing_prompts(language: Language, folder: Path) -> tuple[str, ...]:
    """Return the prompts that have no sound in this language, or one of an older text."""
    return _missing(language, folder, read_manifest(folder))


def speakable_languages(folder: Path) -> tuple[Language, ...]:
    """Return the languages in which the pole can be offered: every text is there, and every prompt."""
    manifest = read_manifest(folder)
    return tuple(
        language
        for language in written_languages()
        if not texts(language).missing and not _missing(language, folder, manifest)
    )


def _missing(language: Language, folder: Path, manifest: Mapping[str, Entry]) -> tuple[str, ...]:
    return tuple(
        name
        for name, says in texts(language).prompts.items()
        if (entry := manifest.get(prompt_file(language, name))) is None
        or entry.says != says
        or not (folder / entry.file).is_file()
    )

"""Makers of what a live pole needs: its home, a publication with real files, sounds to speak, words to type."""

from __future__ import annotations

import hashlib
import random
import string
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
from pyrage import x25519

from kiosk.app import BUILD
from kiosk.examples import ACTIVITY, CAPTIONS, FILM, SOUND, WHEN, example_publication
from kiosk.gallery import draw_film
from kiosk.shelf import Shelf, Token
from tests.media import create_webm
from tests.sound import RATE
from vertelpaal.assignment import Activity, Assignment
from vertelpaal.identifiers import new_id
from vertelpaal.publication import Publication
from vertelpaal.visit import Recording, Way

SECOND_OPEN = UUID(int=200)
TOKEN_LETTERS = 14


@dataclass(frozen=True)
class Files:
    """The files that a publication needs, by the stand-in that the examples have for each."""

    by_stand_in: Mapping[str, bytes]

    def shelved(self, publication: Publication) -> Publication:
        """Return a publication of the examples with the hashes of real files."""
        text = publication.to_json()
        for stand_in, data in self.by_stand_in.items():
            text = text.replace(stand_in, hashlib.sha256(data).hexdigest())
        return Publication.from_json(text)


def create_files(folder: Path) -> Files:
    """Draw a second of film, and take captions and a sound to go with it."""
    film = folder / "film.webm"
    draw_film(film)
    sound = BUILD / "prompts" / "nl" / "label-yes.webm"
    return Files({FILM: film.read_bytes(), CAPTIONS: b"WEBVTT\n", SOUND: sound.read_bytes()})


def create_talk() -> Publication:
    """Return a questionnaire of a smiley and two open questions: one to type in, one to speak."""
    publication = example_publication()
    smiley, *_, first_open = publication.questions
    second_open = first_open.model_copy(update={"id": SECOND_OPEN})
    return publication.model_copy(update={"questions": (smiley, first_open, second_open)})


def create_activity() -> Activity:
    """Return an activity that goes on for as long as a test may jump ahead."""
    return ACTIVITY.model_copy(update={"ends_at": WHEN + timedelta(days=365)})


def create_home(
    home: Path, publication: Publication, files: Files, activities: tuple[Activity, ...] = ()
) -> x25519.Identity:
    """Prepare the folder of a paired pole that has all it needs; return the library's private key."""
    identity = x25519.Identity.generate()
    shelf = Shelf(home / "kiosk")
    pole = new_id()
    shelf.keep_token(Token(kiosk_id=pole, token="of no value"))
    shelf.keep_assignment(
        Assignment(
            kiosk_id=pole,
            branch="Roden",
            publication=publication.number,
            publication_sha256=publication.sha256,
            public_key=str(identity.to_public()),
            public_url="https://bieb.example",
            activities=activities,
            server_time=WHEN,
        )
    )
    for data in files.by_stand_in.values():
        shelf.file(hashlib.sha256(data).hexdigest()).write_bytes(data)
    shelf.keep_publication(publication)
    return identity


def create_token(rng: random.Random) -> str:
    """Return a word that nobody says: a capital and lower-case letters, as the keyboard begins."""
    letters = rng.choices(string.ascii_lowercase, k=TOKEN_LETTERS)
    return letters[0].upper() + "".join(letters[1:])


def create_noise(target: Path, seed: int, seconds: float = 20.0) -> Path:
    """Write noise that rises and falls like speech, so that the browser does not take it for a hum and remove it."""
    random_numbers = np.random.default_rng(seed)
    times = np.arange(int(seconds * RATE)) / RATE
    syllables = np.abs(np.sin(2 * np.pi * 3.1 * times)) * (np.sin(2 * np.pi * 0.7 * times) > -0.6)
    samples = random_numbers.normal(0, 0.25, len(times)) * syllables
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return target


def create_take(take: UUID, way: Way) -> tuple[Recording, bytes]:
    """Return a recording that plays, under a given id."""
    data = create_webm(2.0, "libvpx" if way is Way.VIDEO else None)
    recording = Recording(
        id=take,
        way=Way.VIDEO if way is Way.VIDEO else Way.VOICE,
        media_type="video/webm" if way is Way.VIDEO else "audio/webm",
        seconds=2.0,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return recording, data

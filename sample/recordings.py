"""Recordings: what a sample visitor says, as the Chromium of a pole records it: live WebM, no duration, no cues."""

from __future__ import annotations

import hashlib
import io
import math
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import av
import numpy as np

import sample
from sample.faces import MOUTHS, draw_by_chance, photograph
from sample.film import H264, write_film
from sample.narration import mouth_levels
from sample.speech import RATE, Sound, hear, speak
from vertelpaal.durable import write_durably
from vertelpaal.visit import Way

if TYPE_CHECKING:
    from sample.drawing import Pixels

_VOICES = ("nl", "nl+m1", "nl+m2", "nl+m3", "nl+m4", "nl+f1", "nl+f2", "nl+f3", "nl+f4", "nl+linda", "nl+steph")
_LIVE = {"live": "1", "cluster_time_limit": "1000"}
"""Written as it comes: no duration and no cues are filled in at the end."""
_SEGMENT = b"\x18\x53\x80\x67"
_WEBM_HEADER = bytes.fromhex("1a45dfa39f 42868101 42f78101 42f28104 42f38108 4282847765626d 42878104 42858102")
"""An EBML header of document type webm; Chromium names its recordings so, also when they hold H.264."""
_DARKNESS = 0.05
_MADE_BY = ("drawing", "faces", "film", "narration", "recordings", "speech")


@dataclass(frozen=True)
class RecordingOrder:
    """A recording to make: who says it follows from the seed."""

    sentence: str
    way: Literal[Way.VOICE, Way.VIDEO]
    seed: int
    dark: bool = False


def voice_recording(sentence: str, rng: random.Random) -> bytes:
    """Return a spoken sentence as `audio/webm` with Opus, in a voice drawn by chance.

    Raises:
        SettingsError: espeak-ng is missing.
    """
    stream = io.BytesIO()
    write_film(stream, _say(sentence, rng), options=_LIVE)
    return stream.getvalue()


def video_recording(sentence: str, rng: random.Random, *, dark: bool = False) -> bytes:
    """Return a spoken sentence as `video/webm` with H.264 and Opus, 640 × 480; `dark` as in a hall without light.

    Raises:
        SettingsError: espeak-ng is missing.
    """
    sound = _say(sentence, rng)
    stream = io.BytesIO()
    frames = _act(sound, rng, light=_DARKNESS if dark else 1.0)
    write_film(stream, sound, frames, H264, container="matroska", options=_LIVE)
    written = stream.getvalue()
    return _WEBM_HEADER + written[written.index(_SEGMENT) :]


def seconds_of(recording: bytes) -> float:
    """Return how long a recording lasts; its packets say so, for its header does not."""
    with av.open(io.BytesIO(recording), "r") as container:
        ends = [
            (packet.pts + (packet.duration or 0)) * packet.time_base
            for packet in container.demux(audio=0)
            if packet.pts is not None and packet.time_base is not None
        ]
    return round(float(max(ends)), 3)


def make_recordings(orders: Sequence[RecordingOrder], folder: Path) -> dict[RecordingOrder, bytes]:
    """Make recordings in as many processes as there are processors; what is in the folder is not made again.

    Raises:
        SettingsError: espeak-ng is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {order: folder / _file_name(order) for order in orders}
    waiting = [(order, file) for order, file in files.items() if not file.exists()]
    if waiting:
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            list(pool.map(_make, *zip(*waiting, strict=True), chunksize=4))
    return {order: file.read_bytes() for order, file in files.items()}


def _make(order: RecordingOrder, file: Path) -> None:
    rng = random.Random(order.seed)  # noqa: S311  # the same visitor each time
    if order.way is Way.VOICE:
        recording = voice_recording(order.sentence, rng)
    else:
        recording = video_recording(order.sentence, rng, dark=order.dark)
    write_durably(file, lambda target: target.write(recording))


def _say(sentence: str, rng: random.Random) -> Sound:
    """Speak as a visitor does: a moment of waiting, the sentence, a moment before touching stop; a hall that hums."""
    with TemporaryDirectory() as folder:
        target = Path(folder) / "sentence.wav"
        speak(sentence, target, voice=rng.choice(_VOICES), speed=rng.randint(120, 170), pitch=rng.randint(30, 70))
        spoken = hear(target).trimmed().samples
    before, after = round(rng.uniform(0.4, 0.7) * RATE), round(rng.uniform(0.5, 0.9) * RATE)
    whole = np.pad(spoken / np.abs(spoken).max() * rng.uniform(0.5, 0.8), (before, after))
    hum = np.random.default_rng(rng.getrandbits(32)).normal(0, 0.0008, len(whole))
    return Sound((whole + hum).astype(np.float32))


def _act(sound: Sound, rng: random.Random, *, light: float) -> Iterator[Pixels]:
    face, blinks_at = draw_by_chance(rng), rng.randint(4, 20)

    @cache
    def seen(mouth: int, blink: bool) -> Pixels:
        return (photograph(face, mouth, blink=blink) * light).astype(np.uint8)

    for number, mouth in enumerate(mouth_levels(sound, H264.rate, MOUTHS)):
        sway = round(3 * math.sin(number / 7))
        yield np.roll(seen(mouth, number % 32 in (blinks_at, blinks_at + 1)), sway, axis=1)


def _file_name(order: RecordingOrder) -> str:
    content = f"{order!r}\n{_made_by()}"
    return f"recording-{order.way}-{hashlib.sha256(content.encode()).hexdigest()[:24]}.webm"


@cache
def _made_by() -> str:
    """Return a hash of everything but the order that decides how a recording looks and sounds."""
    home = Path(sample.__file__).parent
    return hashlib.sha256(b"".join((home / f"{module}.py").read_bytes() for module in _MADE_BY)).hexdigest()

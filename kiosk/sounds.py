"""Sounds as samples: reading speech, joining it with silence and tones, and packing it as Opus for the browser."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from kiosk.waits import COUNTDOWN_SECONDS
from vertelpaal.errors import SettingsError

RATE = 48000
"""Samples a second, as Opus wants them."""
_BITRATE = 32000
_PEAK = 32767


@dataclass(frozen=True)
class Sound:
    """One channel of 16-bit samples at RATE."""

    samples: array[int]

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return len(self.samples) / RATE


def read_sound(path: Path) -> Sound:
    """Return the sound of a file of any form that PyAV reads, without the silence around it.

    Raises:
        SettingsError: the file holds no sound.
    """
    samples = array("h")
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(audio=0):
                for part in resampler.resample(frame):
                    samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
    except (av.FFmpegError, IndexError) as error:
        raise SettingsError(f"{path} holds no sound that can be read: {error}") from None
    return Sound(_without_silence(samples))


def countdown(counts: Sequence[Sound]) -> Sound:
    """Return the words of a countdown, evenly over its seconds, with a beep at the end."""
    length = round(COUNTDOWN_SECONDS * RATE)
    beep = tone(880, 0.16).samples
    mixed = array("h", bytes(2 * length))
    for place, count in enumerate(counts):
        start = place * length // len(counts)
        room = (length - len(beep)) if place == len(counts) - 1 else (place + 1) * length // len(counts)
        word = count.samples[: room - start]
        mixed[start : start + len(word)] = word
    mixed[length - len(beep) :] = beep
    return Sound(mixed)


def touch() -> Sound:
    """Return the tick that answers a touch."""
    return tone(520, 0.05, loudness=0.25)


def cue() -> Sound:
    """Return the two soft tones that tell that ten seconds are left."""
    pause = array("h", bytes(2 * (RATE // 20)))
    return Sound(tone(660, 0.12, loudness=0.2).samples + pause + tone(550, 0.16, loudness=0.2).samples)


def tone(hertz: float, seconds: float, loudness: float = 0.35) -> Sound:
    """Return a sine that swells and fades, so that it does not click."""
    length = round(seconds * RATE)
    return Sound(
        array(
            "h",
            (
                round(_PEAK * loudness * math.sin(math.pi * at / length) * math.sin(2 * math.pi * hertz * at / RATE))
                for at in range(length)
            ),
        )
    )


def write_opus(sound: Sound, path: Path) -> None:
    """Write the sound as Opus in WebM, whole or not at all."""
    draft = path.with_suffix(".new")
    with av.open(str(draft), "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono", bit_rate=_BITRATE)
        frame = AudioFrame(format="s16", layout="mono", samples=len(sound.samples))
        frame.planes[0].update(sound.samples.tobytes())
        frame.sample_rate = RATE
        frame.pts = 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    draft.replace(path)


def _without_silence(samples: array[int]) -> array[int]:
    """Cut what is nearly silent at both ends, and leave a breath of 50 ms: speech must begin at once."""
    heard = [at for at in range(0, len(samples), 48) if abs(samples[at]) > _PEAK // 200]
    if not heard:
        return samples
    breath = RATE // 20
    return samples[max(0, heard[0] - breath) : heard[-1] + breath]

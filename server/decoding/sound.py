"""The sound of a recording as samples; runs only in the child process of `server.decoding.child`."""

from __future__ import annotations

import av

from server.decoding.child import Done
from server.decoding.containers import DECODERS, DECODING_ERRORS, open_recording
from vertelpaal.errors import InvalidMedia

RATE = 16_000
SAMPLE_BYTES = 2
MAX_SECONDS = 600


def hear(recording: bytes) -> Done:
    """Give the first sound track as signed 16-bit little-endian samples, one channel, 16,000 a second; or nothing."""
    try:
        return Done({}, (bytes(_samples(recording)),))
    except DECODING_ERRORS as error:
        raise InvalidMedia(f"cannot be decoded: {type(error).__name__}") from error


def _samples(recording: bytes) -> bytearray:
    samples = bytearray()
    with open_recording(recording) as container:
        if not container.streams.audio:
            return samples
        decoder = container.streams.audio[0].codec_context
        if decoder is None or decoder.name not in DECODERS:
            raise InvalidMedia("its sound is of a kind that is not decoded here")
        decoder.thread_count = 1
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        for frame in container.decode(audio=0):
            frame.pts = None  # a browser's first timestamps may run backwards; the order of frames is right
            _append(samples, resampler.resample(frame))
        _append(samples, resampler.resample(None))
    return samples


def _append(samples: bytearray, frames: list[av.AudioFrame]) -> None:
    for frame in frames:
        samples += memoryview(frame.planes[0])[: frame.samples * SAMPLE_BYTES]
    if len(samples) > MAX_SECONDS * RATE * SAMPLE_BYTES:
        raise InvalidMedia(f"lasts longer than {MAX_SECONDS} seconds")

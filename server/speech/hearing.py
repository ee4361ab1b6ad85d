"""Hearing: the sound of a recording as samples, decoded behind the wall (`server.decoding`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.decoding.decoder import Decoder
from vertelpaal.errors import InvalidMedia

RATE = 16_000
MAX_SECONDS = 600
_SAMPLE_BYTES = 2

Samples = NDArray[np.float32]
"""One channel, 16,000 a second, from -1 to 1."""

Hearing = Callable[[Path], Samples]


@dataclass(frozen=True)
class ChildHearing:
    """Decodes sound in a child process; nothing of what is said touches the disk."""

    decoder: Decoder = field(default_factory=Decoder)
    max_seconds: float = MAX_SECONDS

    def __call__(self, media: Path) -> Samples:
        """Return the sound of a recording; empty if it has no sound track.

        Raises:
            InvalidMedia: it is no recording, lasts too long, or needs more than the limits.
            NoSafeDecoding: this machine has no wall to decode behind.
            Interrupted: somebody else ended the decoder, or it got no time.
        """
        if not media.is_file():
            raise InvalidMedia(f"{media.name}: there is no such file")
        try:
            raw = b"".join(self.decoder.decode("hear", media).parts)
        except InvalidMedia as error:
            raise InvalidMedia(f"{media.name}: {error.message}") from error
        if len(raw) > self.max_seconds * RATE * _SAMPLE_BYTES:
            raise InvalidMedia(f"{media.name}: lasts longer than {self.max_seconds:g} seconds")
        whole = len(raw) - len(raw) % _SAMPLE_BYTES
        return np.frombuffer(raw[:whole], dtype="<i2").astype(np.float32) / np.float32(32768)

"""A recording is inspected and remuxed behind the wall (`server.decoding`); this takes what comes back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from server.decoding.decoder import Decoded, Decoder
from vertelpaal.errors import InvalidMedia, StorageFull

_KINDS = {"mp4": ("video/mp4", "mp4"), "webm": ("video/webm", "webm"), "audio": ("audio/webm", "webm")}
"""What the child may say it made: its media type and the end of its name."""
_BEGINNINGS = {"mp4": (4, b"ftyp"), "webm": (0, b"\x1aE\xdf\xa3"), "jpg": (0, b"\xff\xd8\xff")}
"""Where a file of each kind has which bytes, so that nothing else is ever handed to a browser under its name."""


@dataclass(frozen=True)
class RemuxedMedia:
    """What a recording is after inspection. `seconds` is measured, not declared; `too_dark` is None for voice."""

    file: Path
    media_type: str
    seconds: float
    poster: Path | None
    video_codec: str | None
    width: int | None
    height: int | None
    too_dark: bool | None


def inspect_and_remux(
    source: Path, folder: Path, name: str, declared_seconds: float, decoder: Decoder | None = None
) -> RemuxedMedia:
    """Check a recording and write it anew into `folder` as `name`.mp4 or `name`.webm, with a poster of a video.

    Raises:
        InvalidMedia: it is no recording, or it needs more than the limits; nothing of it is left in `folder`.
        NoSafeDecoding: this machine has no wall to decode behind; the same.
        Interrupted: somebody else ended the decoder, or it got no time; the same.
        StorageFull: there is no room for it now; the same.
    """
    decoded = (decoder or Decoder()).decode("remux", source)
    remuxed = _read(decoded, folder, name)
    _check_length(remuxed.seconds, declared_seconds)
    written = [file for file in (remuxed.file, remuxed.poster) if file is not None]
    try:
        for file, data in zip(written, decoded.parts, strict=True):
            file.unlink(missing_ok=True)  # of an earlier try: a name that a failed sync lost comes only with a new file
            file.write_bytes(data)
    except OSError as error:
        for half in written:
            half.unlink(missing_ok=True)
        raise StorageFull("no room to keep a recording") from error
    return remuxed


def _read(decoded: Decoded, folder: Path, name: str) -> RemuxedMedia:
    """Read what the child said; a child that was taken over can only lie within these types."""
    told = decoded.told
    try:
        media_type, suffix = _KINDS[told["container"]]
        has_poster = told["container"] != "audio"
        suffixes = [suffix, "jpg"] if has_poster else [suffix]
        for data, ending in zip(decoded.parts, suffixes, strict=True):
            offset, beginning = _BEGINNINGS[ending]
            if data[offset : offset + len(beginning)] != beginning:
                raise InvalidMedia("the decoder made something else than it should")
        return RemuxedMedia(
            file=folder / f"{name}.{suffix}",
            media_type=media_type,
            seconds=float(told["seconds"]),
            poster=folder / f"{name}.jpg" if has_poster else None,
            video_codec=str(told["video_codec"])[:16] if has_poster else None,
            width=int(told["width"]) if has_poster else None,
            height=int(told["height"]) if has_poster else None,
            too_dark=bool(told["too_dark"]) if has_poster else None,
        )
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise InvalidMedia("the decoder said something else than it should") from error


def _check_length(measured: float, declared: float) -> None:
    """A file that ends well before what the pole recorded is truncated."""
    if not math.isfinite(measured) or measured < declared * 0.7 - 1.5:
        raise InvalidMedia(f"truncated: it ends after {measured:.1f} of {declared:.1f} seconds")

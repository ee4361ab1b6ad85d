"""Captions: WebVTT that shows each sentence while it is spoken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Cue:
    """A sentence, and from when to when it stands on the screen, in seconds."""

    start: float
    end: float
    text: str


def write_captions(cues: Iterable[Cue]) -> str:
    """Return cues as WebVTT (W3C, 2019)."""
    blocks = [f"{_timestamp(cue.start)} --> {_timestamp(cue.end)}\n{_escaped(cue.text)}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def _timestamp(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

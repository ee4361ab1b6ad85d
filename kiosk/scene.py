"""What the screen is told: which screen, in which language, what to say, and what camera and microphone do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from kiosk.journey import Journey, Screen
from kiosk.offers import actions
from kiosk.waits import RECORDING_SECONDS
from vertelpaal.visit import Way
from vertelpaal.words import RIGHT_TO_LEFT, Language

Phase = Literal["preview", "countdown", "record", "stop"]

_PHASES: dict[Screen, Phase] = {
    Screen.READY: "preview",
    Screen.COUNTDOWN: "countdown",
    Screen.RECORDING: "record",
}


@dataclass(frozen=True)
class Capture:
    """What camera and microphone do now; absent means that every track is stopped."""

    way: Literal[Way.VOICE, Way.VIDEO]
    phase: Phase
    take: str | None
    max_seconds: float


@dataclass(frozen=True)
class Scene:
    """One message `show`. `html` is what stands inside the main element; `prompt` is the sound that says it."""

    serial: int
    screen: Screen
    language: Language
    direction: Literal["ltr", "rtl"]
    actions: tuple[str, ...]
    html: str
    prompt: str | None
    capture: Capture | None
    volume: int

    def to_message(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def capture_of(journey: Journey) -> Capture | None:
    """Return what camera and microphone do now: nothing outside preview, countdown and recording."""
    phase = _PHASES.get(journey.screen)
    if phase is None or journey.way is None or journey.way is Way.TEXT:
        return None
    if journey.stopping:
        phase = "stop"
    take = str(journey.take) if journey.take else None
    return Capture(journey.way, phase, take, RECORDING_SECONDS)


def make_scene(journey: Journey, serial: int, html: str, prompt: str | None) -> Scene:
    """Return the scene of where the journey is."""
    return Scene(
        serial=serial,
        screen=journey.screen,
        language=journey.language,
        direction="rtl" if journey.language in RIGHT_TO_LEFT else "ltr",
        actions=actions(journey),
        html=html,
        prompt=prompt,
        capture=capture_of(journey),
        volume=journey.volume,
    )

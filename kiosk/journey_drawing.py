"""The drawing of the journey in docs/journey.md, made from the code: `python -m kiosk.journey_drawing`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from kiosk.journey import Screen
from kiosk.touches import TOUCHES
from kiosk.waits import (
    AWAY_SECONDS,
    COUNTDOWN_SECONDS,
    IDLE_SECONDS,
    RECORDING_SECONDS,
    SAVING_SECONDS,
    THANKS_SECONDS,
    WARNING_SECONDS,
)

TARGET = Path(__file__).parent.parent / "docs" / "journey.md"
EVERYWHERE = frozenset({"leave", "more-time", "repeat", "help", "volume"})
"""Touches that are on every screen of a visit; they would hide the drawing."""

TIMES = f"""\
| on | after | happens |
|---|---|---|
| every screen of a visit | {IDLE_SECONDS:g} s without a touch or anything playing | `warning` |
| the same | {AWAY_SECONDS:g} s of it, when presence sees nobody there | `warning` |
| `thanks` | {THANKS_SECONDS:g} s in the same way | `warning` |
| `warning` | {WARNING_SECONDS:g} s | the visit ends, taps only, `attract` |
| `countdown` | {COUNTDOWN_SECONDS:g} s | `recording` |
| `recording` | {RECORDING_SECONDS:g} s | the recording stops, `playback` |
| `question` that is open | the end of its video | `way` |
| `saving` | the envelope is on the disk, synced | `thanks` |
| `saving` | it could not be put there, or {SAVING_SECONDS:g} s | `closed` |
| `attract`, or the end of a visit | the server does not know the pole | `waiting`, with a code |
| `ready`, `countdown`, `recording` | camera or microphone is lost | `way`, saying so, without what is lost |
| `countdown`, `recording` | the browser is reloaded | `way`, saying so |
| `ready`, `playback` | the microphone hears nothing | says so, and offers to type |
| `attract` | the disk is full | `closed` until there is room |
"""


def draw() -> str:
    """Return the document: a state diagram of every touch, and a table of what time and devices do."""
    edges: dict[tuple[Screen, Screen], list[str]] = defaultdict(list)
    edges[Screen.LANGUAGE, Screen.QUESTION] = ["language"]
    for rule in TOUCHES:
        if rule.verb in EVERYWHERE:
            continue
        if rule.verb in ("language", "back") and Screen.LANGUAGE in (*rule.screens, *rule.to):
            continue  # from everywhere, and back to there
        for screen in rule.screens:
            for target in rule.to:
                edges[screen, target].append(rule.verb)
    lines = [f"    {a} --> {b}: {', '.join(sorted(set(verbs)))}" for (a, b), verbs in edges.items()]
    return "\n".join(
        [
            "# The journey of a visit",
            "",
            "Made from the code by `python -m kiosk.journey_drawing`; a test fails when it is out of date. An arrow is",
            "a touch by the first word of its `data-action`. On every screen of a visit `repeat` says it again, `help`",
            "names every control, `volume` is the next of four, and `leave` ends the visit with its taps only;",
            "`more-time` goes back from `warning`, and choosing a language to where one came from.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            "    [*] --> attract",
            *lines,
            "```",
            "",
            "## What time and devices do",
            "",
            TIMES.rstrip(),
            "",
        ]
    )


if __name__ == "__main__":
    TARGET.write_text(draw(), encoding="utf-8")

"""`python -m kiosk.screens_page`: docs/screens.md, which shows every screen of the pole, and its pictures.

The page is made from the examples and the Dutch catalogue; a test fails when it is out of date.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from kiosk.examples import example_journeys
from kiosk.gallery import Picture, draw
from kiosk.journey import Journey, Screen
from kiosk.stage import Surroundings, render, sentence
from kiosk.texts import texts
from vertelpaal.words import Language

TARGET = Path(__file__).parent.parent / "docs" / "screens.md"
FOLDER = TARGET.parent / "pictures" / "screens"
SCALE = 0.3
A_ROW = 4
MAIN = (
    *("language", "question-smiley", "question-choice", "question-yes-no", "question-number", "question-open"),
    *("way", "ready-video", "recording-video", "playback-video", "recording-voice", "text", "activity-typed", "thanks"),
)
"""Screens that are pictured on a pole that lies as well, and in a script from right to left."""
STORY: dict[str, dict[str, str]] = {
    "Before a visit": {
        "waiting": "The pole has no questions yet; staff type its code in the admin.",
        "attract": "It waits for somebody. One touch anywhere begins.",
        "closed-full": "The disk is full: what was kept is safe, and there is no room for another visit.",
    },
    "The language": {
        "language": "The visitor chooses a language; each is named in its own words.",
        "language-again": "From any later screen, by `language` in the bar; it goes back to where it came from.",
    },
    "The questions": {
        "question-smiley": "Five faces, worst to best.",
        "question-choice": "One of at most five choices.",
        "question-many-choices": "More than five choices come in pages; `more` shows the next.",
        "question-yes-no": "Yes or no. This question has no film; it has a sound.",
        "question-number": "A mark from 0 to 10, each a glass filled as high.",
        "question-open": "Tell us more. When the film has ended it goes on by itself.",
    },
    "The way to answer": {
        "way": "Voice, film or typing: all are equal, and what does not work now is not offered.",
        "way-camera": "The camera failed; it is not offered again in this visit.",
        "way-microphone": "The microphone failed; typing is left.",
        "way-too-long": "The recording grew too large and was dropped.",
        "way-interrupted": "The screen was started anew while somebody recorded; the recording is gone.",
        "way-deleted": "The visitor threw the recording away.",
        "age": "Before a camera or microphone opens; the answer also counts as the age of the profile.",
        "notice-under-16": "Under 16 there are taps only.",
    },
    "By voice": {
        "notice-voice": "What will happen, and a yes before the microphone opens.",
        "ready-voice": "The microphone is open, and the bars show how loud it is. Nothing is kept yet.",
        "ready-voice-silent": "For six seconds nothing was heard; typing is offered.",
        "countdown-voice": "Three, two, one, and a beep.",
        "recording-voice": "The ring empties in 60 seconds; a sound tells the last ten. `stop` ends it sooner.",
        "stopping-voice": "The last piece arrives.",
        "playback-voice": "`play` plays it. Keep it, do it again, or throw it away.",
        "playback-voice-silent": "Nothing was heard in the recording: doing it again comes first.",
    },
    "On film": {
        "notice-video": "What will happen, and a yes before the camera opens.",
        "ready-video": "The visitor sees the picture as in a mirror. Nothing is kept yet.",
        "ready-video-silent": "For six seconds nothing was heard; typing is offered.",
        "countdown-video": "Three, two, one, and a beep.",
        "recording-video": "A red edge and the ring say that it records.",
        "stopping-video": "The last piece arrives.",
        "playback-video": "`play` plays it. Keep it, do it again, or throw it away.",
        "playback-video-silent": "Nothing was heard in the recording: doing it again comes first.",
    },
    "In writing": {
        "text": "A keyboard in the visitor's script; `keep` works once something is typed.",
    },
    "Consent, a purpose a screen": {
        "consent-review": "Without a yes here only the taps are kept, and nothing more is asked.",
        "consent-quote": "May words stand in a report?",
        "consent-show": "May others see or hear it?",
        "consent-show-voice": "May others hear it? Asked of who answered by voice alone.",
    },
    "About the visitor": {
        "profile-member": "Asked at the end, and `skip` is an answer.",
        "profile-age": "Only who did not say it before is asked.",
        "profile-activity": "Only while something goes on in this branch.",
        "activity": "Three digits, which whoever leads the activity shows.",
        "activity-typed": "The last digit can be wiped out; the third ends it.",
        "activity-unknown-code": "No activity of this branch has that code now.",
    },
    "The end": {
        "saving": "The visit is sealed and put on the disk.",
        "thanks": "Only when it is on the disk. Pictures or code erase what was told, at the desk or at home.",
        "closed": "It could not be put on the disk; nothing was promised.",
        "warning": "After 30 seconds without a touch; after 20 more the visit ends, and only its taps are kept.",
    },
}
"""What happens on each example screen, in the order of a visit."""
_INTRODUCTION = """\
# The screens of the pole

Every screen that a visitor can meet, in the order of a visit. Page and pictures are made by one command,
`python -m kiosk.screens_page`; the questions are an example, the film and the camera are drawn. Beneath each picture
stands what happens there and, in Dutch, what is said at once. While it speaks, what is named lights up; a touch
silences it. The bar has its places on every screen of a visit: leave, back, language, volume, help, repeat, and skip
or play. [The journey](journey.md) tells how one leads to another, and `python -m kiosk.gallery FOLDER` pictures them
all in full size, in any language.
"""
_ALSO: tuple[tuple[str, str, Language], ...] = (
    ("On a pole that lies", "landscape", "nl"),
    ("From right to left, in Arabic", "portrait", "ar"),
)


def make_page() -> str:
    """Return the page."""
    journeys = example_journeys("nl")
    parts = [_INTRODUCTION]
    for title, screens in STORY.items():
        parts.append(f"## {title}\n")
        cells = [(name, f"{tale}<br>{_said(journeys[name])}") for name, tale in screens.items()]
        parts += _tables([(name, _picture(name, "nl", "portrait"), text) for name, text in cells])
    for title, size, language in _ALSO:
        parts.append(f"## {title}\n")
        parts += _tables([(name, _picture(name, language, size), "") for name in MAIN])
    return "\n".join(parts)


def pictures() -> list[Picture]:
    """Return the pictures that the page shows."""
    every: list[tuple[str, str, Language]] = [(name, "portrait", "nl") for names in STORY.values() for name in names]
    every += [(name, size, language) for _, size, language in _ALSO for name in MAIN]
    return [Picture(name, language, size, _file(name, language, size)) for name, size, language in every]


def _tables(cells: list[tuple[str, str, str]]) -> Iterator[str]:
    """Yield tables of a few screens beside each other: name, picture, text."""
    for start in range(0, len(cells), A_ROW):
        names, drawn, said = zip(*cells[start : start + A_ROW], strict=True)
        rows = [[f"`{name}`" for name in names], ["---"] * len(names), drawn, *([said] if any(said) else [])]
        yield "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _picture(name: str, language: Language, size: str) -> str:
    return f"![{name}]({_file(name, language, size).relative_to(TARGET.parent).as_posix()})"


def _file(name: str, language: Language, size: str) -> Path:
    return FOLDER / f"{name}-{language}-{size}.jpg"


def _said(journey: Journey) -> str:
    """Return what is said when the screen appears, as the screen itself decides it."""
    rendered = render(journey, Surroundings(library=""))
    quoted = f"“{texts('nl').says[sentence(journey)]}”"
    more = ""
    if "data-say" in rendered.html:
        more = ", then the pictures and the code" if journey.screen is Screen.THANKS else ", then each answer"
    if journey.screen is Screen.QUESTION:
        return f"Says the question{more}. Without a film or a sound of its own: {quoted}"
    if rendered.prompt is None:
        return f"Silent; it reads {quoted}"
    if journey.typed:
        return f"Says the digit; it reads {quoted}"
    return f"Says {quoted}{more}"


@click.command()
@click.option("--film", type=click.Path(path_type=Path, exists=True), help="A question video to show.")
def screens_page(film: Path | None) -> None:
    """Write docs/screens.md and draw its pictures."""
    TARGET.write_text(make_page(), encoding="utf-8")
    for old in FOLDER.glob("*"):
        old.unlink()
    draw(pictures(), film, SCALE)


if __name__ == "__main__":
    screens_page()

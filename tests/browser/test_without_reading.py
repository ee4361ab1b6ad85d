"""The whole visit by somebody who sees no word: faces, drawings and what is said aloud are enough.

In Dutch here, and in each language in `make proof`.
"""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page

from kiosk.journey import CAPTURING, Screen
from kiosk.prompt_manifest import PROMPTS_FOLDER, speakable_languages
from kiosk.texts import texts
from sample.questionnaire import sample_questionnaire
from server.intake.publications import find_publication, newest_publication, publish
from tests.browser.conftest import ArrivedVisit, OpenBrowser, RunningLibrary
from tests.browser.non_reader import HeardCode, NonReader, NoPicture, NoPrompt
from tests.browser.senses import VEIL, count_readable
from tests.browser.visitor import Visitor
from vertelpaal.withdrawal import pictures_of
from vertelpaal.words import RIGHT_TO_LEFT, Language

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("without-reading")]

FACES = (5, 4, 3, 4, 2, 5, 1)
WANTS = {"review": True, "quote": False, "show": True}
DRAWN = {"review": True, "quote": False, "show-voice": True}
"""What the drawings ask of who talks, and what they want."""
TALKING_SECONDS = 6.0
LONG_ANSWER_SECONDS = 30.0
AS_SPOKEN, HASTE = 1.0, 4.0
"""Help is listened to as it is spoken, or four times as fast; each sound plays to its end all the same."""
SEEN_IN_A_VISIT = frozenset(Screen) - {
    *(Screen.WAITING, Screen.TEXT, Screen.ACTIVITY, Screen.WARNING, Screen.CLOSED),
    Screen.SAVING,  # may be over before anybody looks
}
BEFORE_THE_CHOICE = frozenset({Screen.ATTRACT, Screen.LANGUAGE, Screen.WAITING})
VOLUME = "[data-action=volume]"
MANY_SHADES = 20
"""A heading in ink has at least so many colours, on its edges."""

WATCH = """(() => {
  window.noted = {};
  const tracks = [];
  const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (!open) return;
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    tracks.push(...stream.getTracks());
    return stream;
  };
  setInterval(() => {
    if (!document.body?.dataset.screen) return;
    const { lang, dir } = document.documentElement;
    const live = tracks.filter((track) => track.readyState === "live").length;
    const seen = [document.body.dataset.screen, lang, dir, live];
    window.noted[seen] = seen;
  }, 20);
})()"""
"""Notes which screens are seen, in which language and direction, with how many live tracks of camera and microphone."""


@pytest.fixture(scope="module")
def everywhere(running: RunningLibrary) -> RunningLibrary:
    """Let the library's pole offer every language that it speaks, with the same questions."""
    offered = speakable_languages(PROMPTS_FOLDER)
    with running.database.transaction() as session:
        newest = newest_publication(session)
        assert newest is not None
        asked = find_publication(session, newest.number)
        consents = tuple(
            one.model_copy(
                update={
                    "wordings": {each: texts(each).says[f"consent-{one.purpose}"] for each in offered},
                    "sounds": {},
                    "heard": {each: texts(each).says[f"consent-{one.purpose}-voice"] for each in offered if one.heard},
                }
            )
            for one in asked.consents
        )
        wider = asked.model_copy(update={"number": asked.number + 1, "languages": offered, "consents": consents})
        folder = running.library.settings.files_folder
        publish(session, wider, {sha256: folder / sha256 for sha256 in wider.files}, folder)
    running.waits_for_publication(wider.number)
    return running


def changing(selector: str, change: str) -> str:
    """Return a script that changes `one`, a control, wherever it appears, before anybody can touch it."""
    return f"""document.addEventListener("DOMContentLoaded", () => {{
      new MutationObserver(() => document.querySelectorAll({selector!r}).forEach((one) => {{ {change} }}))
        .observe(document.querySelector("main"), {{ childList: true }});
    }})"""


def noted(page: Page) -> list[tuple[str, str, str, int]]:
    """Return what was noted: screen, language, direction, live tracks."""
    return [(screen, lang, dir_, live) for screen, lang, dir_, live in page.evaluate("Object.values(window.noted)")]


def count_shades(page: Page, selector: str) -> int:
    """Return how many different colours there are in what somebody sees of an element."""
    picture = cv2.imdecode(np.frombuffer(page.locator(selector).screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return len(np.unique(picture.reshape(-1, 3), axis=0))


def visit(reader: NonReader, language: str, talking_seconds: float) -> HeardCode:
    """Make the whole visit; return the code as it was heard."""
    reader.begins(language)
    reader.answers(*FACES)
    reader.talks(talking_seconds)
    reader.consents(DRAWN)
    reader.is_a_member()
    code = reader.hears_the_code()
    reader.ends()
    return code


@pytest.mark.parametrize(
    ("language", "haste"),
    [
        pytest.param("nl", AS_SPOKEN, marks=pytest.mark.proof),
        *(
            pytest.param(language, HASTE, marks=() if language == "nl" else pytest.mark.proof)
            for language in sample_questionnaire().languages
        ),
    ],
)
def test_who_reads_nothing_says_what_they_mean(
    running: RunningLibrary, open_browser: OpenBrowser, talking: Path, language: Language, haste: float
) -> None:
    reader = NonReader(open_browser(talking), running.household.kiosk_url, haste=haste, scripts=(WATCH,))
    check_visit(running, reader, language)


@pytest.mark.proof
@pytest.mark.parametrize("lies_down", [False, True], ids=["upright", "lying"])
@pytest.mark.parametrize("language", speakable_languages(PROMPTS_FOLDER))
def test_who_reads_nothing_does_so_in_every_language_that_is_offered(
    everywhere: RunningLibrary, open_browser: OpenBrowser, talking: Path, language: Language, lies_down: bool
) -> None:
    """A question that nobody translated is asked in Dutch as a whole; everything else speaks their language."""
    reader = NonReader(
        open_browser(talking),
        everywhere.household.kiosk_url,
        haste=HASTE,
        asked_in=language if language in sample_questionnaire().languages else "nl",
        lies_down=lies_down,
        scripts=(WATCH,),
    )
    check_visit(everywhere, reader, language)


def check_visit(running: RunningLibrary, reader: NonReader, language: Language) -> None:
    """Make the whole visit, and check that what was meant arrived, and what was seen on the way."""
    began = time.monotonic()
    code = visit(reader, language, TALKING_SECONDS)
    print(f"{language}: {time.monotonic() - began:.0f} s, of which {reader.seconds_of_help:.0f} s of help")
    assert reader.complaints == []
    assert code.pictures == pictures_of(code.characters)
    arrived = running.arrived(code.characters)
    assert arrived == ArrivedVisit(
        language=language,
        ending="thanks",
        age_band="16-plus",
        member=True,
        pictures=code.pictures,
        smileys=FACES,
        ways=("voice",),
        consents=WANTS,
        seconds=TALKING_SECONDS,
    )
    assert arrived.seconds >= TALKING_SECONDS - 1
    seen = noted(reader.page)
    assert {screen for screen, *_ in seen} >= SEEN_IN_A_VISIT
    for screen, told, direction, live in seen:
        spoken = "nl" if screen in BEFORE_THE_CHOICE else language
        assert (screen, told, direction) == (screen, spoken, "rtl" if spoken in RIGHT_TO_LEFT else "ltr")
        assert live == 0 or screen in CAPTURING, f"{live} tracks are live on {screen}"
    assert {screen for screen, _, _, live in seen if live} == CAPTURING, "nobody saw a track that is live"


def test_the_words_are_really_gone(running: RunningLibrary, open_browser: OpenBrowser) -> None:
    """With the veil a heading is as even as the paper; without it, the control, there is ink."""
    veiled = Visitor(open_browser(), running.household.kiosk_url, scripts=(VEIL,))
    veiled.sees("attract")
    assert (count_readable(veiled.page), count_shades(veiled.page, "h1")) == (0, 1)
    seen = Visitor(open_browser(), running.household.kiosk_url)  # a pole has one screen: it takes that of the other
    seen.sees("attract")
    assert count_readable(seen.page) > 0
    assert count_shades(seen.page, "h1") > MANY_SHADES


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("one.querySelector('svg')?.remove()", "no drawing"),
        ("one.querySelector('svg')?.classList.replace('pictogram-volume', 'pictogram-thing')", "thing"),
    ],
    ids=["without a drawing", "with an unknown drawing"],
)
def test_control_a_control_that_shows_nothing_stops_them(
    running: RunningLibrary, open_browser: OpenBrowser, change: str, complaint: str
) -> None:
    reader = NonReader(open_browser(), running.household.kiosk_url, scripts=(changing(VOLUME, change),))
    with pytest.raises(NoPicture, match=complaint):
        reader.begins("nl")
    reader.leaves()


@pytest.mark.parametrize(
    "change",
    ["one.removeAttribute('data-prompt')", "one.dataset.prompt = '/prompts/nl/nothing.webm'"],
    ids=["without a prompt", "with a prompt that is not there"],
)
def test_control_a_control_that_nobody_names_stops_them(
    running: RunningLibrary, open_browser: OpenBrowser, change: str
) -> None:
    url = running.household.kiosk_url
    reader = NonReader(open_browser(), url, haste=HASTE, scripts=(changing(VOLUME, change),))
    with pytest.raises(NoPrompt, match="volume"):
        reader.begins("nl")
    reader.leaves()


@pytest.mark.proof
def test_a_visit_with_a_long_answer_is_measured(
    running: RunningLibrary, open_browser: OpenBrowser, talking: Path
) -> None:
    """A figure, no limit: somebody hears everything out, talks for half a minute, and is thanked."""
    reader = NonReader(open_browser(talking), running.household.kiosk_url, curious=False, attentive=True)
    began = time.monotonic()
    code = visit(reader, "nl", LONG_ANSWER_SECONDS)
    print(f"a visit with {LONG_ANSWER_SECONDS:g} seconds of talk takes {time.monotonic() - began:.0f} seconds")
    assert running.arrived(code.characters).ending == "thanks"

"""Somebody who reads nothing: knows the drawings and what is said aloud, and touches the glass with a finger."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from playwright.sync_api import Browser

from kiosk.pictogram_sheet import read_manifest as read_drawings
from kiosk.prompt_manifest import PROMPTS_FOLDER
from kiosk.prompt_manifest import read_manifest as read_prompts
from tests.browser.senses import EARS, VEIL, Control, Sound, View, count_readable, look
from tests.browser.visitor import Visitor

PATIENCE_SECONDS = 20.0
FORGETS_SECONDS = 90.0
"""By then the pole forgot whoever walked away in the middle of a visit."""
QUIET_SECONDS = 5.0
"""After this long without a sound, nothing more is said."""
GLANCE_MS = 40
DRAWN_IN_CODE = frozenset({"level", *(f"digit-{digit}" for digit in range(10))})
OWN_SOUNDS = ("/files/", "/take/")
"""Where a publication's sounds and the visitor's own recording are: sounds that are no prompts of the pole."""
SMILEYS = tuple(f"smiley-{value}" for value in range(1, 6))
SHORTEST_SECONDS = 0.2
CODE_LENGTH = 12
CODE_SECONDS = 45.0
"""In this time a code is said, and any film."""
Found = TypeVar("Found")


class Lost(Exception):
    """Who does not read cannot go on here."""


class NoPicture(Lost):
    """A control has no drawing, or one that means nothing."""


class NoPrompt(Lost):
    """A control is not named aloud."""


@dataclass(frozen=True)
class HeardCode:
    """What was heard and seen of the withdrawal code: its characters, and the drawings that were lit and named."""

    characters: str
    pictures: tuple[str, ...]


class NonReader:
    """Somebody in front of the screen without a word on it.

    `curious`: wherever a control is new to them they let `help` name all of them; they listen `haste` times as fast as
    is spoken, so that a test takes less time. `attentive`: they let the pole finish its sentence. `asked_in`: the
    language of the questions, where that is another than what they chose.
    """

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        curious: bool = True,
        attentive: bool = False,
        haste: float = 1.0,
        asked_in: str | None = None,
        lies_down: bool = False,
        scripts: tuple[str, ...] = (),
    ) -> None:
        width, height = (1920, 1080) if lies_down else (1080, 1920)
        self._visitor = Visitor(browser, url, width=width, height=height, scripts=(VEIL, EARS, *scripts))
        self.page = self._visitor.page
        self.complaints = self._visitor.complaints
        self.seconds_of_help = 0.0
        self._curious = curious
        self._attentive = attentive
        self._haste = haste
        self._language: str | None = None
        self._asked_in = asked_in
        self._is_asked = False
        self._since = 0
        self._met: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
        self._drawings = frozenset(read_drawings()) | DRAWN_IN_CODE
        self._prompts = read_prompts(PROMPTS_FOLDER)

    def begins(self, language: str) -> None:
        """Touch the screen that waits, and choose the language by hearing its name."""
        self._until(lambda view: view.shows("touch"), "the screen that waits", FORGETS_SECONDS)
        self._checks_drawings()
        self.touches("touch")
        self._comes_to("language")
        name = f"/prompts/{language}/name.webm"
        named = self._until(lambda view: [one for one in view.sounds if one.source == name and one.lights], name)
        self._touches_at(named[0].lights[0].x, named[0].lights[0].y)
        self._language = language

    def answers(self, *values: int) -> None:
        """Hear each question, and touch a face."""
        for value in values:
            question = self._comes_to(*SMILEYS)
            assert question.film, f"the question is asked by {question.source}, which is no film"
            self.touches(f"smiley-{value}")

    def talks(self, seconds: float) -> None:
        """Answer the open question with their voice, hear it back, and keep it."""
        assert self._comes_to("next").film, "the open question is asked without a film"
        self._goes_on()
        for drawing, others in (("microphone", ("pencil",)), ("adult", ("child",)), ("yes", ("no",)), ("record", ())):
            self._comes_to(drawing, *others)
            self.touches(drawing)
        self._hears_a_sentence()
        self._checks_drawings()
        self._records(seconds)
        self._comes_to("keep", "redo", "delete")
        self.touches("play")
        self._until(lambda view: [one for one in view.sounds if one.source.startswith("/take/")], "the own voice")
        self.touches("keep")

    def consents(self, wants: Mapping[str, bool]) -> None:
        """Say yes or no to each purpose, which a drawing shows."""
        for _ in wants:
            self._comes_to("yes", "no")
            shown = [drawing for drawing in look(self.page).drawings if drawing in wants]
            if len(shown) != 1:
                raise NoPicture(f"what is asked is shown by {shown}")
            self.touches("yes" if wants[shown[0]] else "no")

    def is_a_member(self) -> None:
        """Say yes to the library card."""
        self._comes_to("yes", "no", "skip")
        assert "member" in look(self.page).drawings
        self.touches("yes")

    def hears_the_code(self) -> HeardCode:
        """On the thanks, listen until the pictures and the characters of the code were all said."""
        with self._listening():
            self._hears_a_sentence()
            self._until(lambda view: len(self._said(view, "character-")) == CODE_LENGTH, "the code", CODE_SECONDS)
        view = look(self.page, self._since)
        pictures = self._said(view, "picture-")
        lit = [one.lights[0].drawings for one in view.sounds if one.lights and one.lights[0].drawings]
        assert lit == [(f"code-{picture}",) for picture in pictures], "another picture is lit than is named"
        self._meets_the_controls()
        return HeardCode("".join(self._said(view, "character-")).upper(), tuple(pictures))

    def ends(self) -> None:
        """Touch that it is done, and see the screen that waits again."""
        self.touches("done")
        self._sees("touch")

    def leaves(self) -> None:
        """Break the visit off, and close the page."""
        self.touches("leave")
        self._sees("touch")
        self.goes_home()

    def goes_home(self) -> None:
        """Close the page."""
        self._visitor.leaves()

    def touches(self, drawing: str) -> None:
        """Touch the one control with this drawing."""
        found = [one for one in look(self.page).controls if drawing in one.drawings and one.is_enabled]
        if len(found) != 1:
            raise Lost(f"{len(found)} controls show {drawing!r}")
        self._touches_at(*found[0].middle)

    def _touches_at(self, x: float, y: float) -> None:
        """Touch the glass; what sounded until now was about what was there before."""
        self._since += len(look(self.page, self._since).sounds)
        self.page.mouse.click(x, y)

    def _comes_to(self, *drawings: str) -> Sound:
        """Hear a new screen begin to speak, see these controls on it, and meet those that are new."""
        sentence = self._hears_a_sentence()
        self._sees(*drawings)
        self._meets_the_controls()
        if self._attentive:
            self._hears_out()
        return sentence

    def _sees(self, *drawings: str) -> None:
        self._until(lambda view: all(view.shows(drawing) for drawing in drawings), ", ".join(drawings))

    def _hears_a_sentence(self) -> Sound:
        """Hear what the screen itself says, which lights no control."""
        at = self._until(
            lambda view: [at for at, one in enumerate(view.sounds) if self._is_sentence(one)], "a sentence"
        )
        sentence = look(self.page, self._since).sounds[at[0]]
        self._since += at[0] + 1
        self._is_asked = sentence.film
        return sentence

    def _hears_out(self) -> None:
        """Let the sentence come to its end."""
        self._since -= 1
        self._until(lambda view: view.sounds[0].seconds is not None, "the end of a sentence", CODE_SECONDS)
        self._since += 1

    def _goes_on(self) -> None:
        """Let the pole go on from its open question by itself, or touch that they want to."""
        try:
            self._until(lambda view: not view.shows("next"), "what comes next", QUIET_SECONDS)
        except Lost:
            self.touches("next")

    def _records(self, seconds: float) -> None:
        self._sees("stop")
        began = time.monotonic()
        self._meets_the_controls()
        self.page.wait_for_timeout(max(0.0, began + seconds - time.monotonic()) * 1000)
        self.touches("stop")

    def _meets_the_controls(self) -> None:
        """See that nothing is to be read and everything is drawn; let `help` name what is new on such a screen."""
        assert count_readable(self.page) == 0, "words can be read"
        self._checks_drawings()
        view = look(self.page)
        here = {(control.drawings, view.drawings) for control in view.controls}
        if self._curious and not here <= self._met:
            began = time.monotonic()
            self._lets_help_name(view.controls)
            self.seconds_of_help += time.monotonic() - began
        self._met |= here

    def _checks_drawings(self) -> None:
        for control in look(self.page).controls:
            if not control.drawings or not self._drawings.issuperset(control.drawings):
                raise NoPicture(f"{control} is not drawn so that it means something")

    def _lets_help_name(self, controls: tuple[Control, ...]) -> None:
        """Touch help, and hear each control named while it is lit; by its place one knows which."""
        with self._listening():
            self.touches("help")
            sounded = time.monotonic()
            view = look(self.page, self._since)
            while unnamed := [one for one in controls if not any(self._names(sound, one) for sound in view.sounds)]:
                self.page.wait_for_timeout(GLANCE_MS)
                view = look(self.page, self._since)
                sounded = time.monotonic() if view.sounding else sounded
                if time.monotonic() - sounded > QUIET_SECONDS:
                    raise NoPrompt(f"{unnamed[0]} is not named aloud")

    def _names(self, sound: Sound, control: Control) -> bool:
        """Return whether this was said to its end, or nearly, while that control was lit."""
        if not any(control.holds(light) for light in sound.lights) or self._says(sound) is None:
            return False
        prompt = self._prompts.get(sound.source.removeprefix("/prompts/"))
        return sound.seconds is not None and sound.seconds >= (prompt.seconds / 2 if prompt else SHORTEST_SECONDS)

    def _is_sentence(self, sound: Sound) -> bool:
        return not sound.lights and self._says(sound) is not None

    def _says(self, sound: Sound) -> str | None:
        """Return the name of a prompt, or the place of another sound that has words; None for one without."""
        if sound.source.startswith(OWN_SOUNDS):
            return sound.source
        prompt = self._prompts.get(sound.source.removeprefix("/prompts/"))
        if prompt is None:
            raise NoPrompt(f"nobody knows what {sound.source} says")
        folder, _, name = prompt.file.removesuffix(".webm").partition("/")
        if prompt.voice == "none":
            return None
        understood = {self._language, self._asked_in if self._is_asked else self._language}
        if self._language is not None and folder not in understood and name != "name":
            raise NoPrompt(f"{prompt.file} is not in {self._language}")
        return name

    def _said(self, view: View, kind: str) -> list[str]:
        """Return which prompts of one kind were said, each while something was lit."""
        names = [self._says(one) or "" for one in view.sounds if one.lights]
        return [name.removeprefix(kind) for name in names if name.startswith(kind)]

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Only listen for a while: it may go faster."""
        self.page.evaluate("haste => { window.haste = haste }", self._haste)
        yield
        self.page.evaluate("() => { window.haste = 1 }")

    def _until(self, condition: Callable[[View], Found], what: str, seconds: float = PATIENCE_SECONDS) -> Found:
        """Look and listen until it is so."""
        until = time.monotonic() + seconds
        while not (found := condition(view := look(self.page, self._since))):
            if time.monotonic() > until:
                raise Lost(f"waited for {what} among {[str(one) for one in view.controls]}, heard {view.sounds}")
            self.page.wait_for_timeout(GLANCE_MS)
        return found

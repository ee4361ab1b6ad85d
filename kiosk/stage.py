"""The stage: turns where the journey is into what stands on the screen, and the prompt that says it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kiosk.consents import being_asked
from kiosk.events import Remark
from kiosk.journey import Journey, ProfileStep, Screen
from kiosk.offers import BAR, actions, choices_shown
from kiosk.pictograms import choice_pictogram, code_picture, digit, level, pictogram, pictogram_of
from kiosk.texts import Texts, character_prompt, label_prompt, picture_prompt, prompt_url, texts
from vertelpaal.publication import AnswerKind
from vertelpaal.visit import AgeBand
from vertelpaal.withdrawal import pictures_of
from vertelpaal.words import RIGHT_TO_LEFT, Language

TEMPLATES_FOLDER = Path(__file__).parent / "screen" / "templates"
_SILENT = frozenset({Screen.ATTRACT, Screen.RECORDING})
"""Screens that say nothing by themselves: to whom walks by, and into a recording."""
_OPTIONS_SPOKEN = frozenset(
    {Screen.WAY, Screen.AGE, Screen.NOTICE, Screen.PLAYBACK, Screen.CONSENT, Screen.PROFILE, Screen.LANGUAGE}
)
_FIXED_LABELS = frozenset({AnswerKind.SMILEY, AnswerKind.YES_NO})
"""Kinds of answers whose labels are the pole's own, and so have prompts."""
_MEDIUM, _LONG = 40, 90
"""From how many characters a heading is set smaller."""


@dataclass(frozen=True)
class Surroundings:
    """What the screen shows that is no part of the journey."""

    library: str
    pairing_code: str | None = None
    public_url: str | None = None


@dataclass(frozen=True)
class Rendered:
    """`html` is what stands inside the main element; `prompt` the address of the sound that says it."""

    html: str
    prompt: str | None


@dataclass(frozen=True)
class Control:
    """One thing to touch: its `data-action`, its name and the language of that, its drawing, and who says the name.

    `is_said`: it is named aloud when the screen appears; any other only by `help`.
    """

    action: str
    name: str
    language: Language
    drawing: Markup
    prompt: str | None
    is_said: bool = False


@dataclass(frozen=True)
class Heading:
    """The words on top: the sentence of the screen, or the question; `size` is short, medium or long."""

    text: str
    language: Language

    @property
    def size(self) -> str:
        """Return how large it can be set."""
        length = len(self.text)
        return "short" if length < _MEDIUM else "medium" if length < _LONG else "long"

    @property
    def direction(self) -> str:
        """Return in which direction it is read."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"


def render(journey: Journey, surroundings: Surroundings) -> Rendered:
    """Return what stands on the screen, and the prompt that says it."""
    language = journey.language
    words = texts(language)
    heading = _heading(journey, words)
    controls = tuple(
        _control(journey, words if action in BAR else texts(heading.language), action) for action in actions(journey)
    )
    html = _environment().get_template(f"screens/{journey.screen}.html")
    return Rendered(
        html.render(
            journey=journey,
            screen=journey.screen.value,
            texts=words,
            direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
            heading=heading,
            answers=tuple(control for control in controls if control.action not in BAR),
            bar={control.action: control for control in controls if control.action in BAR},
            bar_places=BAR,
            sentence_prompt=_sentence_prompt(journey, heading.language),
            surroundings=surroundings,
        ),
        _prompt(journey, heading.language),
    )


def render_shell(*, demo: bool = False) -> str:
    """Return the page that holds the screens; without the agent it shows that there is a moment to wait.

    In the demo it says what the speech model of the sample library can do.
    """
    resting = render(Journey(Screen.WAITING), Surroundings(library=""))
    return _environment().get_template("screen.html").render(resting=Markup(resting.html), demo=demo)  # noqa: S704 (rendered here)


def sentence(journey: Journey) -> str:
    """Return under which name the catalogue has what this screen says; also the name of its prompt."""
    screen = journey.screen
    match screen:
        case Screen.QUESTION:
            return f"question-{journey.question.kind}"
        case Screen.WAY | Screen.READY | Screen.PLAYBACK | Screen.ACTIVITY if journey.remark is not None:
            return f"{screen}-{journey.remark}"
        case Screen.NOTICE if journey.in_visit.age_band is AgeBand.UNDER_16:
            return "notice-under-16"
        case Screen.NOTICE | Screen.READY | Screen.PLAYBACK:
            return f"{screen}-{journey.way}"
        case Screen.PROFILE:
            return f"profile-{journey.profile}"
        case Screen.CLOSED if journey.draft is None:
            return "closed-full"
        case Screen.RECORDING if journey.stopping:
            return "recording-stopping"
        case Screen.CONSENT:
            return being_asked(journey).prompt
        case _:
            return str(screen.value)


def _prompt(journey: Journey, language: Language) -> str | None:
    """Return what is said at once: nothing where a question video speaks."""
    if journey.screen in _SILENT:
        return None
    if journey.screen is Screen.QUESTION and journey.question.form(language)[1].video is not None:
        return None
    if journey.screen is Screen.ACTIVITY and journey.typed:
        return prompt_url(language, label_prompt(f"digit:{journey.typed[-1]}"))
    return _sentence_prompt(journey, language)


def _sentence_prompt(journey: Journey, language: Language) -> str:
    """Return the sound of what the screen says: the publication's own where it has one."""
    own = None
    if journey.screen is Screen.QUESTION:
        own = journey.question.form(language)[1].sound
    elif journey.screen is Screen.CONSENT:
        own = being_asked(journey).sound
    return _file_url(own) if own else prompt_url(language, sentence(journey))


def _heading(journey: Journey, words: Texts) -> Heading:
    """Return the words on top. A question and a consent are the publication's own; they may fall back to Dutch."""
    if journey.screen is Screen.QUESTION:
        language, form = journey.question.form(words.language)
        return Heading(form.text, language)
    if journey.screen is Screen.CONSENT:
        consent = being_asked(journey)
        return Heading(consent.wording, consent.language)
    return Heading(words.says[sentence(journey)], words.language)


def _control(journey: Journey, words: Texts, action: str) -> Control:
    verb, _, value = action.partition(":")
    is_said = action not in BAR and _speaks_options(journey)
    if verb == "language" and value:
        named = texts(next(one for one in get_args(Language) if one == value))
        return Control(
            action, named.name, named.language, pictogram("language"), prompt_url(named.language, "name"), is_said
        )
    if verb == "choice":
        return _choice(journey, words.language, value)
    if verb in ("number", "digit"):
        drawing = level(int(value)) if verb == "number" else digit(int(value))
        return Control(action, value, words.language, drawing, _label_prompt(words, _numeral(value)))
    screen = journey.screen.value
    name = pictogram_of(screen, action)
    assert name is not None
    key = words.label_key(screen, action)
    return Control(action, words.labels[key], words.language, pictogram(name), _label_prompt(words, key), is_said)


def _choice(journey: Journey, language: Language, choice_id: str) -> Control:
    """Return a choice of the question, named aloud where the publication has its sound."""
    shown = choices_shown(journey)
    place, choice = next((at, one) for at, one in enumerate(shown, start=1) if one.id == choice_id)
    sound = choice.sounds.get(language)
    return Control(
        f"choice:{choice_id}",
        choice.labels[language],
        language,
        pictogram(choice_pictogram(choice.pictogram, place)),
        _file_url(sound) if sound else None,
        is_said=sound is not None,
    )


def _numeral(value: str) -> str:
    """Return under which key the name of a numeral stands."""
    return f"digit:{value}" if len(value) == 1 else f"number:{value}"


def _label_prompt(words: Texts, key: str) -> str:
    return prompt_url(words.language, label_prompt(key))


def _file_url(sha256: str) -> str:
    return f"/files/{sha256}"


def _speaks_options(journey: Journey) -> bool:
    """Return whether the options are named one by one: always but on questions, and there the first time only."""
    if journey.screen is not Screen.QUESTION:
        return journey.screen in _OPTIONS_SPOKEN
    kind = journey.question.kind
    return kind in _FIXED_LABELS and not any(answer.kind == kind.value for answer in journey.in_visit.answers)


def progress(journey: Journey) -> tuple[int, int]:
    """Return which of the questions this is, from 1, and how many this visitor is asked."""
    before = [
        question for question in journey.asked if question in journey.published.questions[: journey.in_visit.position]
    ]
    return len(before) + 1, max(len(journey.asked), len(before) + 1)


def code_groups(code: str) -> tuple[str, ...]:
    """Return the groups of a withdrawal code as it is written."""
    return tuple(code.split("-"))


def withdrawal_qr(public_url: str, code: str) -> Markup:
    """Return the QR code that opens the public page with the code; behind a #, so that no server's log keeps it."""
    drawing = io.BytesIO()
    segno.make(f"{public_url.rstrip('/')}/intrekken#{code}", error="m").save(
        drawing, kind="svg", xmldecl=False, svgns=True, border=3, light="white", omitsize=True
    )
    return Markup(drawing.getvalue().decode())  # noqa: S704 (segno's drawing of dots)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        pictogram=pictogram,
        progress=progress,
        code_groups=code_groups,
        withdrawal_qr=withdrawal_qr,
        prompt_url=prompt_url,
        character_prompt=character_prompt,
        being_asked=being_asked,
        picture_prompt=picture_prompt,
        pictures_of=pictures_of,
        code_picture=code_picture,
        step=ProfileStep,
        remark=Remark,
    )
    return environment

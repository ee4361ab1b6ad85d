"""Example journeys, one for each thing that the screen can show: for the gallery and the tests of the screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from kiosk.draft import Draft
from kiosk.events import Trouble
from kiosk.journey import Journey, Screen
from vertelpaal.publication import (
    AnswerKind,
    Choice,
    ConsentQuestion,
    Publication,
    Purpose,
    Question,
    QuestionForm,
)
from vertelpaal.visit import Consent, Recording, Way
from vertelpaal.words import Language

WHEN = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)
FILM = "f" * 64
CAPTIONS = "c" * 64
CODE = "K7QF-2M9X-4TBP"
TAKE = UUID("019e1b2c-0000-7000-8000-00000000000a")

_QUESTIONS: tuple[tuple[AnswerKind, str, str], ...] = (
    (AnswerKind.SMILEY, "Wat vind je van de openingstijden?", "What do you think of the opening hours?"),
    (AnswerKind.CHOICE, "Waarvoor kom je vandaag?", "Why did you come today?"),
    (AnswerKind.YES_NO, "Heb je gevonden wat je zocht?", "Did you find what you wanted?"),
    (AnswerKind.NUMBER, "Welk cijfer geef je de bieb?", "Which mark do you give the library?"),
    (AnswerKind.OPEN, "Vertel eens: wat kan er beter in de bieb?", "Tell us: what could be better in the library?"),
)
_CHOICES: tuple[tuple[str, str, str], ...] = (
    ("lenen", "Boeken lenen", "To borrow books"),
    ("lezen", "Rustig lezen", "To read in peace"),
    ("werken", "Werken of leren", "To work or study"),
    ("mensen", "Mensen ontmoeten", "To meet people"),
    ("anders", "Iets anders", "Something else"),
)
_CONSENTS = {
    Purpose.REVIEW: (
        "Mogen medewerkers van de bieb je antwoord horen, zien of lezen?",
        "May people who work here hear, see or read your answer?",
    ),
    Purpose.QUOTE: (
        "Mogen we jouw woorden gebruiken in een verslag, zonder je naam?",
        "May we use your words in a report, without your name?",
    ),
    Purpose.SHOW: (
        "Mogen we jouw opname aan andere mensen laten zien?",
        "May we show your recording to other people?",
    ),
}


def example_publication() -> Publication:
    """Return a publication with one question of each kind, all with a video but the yes or no."""
    return Publication(
        number=1,
        questionnaire_id=UUID(int=1),
        title="Voorbeeld",
        library="Bibliotheek Noordenveld",
        languages=("nl", "en"),
        aspects={"bieb": {"nl": "De bieb", "en": "The library"}},
        questions=tuple(_question(at, *asked) for at, asked in enumerate(_QUESTIONS)),
        consents=tuple(
            ConsentQuestion(purpose=purpose, wordings={"nl": dutch, "en": english})
            for purpose, (dutch, english) in _CONSENTS.items()
        ),
        published_at=WHEN,
    )


def example_journeys(language: Language) -> dict[str, Journey]:
    """Return a journey for each thing that the screen can show, in the order of a visit, by name."""
    publication = example_publication()
    draft = Draft(UUID(int=2), CODE, language, WHEN)
    visit = Journey(Screen.QUESTION, publication, draft)
    at_open = replace(visit, draft=replace(draft, position=len(_QUESTIONS) - 1))
    return {
        "waiting": Journey(Screen.WAITING),
        "attract": Journey(Screen.ATTRACT, publication),
        "language": replace(visit, screen=Screen.LANGUAGE),
        **{
            f"question-{question.kind}": replace(visit, draft=replace(draft, position=at))
            for at, question in enumerate(publication.questions)
        },
        "way": replace(at_open, screen=Screen.WAY),
        **{f"way-{trouble}": replace(at_open, screen=Screen.WAY, trouble=trouble) for trouble in Trouble},
        "age": replace(at_open, screen=Screen.AGE, way=Way.VOICE),
        **_recording(at_open, Way.VOICE),
        **_recording(at_open, Way.VIDEO),
        "text": replace(at_open, screen=Screen.TEXT, way=Way.TEXT),
        **{
            f"consent-{purpose}": replace(at_open, screen=Screen.CONSENT, draft=_asked(draft, before))
            for before, purpose in enumerate(Purpose)
        },
        "profile": replace(visit, screen=Screen.PROFILE),
        "saving": replace(visit, screen=Screen.SAVING),
        "thanks": replace(visit, screen=Screen.THANKS),
        "warning": replace(visit, screen=Screen.WARNING, returns_to=Screen.QUESTION),
        "closed": Journey(Screen.CLOSED, publication, draft),
    }


def _question(at: int, kind: AnswerKind, dutch: str, english: str) -> Question:
    filmed = None if kind is AnswerKind.YES_NO else FILM
    forms: dict[Language, QuestionForm] = {
        "nl": QuestionForm(text=dutch, video=filmed, captions=filmed and CAPTIONS),
        "en": QuestionForm(text=english, video=filmed, captions=filmed and CAPTIONS),
    }
    choices = tuple(Choice(id=name, labels={"nl": nl, "en": en}) for name, nl, en in _CHOICES)
    return Question(
        id=UUID(int=100 + at),
        aspect="bieb",
        kind=kind,
        forms=forms,
        choices=choices if kind is AnswerKind.CHOICE else (),
    )


def _recording(at_open: Journey, way: Way) -> dict[str, Journey]:
    made = replace(at_open, way=way)
    take = Recording(
        id=TAKE,
        way=Way.VIDEO if way is Way.VIDEO else Way.VOICE,
        media_type="video/webm" if way is Way.VIDEO else "audio/webm",
        seconds=12.0,
        bytes=1,
        sha256="0" * 64,
    )
    return {
        f"notice-{way}": replace(made, screen=Screen.NOTICE),
        f"ready-{way}": replace(made, screen=Screen.READY),
        f"countdown-{way}": replace(made, screen=Screen.COUNTDOWN),
        f"recording-{way}": replace(made, screen=Screen.RECORDING, take=TAKE),
        f"stopping-{way}": replace(made, screen=Screen.RECORDING, take=TAKE, stopping=True),
        f"playback-{way}": replace(made, screen=Screen.PLAYBACK, take=TAKE, recording=take),
    }


def _asked(draft: Draft, before: int) -> Draft:
    given = (
        Consent(purpose=purpose, given=True, wording_sha256="0" * 64, language="nl", at=WHEN)
        for purpose in list(Purpose)[:before]
    )
    return replace(draft, position=len(_QUESTIONS) - 1, consents=tuple(given))

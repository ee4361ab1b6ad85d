"""Example journeys, one for each thing that the screen can show: for the gallery and the tests of the screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from kiosk.conditions import Conditions, Device
from kiosk.draft import Draft
from kiosk.events import CaptureFailed, Remark
from kiosk.journey import Journey, ProfileStep, Screen
from kiosk.prompt_manifest import PROMPTS_FOLDER, speakable_languages
from kiosk.texts import texts, written_languages
from vertelpaal.assignment import Activity
from vertelpaal.publication import (
    AnswerKind,
    Choice,
    ConsentQuestion,
    Publication,
    Purpose,
    Question,
    QuestionForm,
)
from vertelpaal.visit import AgeBand, Consent, Recording, RecordingAnswer, Way
from vertelpaal.words import Language

WHEN = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)
FILM = "f" * 64
CAPTIONS = "c" * 64
SOUND = "5" * 64
CODE = "K7QF-2M9X-4TBP"
TAKE = UUID("019e1b2c-0000-7000-8000-00000000000a")

_QUESTIONS: tuple[tuple[AnswerKind, dict[Language, str]], ...] = (
    (
        AnswerKind.SMILEY,
        {
            "nl": "Wat vind je van de openingstijden?",
            "en": "What do you think of the opening hours?",
            "ar": "ما رأيك في أوقات العمل؟",
        },
    ),
    (
        AnswerKind.CHOICE,
        {"nl": "Waarvoor kom je vandaag?", "en": "Why did you come today?", "ar": "لماذا جئت اليوم؟"},
    ),
    (
        AnswerKind.YES_NO,
        {"nl": "Heb je gevonden wat je zocht?", "en": "Did you find what you wanted?", "ar": "هل وجدت ما تبحث عنه؟"},
    ),
    (
        AnswerKind.NUMBER,
        {
            "nl": "Welk cijfer geef je de bieb?",
            "en": "Which mark do you give the library?",
            "ar": "ما الدرجة التي تعطيها للمكتبة؟",
        },
    ),
    (
        AnswerKind.OPEN,
        {
            "nl": "Vertel eens: wat kan er beter in de bieb?",
            "en": "Tell us: what could be better in the library?",
            "ar": "أخبرنا: ما الذي يمكن تحسينه في المكتبة؟",
        },
    ),
)
_CHOICES: tuple[tuple[str, str, dict[Language, str]], ...] = (
    ("lenen", "choice-borrow", {"nl": "Boeken lenen", "en": "To borrow books", "ar": "استعارة كتب"}),
    ("lezen", "choice-read", {"nl": "Rustig lezen", "en": "To read in peace", "ar": "القراءة بهدوء"}),
    ("werken", "choice-work", {"nl": "Werken of leren", "en": "To work or study", "ar": "العمل أو الدراسة"}),
    ("mensen", "choice-meet", {"nl": "Mensen ontmoeten", "en": "To meet people", "ar": "لقاء الناس"}),
    ("kinderen", "choice-children", {"nl": "Met mijn kind", "en": "With my child", "ar": "مع طفلي"}),
    ("printen", "choice-print", {"nl": "Printen", "en": "To print", "ar": "الطباعة"}),
    ("koffie", "choice-coffee", {"nl": "Koffie drinken", "en": "To have coffee", "ar": "شرب القهوة"}),
    ("cursus", "choice-course", {"nl": "Een cursus", "en": "A course", "ar": "دورة تعليمية"}),
    ("anders", "choice-other", {"nl": "Iets anders", "en": "Something else", "ar": "شيء آخر"}),
)
_FEW = ("lenen", "lezen", "werken", "mensen", "anders")
ACTIVITY = Activity(
    slug="voorlezen",
    name="Voorlezen",
    code="472",
    starts_at=WHEN,
    ends_at=WHEN.replace(hour=18),
    on_pole=False,
)


def example_publication(choices: tuple[str, ...] = _FEW) -> Publication:
    """Return a publication with one question of each kind, all with a video but the yes or no, which is spoken.

    Its questions are in Dutch, English and Arabic; a visit in any other language falls back to Dutch.
    """
    return Publication(
        number=1,
        questionnaire_id=UUID(int=1),
        title="Voorbeeld",
        library="Bibliotheek Noordenveld",
        languages=written_languages(),
        aspects={"bieb": {"nl": "De bieb", "en": "The library"}},
        questions=tuple(_question(at, kind, asked, choices) for at, (kind, asked) in enumerate(_QUESTIONS)),
        consents=tuple(
            ConsentQuestion(
                purpose=purpose,
                wordings=_wordings(f"consent-{purpose}"),
                heard=_wordings("consent-show-voice") if purpose is Purpose.SHOW else {},
            )
            for purpose in Purpose
        ),
        published_at=WHEN,
    )


def _wordings(prompt: str) -> dict[Language, str]:
    return {language: texts(language).says[prompt] for language in written_languages()}


def example_journeys(language: Language) -> dict[str, Journey]:
    """Return a journey for each thing that the screen can show, in the order of a visit, by name."""
    publication = example_publication()
    draft = Draft(UUID(int=2), CODE, language, WHEN)
    able = Conditions(languages=speakable_languages(PROMPTS_FOLDER), activities=(ACTIVITY,))
    visit = Journey(Screen.QUESTION, publication, able, draft)
    at_open = replace(visit, draft=replace(draft, position=len(_QUESTIONS) - 1))
    many = example_publication(tuple(name for name, _, _ in _CHOICES))
    young = replace(at_open, draft=replace(at_open.in_visit, age_band=AgeBand.UNDER_16))
    return {
        "waiting": Journey(Screen.WAITING),
        "attract": Journey(Screen.ATTRACT, publication, able),
        "language": replace(visit, screen=Screen.LANGUAGE),
        "language-again": replace(visit, screen=Screen.LANGUAGE, resumes=Screen.QUESTION),
        **{
            f"question-{question.kind}": replace(visit, draft=replace(draft, position=at))
            for at, question in enumerate(publication.questions)
        },
        "question-many-choices": replace(visit, publication=many, draft=replace(draft, position=1)),
        "way": replace(at_open, screen=Screen.WAY),
        **{
            f"way-{remark}": replace(at_open, screen=Screen.WAY, remark=remark, broken=_broken(remark))
            for remark in Remark
            if remark not in (Remark.SILENT, Remark.UNKNOWN_CODE)
        },
        "age": replace(at_open, screen=Screen.AGE, way=Way.VOICE),
        "notice-under-16": replace(young, screen=Screen.NOTICE),
        **_recording(at_open, Way.VOICE),
        **_recording(at_open, Way.VIDEO),
        "text": replace(at_open, screen=Screen.TEXT, way=Way.TEXT),
        **{
            f"consent-{purpose}": replace(at_open, screen=Screen.CONSENT, draft=_asked(draft, before))
            for before, purpose in enumerate(Purpose)
        },
        "consent-show-voice": replace(at_open, screen=Screen.CONSENT, draft=_asked(_told(at_open), len(Purpose) - 1)),
        **{f"profile-{step}": replace(visit, screen=Screen.PROFILE, profile=step) for step in ProfileStep},
        "activity": replace(visit, screen=Screen.ACTIVITY),
        "activity-typed": replace(visit, screen=Screen.ACTIVITY, typed="47"),
        "activity-unknown-code": replace(visit, screen=Screen.ACTIVITY, remark=Remark.UNKNOWN_CODE),
        "saving": replace(visit, screen=Screen.SAVING),
        "thanks": replace(visit, screen=Screen.THANKS, is_sealed=True),
        "warning": replace(visit, screen=Screen.WARNING, returns_to=Screen.QUESTION),
        "closed": replace(visit, screen=Screen.CLOSED),
        "closed-full": Journey(Screen.CLOSED, publication, able),
    }


def _question(at: int, kind: AnswerKind, asked: dict[Language, str], chosen: tuple[str, ...]) -> Question:
    filmed = kind is not AnswerKind.YES_NO
    forms: dict[Language, QuestionForm] = {
        language: QuestionForm(
            text=text,
            video=FILM if filmed else None,
            captions=CAPTIONS if filmed else None,
            sound=None if filmed else SOUND,
        )
        for language, text in asked.items()
    }
    choices = tuple(
        Choice(id=name, labels=labels, sounds=dict.fromkeys(labels, SOUND), pictogram=drawing)
        for name, drawing, labels in _CHOICES
        if name in chosen
    )
    return Question(
        id=UUID(int=100 + at),
        aspect="bieb",
        kind=kind,
        forms=forms,
        choices=choices if kind is AnswerKind.CHOICE else (),
    )


def _broken(remark: Remark) -> frozenset[Device]:
    """Return the device that a remark is about."""
    device = CaptureFailed(remark).device
    return frozenset({device} if device else ())


def _recording(at_open: Journey, way: Way) -> dict[str, Journey]:
    made = replace(at_open, way=way, draft=replace(at_open.in_visit, age_band=AgeBand.FROM_16))
    playback = replace(made, screen=Screen.PLAYBACK, take=TAKE, recording=_take(way))
    return {
        f"notice-{way}": replace(made, screen=Screen.NOTICE),
        f"ready-{way}": replace(made, screen=Screen.READY),
        f"ready-{way}-silent": replace(made, screen=Screen.READY, remark=Remark.SILENT),
        f"countdown-{way}": replace(made, screen=Screen.COUNTDOWN),
        f"recording-{way}": replace(made, screen=Screen.RECORDING, take=TAKE),
        f"stopping-{way}": replace(made, screen=Screen.RECORDING, take=TAKE, stopping=True),
        f"playback-{way}": playback,
        f"playback-{way}-silent": replace(playback, remark=Remark.SILENT),
    }


def _take(way: Way) -> Recording:
    return Recording(
        id=TAKE,
        way=Way.VIDEO if way is Way.VIDEO else Way.VOICE,
        media_type="video/webm" if way is Way.VIDEO else "audio/webm",
        seconds=12.0,
        bytes=1,
        sha256="0" * 64,
    )


def _told(at_open: Journey) -> Draft:
    """Return the draft in which the open question was answered by voice."""
    spoken = RecordingAnswer(question_id=at_open.question.id, at=WHEN, recording=_take(Way.VOICE))
    return at_open.in_visit.answered(spoken)


def _asked(draft: Draft, before: int) -> Draft:
    given = (
        Consent(purpose=purpose, given=True, wording_sha256="0" * 64, language="nl", at=WHEN)
        for purpose in list(Purpose)[:before]
    )
    return replace(draft, position=len(_QUESTIONS) - 1, consents=tuple(given))

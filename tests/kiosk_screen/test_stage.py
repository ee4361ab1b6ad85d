"""What stands on the screen: the controls that the journey offers and no others, named, in the right language."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest

from kiosk.examples import CODE, FILM, example_journeys, example_publication
from kiosk.journey import Journey, Screen
from kiosk.offers import BAR, actions
from kiosk.stage import Surroundings, render, render_shell
from kiosk.texts import written_languages
from vertelpaal.publication import AnswerKind, Publication, Question, QuestionForm
from vertelpaal.visit import SmileyAnswer
from vertelpaal.words import Language

SURROUNDINGS = Surroundings(
    library="Bibliotheek Noordenveld", pairing_code="482913", public_url="https://bieb.example/"
)
HOSTILE = "<img src=x onerror=alert(1)>\"'&<script>alert(2)</script>"


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """The elements of a page, in order, each with the text straight inside it."""

    elements: list[Element] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.closed = False
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.elements and not self.closed:
            self.elements[-1].text += data

    def handle_endtag(self, tag: str) -> None:
        self.closed = True

    def having(self, attribute: str) -> list[Element]:
        return [element for element in self.elements if attribute in element.attributes]

    def tagged(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    return page


def screens() -> list[tuple[Language, str, Journey]]:
    return [
        (language, name, journey)
        for language in written_languages()
        for name, journey in example_journeys(language).items()
    ]


@pytest.mark.parametrize(("language", "name", "journey"), screens(), ids=lambda value: str(value)[:24])
def test_a_screen_offers_what_the_journey_does_and_nothing_else(
    language: Language, name: str, journey: Journey
) -> None:
    page = read(render(journey, SURROUNDINGS).html)
    controls = page.having("data-action")
    assert sorted(control.attributes["data-action"] for control in controls) == sorted(actions(journey))
    assert {element.attributes["data-action"] for element in page.tagged("button")} == set(actions(journey))
    assert all(control.tag == "button" and control.attributes["aria-label"].strip() for control in controls)
    section = page.tagged("section")[0]
    visit = journey.draft.language if journey.draft else "nl"
    direction = "rtl" if visit in ("ar", "fa") else "ltr"
    assert (section.attributes["lang"], section.attributes["dir"]) == (visit, direction)
    assert len(page.tagged("h1")) == 1
    assert all("style" not in element.attributes for element in page.elements), "the policy refuses inline styles"


@pytest.mark.parametrize("language", written_languages())
def test_the_bar_keeps_its_places(language: Language) -> None:
    for name, journey in example_journeys(language).items():
        html = render(journey, SURROUNDINGS).html
        bar = read(html[html.index('<nav class="bar') :])
        assert [one.attributes["data-action"] for one in bar.having("data-action")] == [
            place for place in BAR if place in actions(journey)
        ], name


def test_a_question_that_is_not_in_the_language_is_whole_in_dutch() -> None:
    journey = asked(forms={"nl": QuestionForm(text="Wat vind je van het café?")}, language="en")
    page = read(render(journey, SURROUNDINGS).html)
    heading = page.tagged("h1")[0]
    assert (heading.attributes["lang"], heading.text) == ("nl", "Wat vind je van het café?")
    assert page.tagged("section")[0].attributes["lang"] == "en"


def test_what_staff_wrote_cannot_become_markup() -> None:
    journey = asked(forms={"nl": QuestionForm(text=HOSTILE)}, language="nl")
    library = Surroundings(library=HOSTILE)
    for html in (render(journey, library).html, render(replace(journey, screen=Screen.ATTRACT), library).html):
        page = read(html)
        assert not page.tagged("script") and not page.tagged("img")
    assert read(render(journey, library).html).tagged("h1")[0].text == HOSTILE


def test_a_question_with_a_video_is_said_by_its_video_and_one_without_by_a_prompt() -> None:
    filmed = example_journeys("nl")["question-smiley"]
    assert render(filmed, SURROUNDINGS).prompt is None
    video = read(render(filmed, SURROUNDINGS).html).tagged("video")[0]
    assert video.attributes["src"] == f"/files/{FILM}"
    bare = asked(forms={"nl": QuestionForm(text="Hoe is de sfeer?")}, language="nl")
    assert render(bare, SURROUNDINGS).prompt == "/prompts/nl/question-smiley.webm"


def test_faces_are_named_aloud_the_first_time_only() -> None:
    first = example_journeys("nl")["question-smiley"]
    answer = SmileyAnswer(question_id=first.question.id, at=first.in_visit.started_at, value=4)
    later = replace(first, draft=first.in_visit.answered(answer))
    assert len(read(render(first, SURROUNDINGS).html).having("data-say")) == 6, "five faces, and not knowing"
    assert not read(render(later, SURROUNDINGS).html).having("data-say")


def test_nothing_is_said_into_a_recording_nor_to_who_walks_by() -> None:
    journeys = example_journeys("nl")
    for name in ("attract", "recording-voice", "recording-video", "stopping-voice"):
        assert render(journeys[name], SURROUNDINGS).prompt is None


def test_the_code_stands_in_three_groups_and_as_qr_only_with_a_public_page() -> None:
    thanks = example_journeys("nl")["thanks"]
    page = read(render(thanks, SURROUNDINGS).html)
    assert page.having("data-withdrawal-code")[0].attributes["data-withdrawal-code"] == CODE
    characters = [element.text for element in page.elements if element.tag == "b"]
    assert "".join(characters) == CODE.replace("-", "")
    assert "<figure" in render(thanks, SURROUNDINGS).html
    assert "<figure" not in render(thanks, Surroundings(library="")).html


def test_the_pairing_code_shows_while_waiting() -> None:
    waiting = Journey(Screen.WAITING)
    assert "482913" in render(waiting, SURROUNDINGS).html
    assert "data-pairing-code" not in render(waiting, Surroundings(library="")).html


def test_the_page_holds_a_screen_for_when_the_agent_is_away() -> None:
    shell = read(render_shell())
    assert shell.tagged("body")[0].attributes == {"data-screen": "waiting", "data-visit-language": "nl"}
    assert shell.tagged("template")[0].attributes == {"id": "resting"}
    assert not shell.having("data-action")
    assert all("src" in script.attributes for script in shell.tagged("script")), "the policy refuses inline scripts"


def asked(forms: dict[Language, QuestionForm], language: Language) -> Journey:
    publication = example_publication()
    question = Question(id=publication.questions[0].id, aspect="bieb", kind=AnswerKind.SMILEY, forms=forms)
    changed = Publication.model_validate({**dict(publication), "questions": (question,)})
    return replace(example_journeys(language)["question-smiley"], publication=changed)

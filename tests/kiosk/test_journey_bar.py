"""The fixed bar: another language in two touches from anywhere, louder, again, help."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.conditions import Conditions
from kiosk.events import Sealed, SoundHeard, TakeFinished
from kiosk.examples import example_journeys
from kiosk.journey import DEFAULT_VOLUME, Journey, Screen
from kiosk.offers import OUT_OF_VISIT, TALKING, actions, offered_languages
from tests.kiosk.walker import Walker
from tests.makers import create_publication, create_recording

TRILINGUAL = Conditions(languages=("nl", "en", "ar"))
EXAMPLES = example_journeys("nl")


def walker_at(journey: Journey) -> Walker:
    walker = Walker(journey.publication)
    walker.journey = journey
    return walker


@pytest.mark.parametrize(
    "name", [name for name, one in EXAMPLES.items() if one.draft and one.screen not in (Screen.SAVING, Screen.LANGUAGE)]
)
def test_another_language_is_two_touches_away_and_one_comes_back(name: str) -> None:
    walker = walker_at(EXAMPLES[name])
    before = walker.journey
    if before.stopping:
        return  # the last chunk is on its way: nothing to touch for a moment
    walker.touches("language")
    if before.screen is Screen.RECORDING:
        assert before.take is not None
        walker.happens(TakeFinished(create_recording(b"x").model_copy(update={"id": before.take})))
    assert walker.journey.screen is Screen.LANGUAGE
    walker.touches("language:en")
    expected = {
        Screen.WARNING: Screen.QUESTION,
        Screen.COUNTDOWN: Screen.READY,
        Screen.RECORDING: Screen.PLAYBACK,
    }.get(before.screen, before.screen)
    assert (walker.journey.screen, walker.journey.language) == (expected, "en")
    assert walker.journey.remark is before.remark
    assert walker.journey.in_visit.position == before.in_visit.position


def test_who_looks_at_the_languages_can_keep_the_one_they_have() -> None:
    walker = walker_at(EXAMPLES["consent-quote"])
    assert walker.touches("language", "back") is Screen.CONSENT
    assert walker.journey.language == "nl"


def test_a_warning_on_the_languages_leads_back_to_where_one_came_from() -> None:
    walker = walker_at(EXAMPLES["age"])
    walker.touches("language")
    assert walker.waits(31) is Screen.WARNING
    assert walker.touches("language") is Screen.LANGUAGE
    assert walker.touches("language:ar") is Screen.AGE


def test_a_pole_with_one_language_offers_no_other() -> None:
    walker = Walker(create_publication(), Conditions(languages=("nl",)))
    assert walker.touches("start") is Screen.QUESTION
    assert "language" not in actions(walker.journey)


def test_a_language_is_offered_when_publication_and_pole_both_speak_it() -> None:
    publication = create_publication(languages=("en", "uk", "nl"))
    walker = Walker(publication, TRILINGUAL)
    assert offered_languages(walker.journey) == ("nl", "en")


def test_the_volume_goes_round_and_is_back_for_the_next_visitor() -> None:
    walker = walker_at(EXAMPLES["question-smiley"])
    seen = []
    for _ in range(4):
        walker.touches("volume")
        seen.append(walker.journey.volume)
    assert seen == [3, 0, 1, 2]
    walker.touches("volume", "leave")
    assert walker.journey.volume == DEFAULT_VOLUME


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_again_help_and_louder_are_on_every_screen_that_talks_to_a_visitor(name: str) -> None:
    journey = EXAMPLES[name]
    has = {"repeat", "help", "volume"} <= set(actions(journey))
    assert has == (journey.screen in TALKING and journey.draft is not None)
    assert ("leave" in actions(journey)) == (journey.screen not in OUT_OF_VISIT or journey.screen is Screen.WARNING)


def test_thanks_warn_before_they_go_and_nothing_is_sealed_twice() -> None:
    walker = Walker(create_publication())
    walker.touches("start", "language:nl", "smiley:5", "smiley:4", "skip", "skip")
    walker.happens(Sealed(walker.journey.in_visit.id))
    assert walker.waits(55) is Screen.THANKS
    assert walker.waits(6) is Screen.WARNING
    assert walker.touches("more-time") is Screen.THANKS
    assert walker.waits(61) is Screen.WARNING
    assert walker.waits(21) is Screen.ATTRACT
    assert len(walker.seals) == 1


def test_a_microphone_that_hears_nothing_offers_to_type_until_it_hears() -> None:
    walker = walker_at(EXAMPLES["ready-voice"])
    walker.happens(SoundHeard(False))
    assert "way:text" in actions(walker.journey)
    walker.happens(SoundHeard(True))
    assert "way:text" not in actions(walker.journey)
    walker.happens(SoundHeard(False))
    assert walker.touches("way:text") is Screen.TEXT


def test_a_silent_recording_is_told_and_thrown_away_for_typing() -> None:
    walker = walker_at(replace(EXAMPLES["recording-video"], stopping=True))
    take = walker.journey.take
    assert take is not None
    walker.takes.add(take)
    walker.happens(TakeFinished(create_recording(b"x").model_copy(update={"id": take}), heard=False))
    offered = actions(walker.journey)
    assert offered[0] == "redo", "who was not heard is first offered to do it again"
    assert set(offered) >= {"keep", "delete", "way:text"}, "who signs keeps a silent video"
    assert walker.touches("way:text") is Screen.TEXT
    assert not walker.takes

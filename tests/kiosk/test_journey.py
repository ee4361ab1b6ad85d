"""The journey of a visit, told as stories."""

from __future__ import annotations

import pytest

from kiosk.draft import Pole
from kiosk.events import (
    CaptureFailed,
    PublicationArrived,
    Remark,
    ScreenReturned,
    Sealed,
    SealFailed,
    SpeechBegan,
    SpeechEnded,
    TakeFinished,
    Touched,
    Unpaired,
)
from kiosk.journey import Screen
from kiosk.offers import actions
from kiosk.touches import TOUCHES
from tests.kiosk.walker import Walker
from tests.makers import BETTER, create_publication, create_recording
from vertelpaal.identifiers import new_id
from vertelpaal.publication import ConsentQuestion, Purpose
from vertelpaal.visit import AgeBand, Ending, RecordingAnswer, SkipAnswer, TextAnswer, Visit

SOUND = "a" * 64

POLE = Pole(new_id(), new_id(), 1, 0.0)


def at_open_question() -> Walker:
    """Return a visitor who gave two smileys and chooses a way to answer the open question."""
    walker = Walker(create_publication())
    walker.touches("start", "language:nl", "smiley:5", "smiley:2", "next")
    return walker


def sealed_visit(walker: Walker) -> Visit:
    """Return the one visit that was sealed."""
    (seal,) = walker.seals
    return seal.draft.to_visit(seal.publication, seal.ending, seal.ended_at, POLE)


def test_a_visit_with_smileys_and_a_spoken_answer() -> None:
    walker = at_open_question()
    assert walker.touches("way:voice", "age:16-plus") is Screen.NOTICE
    assert walker.touches("yes") is Screen.READY
    assert walker.records() is Screen.PLAYBACK
    assert walker.touches("keep") is Screen.CONSENT
    assert walker.touches("yes", "yes", "no") is Screen.PROFILE
    assert walker.touches("no") is Screen.SAVING
    assert walker.happens(Sealed(walker.journey.in_visit.id)) is Screen.THANKS
    visit = sealed_visit(walker)
    assert [answer.kind for answer in visit.answers] == ["smiley", "smiley", "recording"]
    assert [(consent.purpose, consent.given) for consent in visit.consents] == [
        (Purpose.REVIEW, True),
        (Purpose.QUOTE, True),
        (Purpose.SHOW, False),
    ]
    assert (visit.member, visit.ending, visit.withdrawal_code) == (False, Ending.THANKS, walker.journey.in_visit.code)
    assert walker.touches("done") is Screen.ATTRACT
    assert not walker.takes


def test_every_consent_names_the_wording_that_was_asked_and_its_language() -> None:
    """By its hash, which the server resolves from the publication."""
    asked = (
        ConsentQuestion(
            purpose=Purpose.REVIEW,
            wordings={"nl": "Mag dit?", "en": "May we?"},
            sounds={"nl": SOUND, "en": SOUND},
        ),
        ConsentQuestion(purpose=Purpose.QUOTE, wordings={"nl": "Mag dat?"}, sounds={"nl": SOUND}),
    )
    walker = Walker(create_publication(consents=asked))
    walker.touches("start", "language:en", "smiley:5", "smiley:2", "next", "way:voice", "age:16-plus", "yes")
    walker.records()
    walker.touches("keep", "yes", "no", "no")
    walker.happens(Sealed(walker.journey.in_visit.id))
    consents = sealed_visit(walker).consents
    found = [one.wording_with(consent.wording_sha256) for one, consent in zip(asked, consents, strict=True)]
    assert found == [("en", "May we?"), ("nl", "Mag dat?")]
    assert [consent.language for consent in consents] == ["en", "nl"]
    assert asked[0].wording_with(consents[1].wording_sha256) is None


def test_no_thanks_is_said_before_the_envelope_is_on_the_disk() -> None:
    walker = at_open_question()
    walker.touches("skip", "skip")
    assert walker.journey.screen is Screen.SAVING
    assert walker.waits(50) is Screen.SAVING
    assert walker.happens(SealFailed(walker.journey.in_visit.id)) is Screen.CLOSED


def test_a_seal_that_never_answers_does_not_hold_the_pole_for_ever() -> None:
    walker = at_open_question()
    walker.touches("skip", "skip")
    assert walker.waits(61) is Screen.CLOSED
    assert walker.happens(Sealed(walker.journey.in_visit.id)) is Screen.CLOSED
    assert walker.waits(20) is Screen.ATTRACT


def test_the_seal_of_an_earlier_visit_thanks_nobody_else() -> None:
    walker = at_open_question()
    walker.touches("skip", "skip")
    assert walker.happens(Sealed(new_id())) is Screen.SAVING
    assert walker.happens(SealFailed(new_id())) is Screen.SAVING


def test_a_visit_that_could_not_be_saved_is_sealed_no_second_time() -> None:
    walker = at_open_question()
    walker.touches("skip", "skip")
    assert walker.waits(61) is Screen.CLOSED
    assert walker.touches("language", "leave") is Screen.ATTRACT
    assert len(walker.seals) == 1


def test_who_touched_the_wrong_age_is_asked_it_again() -> None:
    walker = at_open_question()
    assert walker.touches("way:voice", "age:under-16", "back") is Screen.WAY
    assert walker.touches("way:voice") is Screen.AGE
    assert walker.touches("age:16-plus") is Screen.NOTICE
    assert walker.touches("back", "way:text") is Screen.AGE


def test_a_pole_that_the_server_does_not_know_waits_for_staff_after_the_visit() -> None:
    walker = Walker(create_publication())
    walker.touches("start", "language:nl", "smiley:4")
    assert walker.happens(Unpaired()) is Screen.QUESTION
    assert walker.touches("leave") is Screen.WAITING
    assert walker.happens(PublicationArrived(create_publication())) is Screen.ATTRACT
    assert walker.happens(Unpaired()) is Screen.WAITING


def test_who_refuses_review_leaves_taps_only_and_is_thanked_as_well() -> None:
    walker = at_open_question()
    walker.touches("way:video", "age:16-plus", "yes")
    walker.records()
    walker.touches("keep")
    assert walker.touches("no") is Screen.PROFILE
    assert not walker.takes
    walker.touches("skip")
    visit = sealed_visit(walker)
    assert not visit.recordings
    assert [(consent.purpose, consent.given) for consent in visit.consents] == [(Purpose.REVIEW, False)]
    assert walker.happens(Sealed(walker.journey.in_visit.id)) is Screen.THANKS


def test_who_is_under_16_is_asked_nothing_open() -> None:
    walker = at_open_question()
    assert walker.touches("way:voice", "age:under-16") is Screen.NOTICE
    assert actions(walker.journey)[0] == "next", "hears that nothing is recorded, and is asked nothing"
    assert walker.touches("next") is Screen.PROFILE
    walker.touches("skip")
    visit = sealed_visit(walker)
    assert visit.age_band is AgeBand.UNDER_16
    assert isinstance(visit.answers[-1], SkipAnswer)


def test_a_typed_answer() -> None:
    walker = at_open_question()
    assert walker.touches("way:text", "age:16-plus") is Screen.TEXT
    assert walker.touches("keep", text="   ") is Screen.TEXT
    assert walker.touches("keep", text=" Meer boeken. ") is Screen.CONSENT
    walker.touches("yes", "no", "no", "skip")
    answer = sealed_visit(walker).answers[-1]
    assert isinstance(answer, TextAnswer)
    assert answer.text == "Meer boeken."


def test_who_walks_away_is_warned_and_leaves_taps_only() -> None:
    walker = at_open_question()
    walker.touches("way:voice", "age:16-plus", "yes")
    walker.records()
    assert walker.waits(31) is Screen.WARNING
    assert walker.touches("more-time") is Screen.PLAYBACK
    for _ in range(10):
        assert walker.waits(31) is Screen.WARNING
        assert walker.touches("more-time") is Screen.PLAYBACK
    assert walker.waits(31) is Screen.WARNING
    assert walker.waits(21) is Screen.ATTRACT
    visit = sealed_visit(walker)
    assert visit.ending is Ending.TIMED_OUT
    assert not visit.recordings
    assert (visit.withdrawal_code, visit.age_band, visit.consents) == (None, None, ())
    assert not walker.takes


def test_who_leaves_before_any_answer_leaves_nothing() -> None:
    walker = Walker(create_publication())
    assert walker.touches("start", "language:en", "leave") is Screen.ATTRACT
    assert not walker.seals


def test_the_timer_rests_while_something_plays() -> None:
    walker = Walker(create_publication())
    walker.touches("start", "language:nl")
    walker.happens(SpeechBegan())
    assert walker.waits(60) is Screen.QUESTION
    walker.happens(SpeechEnded())
    assert walker.waits(29) is Screen.QUESTION
    assert walker.waits(3) is Screen.WARNING


def test_speech_whose_end_is_never_told_does_not_hold_the_timer_for_ever() -> None:
    walker = Walker(create_publication())
    walker.touches("start", "language:nl")
    walker.happens(SpeechBegan())
    assert walker.waits(200) is Screen.ATTRACT


def test_the_video_of_an_open_question_leads_on_by_itself() -> None:
    publication = create_publication()
    *taps, open_question = publication.questions
    filmed = open_question.forms["nl"].model_copy(update={"video": "0" * 64})
    with_video = open_question.model_copy(update={"forms": {"nl": filmed}})
    for question, screen in ((open_question, Screen.QUESTION), (with_video, Screen.WAY)):
        walker = Walker(publication.model_copy(update={"questions": (*taps, question)}))
        walker.touches("start", "language:nl", "smiley:3", "not-used")
        walker.happens(SpeechBegan())
        assert walker.happens(SpeechEnded()) is screen


def test_help_on_a_filmed_question_does_not_lead_away_from_it() -> None:
    publication = create_publication()
    *taps, open_question = publication.questions
    filmed = open_question.forms["nl"].model_copy(update={"video": "0" * 64})
    with_video = open_question.model_copy(update={"forms": {"nl": filmed}})
    walker = Walker(publication.model_copy(update={"questions": (*taps, with_video)}))
    walker.touches("start", "language:nl", "smiley:3", "not-used", "help")
    walker.happens(SpeechBegan())
    assert walker.happens(SpeechEnded()) is Screen.QUESTION
    walker.touches("repeat")
    assert walker.happens(SpeechEnded()) is Screen.WAY


def test_recording_stops_by_itself_and_a_silent_browser_is_given_up() -> None:
    walker = at_open_question()
    walker.touches("way:voice", "age:16-plus", "yes", "record")
    walker.waits(4)
    walker.waits(61)
    assert (walker.journey.screen, walker.journey.stopping) == (Screen.RECORDING, True)
    assert walker.waits(10) is Screen.WAY
    assert not walker.takes


def test_a_camera_that_goes_away_in_the_middle_offers_the_other_ways() -> None:
    walker = at_open_question()
    walker.touches("way:video", "age:16-plus", "yes", "record")
    walker.waits(4)
    assert walker.happens(CaptureFailed(Remark.CAMERA)) is Screen.WAY
    assert walker.journey.remark is Remark.CAMERA
    assert not walker.takes
    assert walker.touches("way:voice") is Screen.NOTICE
    assert walker.journey.remark is None


def test_a_browser_that_comes_back_goes_on_but_not_with_a_recording() -> None:
    walker = at_open_question()
    walker.touches("way:voice", "age:16-plus", "yes")
    assert walker.happens(ScreenReturned()) is Screen.READY
    walker.touches("record")
    walker.waits(4)
    assert walker.happens(ScreenReturned()) is Screen.WAY
    assert not walker.takes


def test_answering_again_drops_the_earlier_recording() -> None:
    publication = create_publication()
    open_first = publication.model_copy(update={"questions": publication.questions[::-1]})
    walker = Walker(open_first)
    walker.touches("start", "language:nl", "next", "way:voice", "age:16-plus", "yes")
    walker.records()
    walker.touches("keep")
    assert len(walker.takes) == 1
    walker.touches("back", "skip")
    assert not walker.takes


def test_a_take_of_an_earlier_visitor_is_nobodys() -> None:
    walker = at_open_question()
    walker.touches("way:voice", "age:16-plus", "yes", "record")
    walker.waits(4)
    assert walker.happens(TakeFinished(create_recording(b"x"))) is Screen.RECORDING


def test_a_new_publication_waits_for_the_end_of_the_visit() -> None:
    walker = Walker(None)
    assert walker.happens(PublicationArrived(create_publication())) is Screen.ATTRACT
    walker.touches("start", "language:nl", "smiley:1")
    walker.happens(PublicationArrived(create_publication(number=2)))
    assert walker.journey.published.number == 1
    walker.touches("leave")
    assert walker.journey.published.number == 2


def test_a_touch_that_the_screen_does_not_offer_changes_nothing() -> None:
    walker = Walker(create_publication())
    before = walker.journey.screen
    for action in ("done", "smiley:5", "smiley:9", "language:xx", "", "keep", "start:now"):
        walker.happens(Touched(action))
        assert walker.journey.screen is before


def test_every_offered_action_has_exactly_one_rule() -> None:
    pairs = [(screen, rule.verb) for rule in TOUCHES for screen in rule.screens]
    assert len(pairs) == len(set(pairs))


def test_the_open_question_is_the_one_of_the_recording() -> None:
    walker = at_open_question()
    walker.touches("way:voice", "age:16-plus", "yes")
    walker.records(b"what was said")
    walker.touches("keep", "yes", "no", "no", "skip")
    answer = sealed_visit(walker).answers[-1]
    assert isinstance(answer, RecordingAnswer)
    assert answer.question_id == BETTER


@pytest.mark.parametrize("screen", [screen for screen in Screen if screen not in (Screen.WAITING, Screen.SAVING)])
def test_no_screen_is_a_dead_end(screen: Screen) -> None:
    """From each screen a touch or time leads on."""
    from kiosk.journey import OUTSIDE
    from kiosk.waits import TIMED

    has_touch = any(screen in rule.screens and rule.to for rule in TOUCHES)
    assert has_touch or screen in TIMED or screen not in OUTSIDE

"""What the pole can do at a moment: devices, room on the disk, activities, and somebody before it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from kiosk.conditions import MIB, Conditions, Device, Room, room_of
from kiosk.draft import Pole
from kiosk.events import CaptureFailed, ConditionsChanged, Remark, Sealed
from kiosk.examples import ACTIVITY
from kiosk.journey import ProfileStep, Screen
from kiosk.offers import actions
from tests.kiosk.walker import Walker
from tests.makers import create_publication
from vertelpaal.identifiers import new_id
from vertelpaal.publication import AnswerKind, Choice, Question, QuestionForm
from vertelpaal.visit import Visit

POLE = Pole(new_id(), new_id(), 1, 0.0)
ABLE = Conditions(languages=("nl", "en"))


def at_way(conditions: Conditions = ABLE) -> Walker:
    walker = Walker(create_publication(), conditions)
    walker.touches("start", "language:nl", "smiley:5", "smiley:2", "next")
    return walker


def ways(walker: Walker) -> list[str]:
    return [action for action in actions(walker.journey) if action.startswith("way:")]


def visit_of(walker: Walker) -> Visit:
    (seal,) = walker.seals
    return seal.draft.to_visit(seal.publication, seal.ending, seal.ended_at, POLE)


@pytest.mark.parametrize(
    ("free", "room"),
    [(0, Room.NONE), (5 * MIB, Room.TAPS), (20 * MIB, Room.TEXT), (100 * MIB, Room.VOICE), (10**12, Room.VIDEO)],
)
def test_what_fits_in_the_space_that_is_left(free: int, room: Room) -> None:
    assert room_of(free) is room


@pytest.mark.parametrize(
    ("room", "offered"),
    [
        (Room.VIDEO, ["way:voice", "way:video", "way:text"]),
        (Room.VOICE, ["way:voice", "way:text"]),
        (Room.TEXT, ["way:text"]),
    ],
)
def test_a_disk_that_fills_offers_what_still_fits(room: Room, offered: list[str]) -> None:
    assert ways(at_way(replace(ABLE, room=room))) == offered


def test_with_room_for_taps_alone_nothing_open_is_asked() -> None:
    walker = Walker(create_publication(), replace(ABLE, room=Room.TAPS))
    assert walker.touches("start", "language:nl", "smiley:5", "smiley:2") is Screen.PROFILE


def test_a_full_pole_is_closed_and_heals_by_itself() -> None:
    walker = Walker(create_publication(), replace(ABLE, room=Room.NONE))
    assert walker.waits(40) is Screen.CLOSED
    assert actions(walker.journey) == ()
    assert walker.happens(ConditionsChanged(ABLE)) is Screen.ATTRACT
    assert walker.happens(ConditionsChanged(replace(ABLE, room=Room.NONE))) is Screen.CLOSED


def test_a_disk_that_fills_during_a_visit_does_not_end_it() -> None:
    walker = at_way()
    assert walker.happens(ConditionsChanged(replace(ABLE, room=Room.NONE))) is Screen.WAY
    assert ways(walker) == []
    assert walker.touches("skip") is Screen.PROFILE


def test_without_a_camera_one_speaks_or_types_and_without_microphone_types() -> None:
    assert ways(at_way(replace(ABLE, devices=frozenset({Device.MICROPHONE})))) == ["way:voice", "way:text"]
    assert ways(at_way(replace(ABLE, devices=frozenset({Device.CAMERA})))) == ["way:text"]


def test_a_device_that_failed_is_offered_again_when_it_is_back() -> None:
    walker = at_way()
    walker.touches("way:video", "age:16-plus", "yes")
    assert walker.happens(CaptureFailed(Remark.CAMERA)) is Screen.WAY
    assert ways(walker) == ["way:voice", "way:text"]
    walker.happens(ConditionsChanged(replace(ABLE, devices=frozenset({Device.MICROPHONE}))))
    walker.happens(ConditionsChanged(ABLE))
    assert "way:video" in ways(walker)


def test_the_next_visitor_may_try_a_device_that_failed_before() -> None:
    walker = at_way()
    walker.touches("way:video", "age:16-plus", "yes")
    walker.happens(CaptureFailed(Remark.CAMERA))
    walker.touches("leave", "start", "language:nl", "smiley:5", "smiley:2", "next")
    assert "way:video" in ways(walker)


def test_every_visit_belongs_to_the_activity_that_staff_set_on_the_pole() -> None:
    walker = Walker(create_publication(), replace(ABLE, activities=(ACTIVITY.model_copy(update={"on_pole": True}),)))
    walker.touches("start", "language:nl", "smiley:5", "smiley:4", "skip")
    assert walker.journey.profile is ProfileStep.MEMBER
    assert walker.touches("no") is Screen.SAVING, "and nobody is asked for it"
    assert visit_of(walker).activity == ACTIVITY.slug


def test_who_takes_part_types_the_three_digits() -> None:
    walker = Walker(create_publication(), replace(ABLE, activities=(ACTIVITY,)))
    walker.touches("start", "language:nl", "smiley:5", "smiley:4", "skip", "yes")
    assert walker.journey.profile is ProfileStep.ACTIVITY
    assert walker.touches("yes") is Screen.ACTIVITY
    walker.touches("digit:9", "digit:9", "digit:9")
    assert (walker.journey.remark, walker.journey.typed) == (Remark.UNKNOWN_CODE, "")
    walker.touches("digit:4", "digit:8", "erase", "digit:7")
    assert walker.touches("digit:2") is Screen.SAVING
    assert visit_of(walker).activity == ACTIVITY.slug
    assert walker.happens(Sealed(walker.journey.in_visit.id)) is Screen.THANKS


def test_who_is_here_for_no_activity_says_no_or_nothing() -> None:
    for touches in (("no",), ("skip",), ("yes", "skip"), ("yes", "back", "no")):
        walker = Walker(create_publication(), replace(ABLE, activities=(ACTIVITY,)))
        walker.touches("start", "language:nl", "smiley:5", "smiley:4", "skip", "yes")
        assert walker.touches(*touches) is Screen.SAVING
        assert visit_of(walker).activity is None


def test_the_age_band_is_asked_at_the_end_of_who_was_not_asked_before() -> None:
    walker = Walker(create_publication(ask_age=True), ABLE)
    walker.touches("start", "language:nl", "smiley:5", "smiley:4", "skip", "no")
    assert walker.journey.profile is ProfileStep.AGE
    assert walker.touches("age:under-16") is Screen.SAVING
    assert visit_of(walker).age_band == "under-16"


def test_the_wait_is_shorter_when_nobody_is_seen_but_the_warning_is_as_long() -> None:
    walker = Walker(create_publication(), replace(ABLE, present=False))
    walker.touches("start", "language:nl")
    assert walker.waits(11) is Screen.QUESTION
    assert walker.waits(2) is Screen.WARNING
    assert walker.waits(18) is Screen.WARNING
    assert walker.waits(3) is Screen.ATTRACT


def test_more_than_five_choices_come_in_pages() -> None:
    choices = tuple(Choice(id=f"c{number}", labels={"nl": f"Keuze {number}"}) for number in range(8))
    question = Question(
        id=UUID(int=1),
        aspect="openingstijden",
        kind=AnswerKind.CHOICE,
        forms={"nl": QuestionForm(text="Waarvoor kom je?")},
        choices=choices,
    )
    publication = create_publication()
    walker = Walker(publication.model_copy(update={"questions": (question, *publication.questions)}), ABLE)
    walker.touches("start", "language:nl")

    def shown() -> list[str]:
        return [action for action in actions(walker.journey) if action.startswith("choice:")]

    assert shown() == [f"choice:c{number}" for number in range(5)]
    walker.touches("more")
    assert shown() == ["choice:c5", "choice:c6", "choice:c7"]
    walker.touches("more")
    assert shown()[0] == "choice:c0"
    walker.touches("more", "choice:c6")
    assert walker.journey.in_visit.answers[0].kind == "choice"
    assert walker.journey.page == 0

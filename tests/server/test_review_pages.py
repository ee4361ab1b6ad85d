"""What staff read on the pages of poles, quarantine and answers: what to do, before they do it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from server.app import local_time
from server.review.queries import AnswerFilter, find_answers
from server.tables import KioskRow, RecordingRow, RecordingState, TranscriptRow
from tests.makers import BETTER, HOURS, NOW, SampleLibrary, create_kiosk, create_visit
from tests.media import spoken_recording
from tests.web import WebUser

LISTEN = "Luister mee"


def transcribed(sample: SampleLibrary, sure: float, silent: float) -> str:
    """Return the address of a spoken answer with words of which the computer is so sure."""
    recording, media = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: media})
    with sample.database.transaction() as session:
        session.get_one(RecordingRow, recording.id).state = RecordingState.TRANSCRIBED
        heard = TranscriptRow(
            recording_id=recording.id,
            text="Meer plekken om te lezen.",
            segments=[],
            language="nl",
            language_probability=1.0,
            average_log_probability=math.log(sure),
            no_speech_probability=silent,
            model_name="mini",
            model_sha256="0" * 64,
            made_at=NOW,
        )
        session.add(heard)
    return f"/antwoorden/{visit.id}/{BETTER}"


def test_two_poles_of_a_branch_are_told_apart(sanne: WebUser, sample: SampleLibrary) -> None:
    first, second = create_kiosk(sample), create_kiosk(sample)
    with sample.database.transaction() as session:
        session.get_one(KioskRow, second).last_seen_at = NOW
    page = sanne.opens("/palen").get_data(as_text=True)
    assert page.index("Norg</strong>, paal 1 (staat uit)") < page.index("Norg</strong>, paal 2 (staat aan)")
    assert f"kenmerk {str(first)[-6:]}" in page
    assert f"kenmerk {str(second)[-6:]}" in page
    assert "Roden</strong>, de paal" in page


def test_a_pole_is_unpaired_after_a_yes_that_says_what_becomes_of_its_answers(
    sanne: WebUser, sample: SampleLibrary
) -> None:
    with sample.database.transaction() as session:
        session.get_one(KioskRow, sample.kiosk_id).status = {"software": "0", "queue": 3, "refused": 0}
    address = f"/palen/{sample.kiosk_id}/intrekken"
    assert address in sanne.opens("/palen").get_data(as_text=True)
    asked = sanne.opens(address).get_data(as_text=True)
    assert "Op deze paal staan nog 3 bezoeken" in asked
    assert "als je de paal weer koppelt" in asked
    with sample.database.reading() as session:
        assert session.get_one(KioskRow, sample.kiosk_id).revoked_at is None, "asking unpairs nothing"
    assert sanne.sends(address, {}).status_code == 302
    with sample.database.reading() as session:
        assert session.get_one(KioskRow, sample.kiosk_id).revoked_at == NOW
    assert sanne.opens(address).status_code == 404


def test_a_pole_whose_clock_was_wrong_stands_where_its_visits_arrived(sanne: WebUser, sample: SampleLibrary) -> None:
    long_ago = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    sound = create_visit(sample.kiosk_id, sequence=9)
    wrong = [
        create_visit(sample.kiosk_id, sequence=number, started_at=long_ago, ended_at=long_ago + timedelta(minutes=1))
        for number in (4, 6, 5)
    ]
    for visit in (wrong[0], sound, *wrong[1:]):
        sample.deliver(visit)
    later = create_visit(sample.kiosk_id, sequence=7, started_at=long_ago, ended_at=long_ago + timedelta(minutes=1))
    sample.clock.forward(60)
    sample.deliver(later)
    that_day = AnswerFilter(words_only=False, first_day=NOW.date(), last_day=NOW.date())
    with sample.database.reading() as session:
        shown = [one.visit for one in find_answers(session, that_day).answers]
    assert [visit.sequence for visit in shown] == [7, 6, 5, 4, 9], "they arrived after the other began"
    assert [visit.time_is_implausible for visit in shown] == [True, True, True, True, False]
    page = sanne.opens(f"/antwoorden/{wrong[0].id}/{HOURS}").get_data(as_text=True)
    assert f"kwam {local_time(NOW)}" in page
    assert "1970" not in page


def test_filters_are_emptied_where_there_are_any(sanne: WebUser) -> None:
    assert "Filters leegmaken" in sanne.opens("/antwoorden?vestiging=roden").get_data(as_text=True)
    assert "Filters leegmaken" not in sanne.opens("/antwoorden").get_data(as_text=True)


def test_an_empty_quarantine_says_how_long_things_stay_there(sanne: WebUser) -> None:
    page = sanne.opens("/quarantaine").get_data(as_text=True)
    assert "Er staat niets in quarantaine" in page
    assert "90 dagen apart bewaard" in page


@pytest.mark.parametrize(
    ("sure", "silent", "advice"),
    [(0.9, 0.1, None), (0.6, 0.1, "De computer twijfelt"), (0.9, 0.6, "Misschien sprak er niemand")],
)
def test_words_that_the_computer_doubts_say_to_listen(
    sanne: WebUser, sample: SampleLibrary, sure: float, silent: float, advice: str | None
) -> None:
    page = sanne.opens(transcribed(sample, sure, silent)).get_data(as_text=True)
    assert (LISTEN in page) == (advice is not None)
    assert advice is None or advice in page

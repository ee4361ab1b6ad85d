"""The whole way, once and for real: from a spoken answer at the pole to a line in the report."""

from __future__ import annotations

import random
import secrets
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sample.sentences import SPOKEN
from server.tables import RecordingRow, RecordingState, TranscriptRow
from tests.browser.conftest import OpenBrowser, RunningLibrary
from tests.browser.staff_member import StaffMember
from tests.browser.visitor import Visitor
from tests.sound import spoken_after_silence, write_silence

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole-way")]

LEAD_SECONDS = 7.0
"""Silence before the sentence: the file starts when the microphone opens, the recording some seconds later."""


def visit(running: RunningLibrary, open_browser: OpenBrowser, microphone: Path, way: str, seconds: float) -> str:
    """Make a whole visit with one recorded answer; return its withdrawal code."""
    visitor = Visitor(open_browser(microphone), running.household.kiosk_url, width=1280, height=800)  # a small pole
    visitor.starts()
    visitor.hears_the_question()
    visitor.gives_smileys(5, 4, 3, 4, 2, 5, 4)
    visitor.comes_to_the_ways()
    visitor.touches(f"way:{way}")
    visitor.sees("age")
    visitor.touches("age:16-plus")
    visitor.records(seconds)
    assert visitor.live_tracks() == 0
    visitor.looks_back()
    visitor.touches("keep")
    for _ in range(3):
        before = visitor.reads()
        visitor.sees("consent")
        visitor.touches("yes")
        visitor.page.wait_for_function("before => document.querySelector('main')?.innerText !== before", arg=before)
    visitor.sees("profile")
    visitor.touches("yes")
    code = visitor.withdrawal_code()
    visitor.touches("done")
    visitor.sees("attract")
    assert visitor.complaints == []
    visitor.leaves()
    return code


def newest_recording(running: RunningLibrary) -> RecordingRow:
    with running.database.reading() as session:
        newest = session.scalars(select(RecordingRow).order_by(RecordingRow.id.desc())).first()
    assert newest is not None
    return newest


def count_transcripts(running: RunningLibrary) -> int:
    with running.database.reading() as session:
        return session.scalar(select(func.count()).select_from(TranscriptRow)) or 0


@pytest.fixture
def sanne(running: RunningLibrary, open_browser: OpenBrowser) -> StaffMember:
    """Return a staff member who looks at the answers, on the live line."""
    member = StaffMember(open_browser(), running.household.server_url)
    member.signs_in(running.library.email, running.library.password)
    member.is_on_the_live_line()
    return member


@pytest.mark.parametrize("way", ["voice", pytest.param("video", marks=pytest.mark.proof)])
def test_a_sentence_spoken_at_the_pole_is_read_by_staff(
    running: RunningLibrary, open_browser: OpenBrowser, sanne: StaffMember, tmp_path: Path, way: str
) -> None:
    """The sentence is drawn anew in every run and for each way; another, which nobody spoke, is the control."""
    spoken, other = random.Random(secrets.randbits(32)).sample([one.text for one in SPOKEN], 2)
    print(f"spoken: {spoken!r}")
    microphone = spoken_after_silence(spoken, LEAD_SECONDS, tmp_path / "spoken.wav")
    visit(running, open_browser, microphone, way, LEAD_SECONDS + 3)
    sanne.sees_a_new_answer()
    sanne.sees_newest_say(spoken)
    sanne.opens_newest()
    assert spoken in sanne.reads()
    assert other not in sanne.reads()
    sanne.plays_it()
    assert sanne.complaints == []
    assert newest_recording(running).way == way


def test_control_silence_gives_no_transcript(
    running: RunningLibrary, open_browser: OpenBrowser, sanne: StaffMember, tmp_path: Path
) -> None:
    before = count_transcripts(running)
    visit(running, open_browser, write_silence(tmp_path / "silence.wav", 30), "voice", 4)
    sanne.sees_newest_state("geen spraak gehoord")
    assert count_transcripts(running) == before
    assert newest_recording(running).state == RecordingState.NO_SPEECH


def test_a_visit_is_taken_back_with_the_code_on_the_screen(
    running: RunningLibrary, open_browser: OpenBrowser, sanne: StaffMember, tmp_path: Path
) -> None:
    spoken = SPOKEN[0].text
    microphone = spoken_after_silence(spoken, LEAD_SECONDS, tmp_path / "spoken.wav")
    code = visit(running, open_browser, microphone, "voice", LEAD_SECONDS + 3)
    sanne.sees_newest_say(spoken)
    recording = newest_recording(running)
    media = running.home / "server" / "media"
    assert list(media.glob(f"{recording.id}.*"))
    StaffMember(open_browser(), running.household.server_url).takes_back(code)
    sanne.sees_newest_state("ingetrokken")
    assert not list(media.glob(f"{recording.id}.*"))
    assert newest_recording(running).state == RecordingState.ERASED
    with running.database.reading() as session:
        assert session.get(TranscriptRow, recording.id) is None

"""From a received envelope to rows and media; what is wrong is put aside with its reason."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import av
import pyrage
import pytest
from sqlalchemy import select

from server.decoding.decoder import Decoder
from server.decoding.wall import Limits
from server.pipeline.media import inspect_and_remux
from server.pipeline.retry import retry
from server.pipeline.settling import discard_sealed
from server.pipeline.unpack import MAX_ATTEMPTS
from server.review.queries import quarantined
from server.tables import AnswerRow, EnvelopeRow, EnvelopeState, RecordingRow, RecordingState, VisitRow
from tests.makers import HOURS, NOW, STAFF, SampleLibrary, create_recording, create_visit, seal
from tests.media import create_webm, filmed_recording, spoken_recording
from vertelpaal.errors import InvalidMedia
from vertelpaal.visit import ChoiceAnswer, NumberAnswer, SmileyAnswer, Visit, Way


def state_of(sample: SampleLibrary, visit_id: UUID) -> tuple[str, str | None]:
    """Return the state and the reason of an envelope."""
    with sample.database.reading() as session:
        row = session.get_one(EnvelopeRow, visit_id)
        return row.state, row.reason


def recording_row(sample: SampleLibrary, visit: Visit) -> RecordingRow:
    with sample.database.reading() as session:
        return session.get_one(RecordingRow, visit.recordings[0].id)


def deliver_media(sample: SampleLibrary, data: bytes, way: Way = Way.VOICE, seconds: float = 2.0) -> RecordingRow:
    """Deliver a visit whose recording is this file; return its row."""
    assert way is not Way.TEXT
    recording = create_recording(data, way, seconds)
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    assert state_of(sample, visit.id)[0] == EnvelopeState.PROCESSED
    return recording_row(sample, visit)


def test_a_visit_of_taps_becomes_rows_and_its_sealed_bytes_go(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id, smiley=2, clock_offset=90.0)
    sample.deliver(visit)
    assert not sample.folders.sealed(visit.id).exists()
    with sample.database.reading() as session:
        row = session.get_one(VisitRow, visit.id)
        assert (row.started_at - visit.started_at).total_seconds() == 90
        (answer,) = session.scalars(select(AnswerRow)).all()
        assert (answer.question_id, answer.aspect, answer.smiley) == (HOURS, "openingstijden", 2)
        assert answer.wording == sample.publication.questions[0].wording


@pytest.mark.parametrize(
    ("codec", "media_type", "name"),
    [("libx264", "video/mp4", "h264"), ("libvpx", "video/webm", "vp8"), ("libvpx-vp9", "video/webm", "vp9")],
)
def test_a_video_is_remuxed_with_its_length_and_gets_a_poster(
    sample: SampleLibrary, codec: str, media_type: str, name: str
) -> None:
    recording, data = filmed_recording(2.0, codec)  # type: ignore[arg-type]
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    row = recording_row(sample, visit)
    assert (row.state, row.media_type, row.video_codec, row.too_dark) == (
        RecordingState.OPENED,
        media_type,
        name,
        False,
    )
    assert (row.width, row.height) == (320, 240)
    assert row.media_file is not None
    assert row.poster_file is not None
    with av.open(str(sample.folders.media / row.media_file)) as container:
        assert container.duration is not None
        assert 1.8 < container.duration / 1e6 < 2.4
        assert {stream.type for stream in container.streams} == {"audio", "video"}
    assert (sample.folders.media / row.poster_file).read_bytes()[:2] == b"\xff\xd8"


def test_a_dark_video_is_noticed(sample: SampleLibrary) -> None:
    recording, data = filmed_recording(dark=True)
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    assert recording_row(sample, visit).too_dark is True


def test_a_voice_has_no_poster_and_can_be_sought_in(sample: SampleLibrary) -> None:
    recording, data = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    row = recording_row(sample, visit)
    assert (row.media_type, row.poster_file, row.too_dark) == ("audio/webm", None, None)
    assert row.media_file is not None
    with av.open(str(sample.folders.media / row.media_file)) as container:
        assert container.duration is not None


def test_unpacking_again_changes_nothing(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.deliver(visit)
    sample.unpacker.unpack(visit.id)
    with sample.database.reading() as session:
        assert len(session.scalars(select(VisitRow)).all()) == 1


def test_media_that_is_truncated(sample: SampleLibrary) -> None:
    data = create_webm(4.0)
    row = deliver_media(sample, data[: len(data) // 4], seconds=4.0)
    assert row.state == RecordingState.QUARANTINED
    assert row.reason is not None
    assert "truncated" in row.reason


def test_a_text_file_named_webm(sample: SampleLibrary) -> None:
    row = deliver_media(sample, b"Dit is geen opname, maar een briefje.\n")
    assert (row.state, row.reason) == (RecordingState.QUARANTINED, "not a WebM file")


def test_an_hls_playlist(sample: SampleLibrary) -> None:
    row = deliver_media(sample, b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
    assert (row.state, row.reason) == (RecordingState.QUARANTINED, "not a WebM file")


def test_a_header_with_nothing_behind_it(sample: SampleLibrary) -> None:
    row = deliver_media(sample, b"\x1a\x45\xdf\xa3" + b"\x00" * 400)
    assert row.state == RecordingState.QUARANTINED
    assert row.reason is not None
    assert row.reason.startswith("cannot be decoded")


def test_an_empty_file_is_refused_by_the_child(tmp_path: Path) -> None:
    (tmp_path / "empty.webm").touch()
    with pytest.raises(InvalidMedia, match="empty"):
        inspect_and_remux(tmp_path / "empty.webm", tmp_path, "out", 1.0)


def test_a_voice_that_comes_with_a_picture(sample: SampleLibrary) -> None:
    """Who chose to be heard is not seen."""
    row = deliver_media(sample, create_webm(2.0, "libvpx"), Way.VOICE)
    assert (row.state, row.reason) == (RecordingState.QUARANTINED, "a recording of a voice with a picture in it")
    assert list(sample.folders.media.iterdir()) == []


def test_media_of_two_hours(sample: SampleLibrary, tmp_path: Path) -> None:
    """Two hours by its time stamps: it is refused by what its packets say, whatever the pole declared."""
    source = tmp_path / "long.mka"
    short: Any = av.open(io.BytesIO(create_webm(2.0)))
    with av.open(str(source), "w", format="matroska") as written, short:
        copy = written.add_stream_from_template(short.streams.audio[0])
        for packet in short.demux(audio=0):
            if packet.dts is None:
                continue
            packet.stream = copy
            packet.pts = packet.dts = packet.dts * 3600
            written.mux(packet)
    row = deliver_media(sample, source.read_bytes(), seconds=60.0)
    assert (row.state, row.reason) == (RecordingState.QUARANTINED, "longer than 150 seconds")


def test_the_decoder_is_held_to_its_limits(tmp_path: Path) -> None:
    source = tmp_path / "good.webm"
    source.write_bytes(create_webm(2.0, "libx264"))
    with pytest.raises(InvalidMedia, match=r"within 0\.001 seconds"):
        inspect_and_remux(source, tmp_path, "slow", 2.0, Decoder(Limits(wall_seconds=0.001)))
    with pytest.raises(InvalidMedia, match="output grew"):
        inspect_and_remux(source, tmp_path, "big", 2.0, Decoder(Limits(output_bytes=2000)))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["good.webm"]


def test_one_wrong_recording_leaves_the_rest_of_the_visit_good(sample: SampleLibrary) -> None:
    row = deliver_media(sample, b"not a recording")
    with sample.database.reading() as session:
        smiley = session.scalar(
            select(AnswerRow.smiley).where(AnswerRow.visit_id == row.visit_id, AnswerRow.smiley > 0)
        )
        assert smiley == 4
        (found,) = quarantined(session, 90)
        assert (found.visit_id, found.detail, found.reason) == (row.visit_id, "opname", "not a WebM file")
    assert (sample.folders.quarantine / f"{row.id}.webm").read_bytes() == b"not a recording"


def test_an_envelope_that_does_not_open_is_kept_aside(sample: SampleLibrary) -> None:
    visit_id, sealed = uuid4(), b"no envelope at all"
    sample.receive(visit_id, sealed)
    sample.unpacker.unpack(visit_id)
    state, reason = state_of(sample, visit_id)
    assert (state, reason and reason.split(":")[0]) == ("quarantined", "does not open with this library's keys")
    assert (sample.folders.quarantine / f"{visit_id}.age").read_bytes() == sealed
    assert not sample.folders.sealed(visit_id).exists()
    with sample.database.reading() as session:
        assert [one.detail for one in quarantined(session, 90)] == ["envelop"]


def quarantine_reason(sample: SampleLibrary, visit: Visit, outside: UUID | None = None) -> str:
    """Deliver a visit that must be put aside; return the reason."""
    visit_id = outside or visit.id
    sample.receive(visit_id, seal(visit, {}, sample.identity.to_public()))
    sample.unpacker.unpack(visit_id)
    state, reason = state_of(sample, visit_id)
    assert state == EnvelopeState.QUARANTINED
    assert reason is not None
    return reason


def test_a_visit_of_an_unknown_publication(sample: SampleLibrary) -> None:
    assert quarantine_reason(sample, create_visit(sample.kiosk_id, publication=7)) == "unknown publication: 7"


def test_a_visit_of_an_unknown_pole(sample: SampleLibrary) -> None:
    assert "unknown here" in quarantine_reason(sample, create_visit(uuid4()))


def test_an_envelope_that_holds_another_visit(sample: SampleLibrary) -> None:
    assert "another visit" in quarantine_reason(sample, create_visit(sample.kiosk_id), outside=uuid4())


def test_an_answer_to_a_question_that_was_not_asked(sample: SampleLibrary) -> None:
    answers = (SmileyAnswer(question_id=uuid4(), at=NOW, value=3),)
    assert "does not ask" in quarantine_reason(sample, create_visit(sample.kiosk_id, answers=answers))


@pytest.mark.parametrize(
    "answer", [NumberAnswer(question_id=STAFF, at=NOW, value=3), ChoiceAnswer(question_id=STAFF, at=NOW, value="a")]
)
def test_an_answer_of_another_kind(sample: SampleLibrary, answer: NumberAnswer | ChoiceAnswer) -> None:
    assert "of kind" in quarantine_reason(sample, create_visit(sample.kiosk_id, answers=(answer,)))


def test_a_bomb_of_zeros_is_put_aside(sample: SampleLibrary) -> None:
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("visit.json", bytes(50 * 2**20))
    visit_id = uuid4()
    sample.receive(visit_id, pyrage.encrypt(plain.getvalue(), [sample.identity.to_public()]))
    sample.unpacker.unpack(visit_id)
    state, reason = state_of(sample, visit_id)
    assert state == EnvelopeState.QUARANTINED
    assert reason is not None
    assert "compressed" in reason
    assert not list(sample.folders.work.iterdir())


def test_an_envelope_that_keeps_killing_its_worker_is_parked(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    with sample.database.transaction() as session:
        session.get_one(EnvelopeRow, visit.id).attempts = MAX_ATTEMPTS
    sample.unpacker.unpack(visit.id)
    assert state_of(sample, visit.id) == ("quarantined", "it stopped the worker 3 times")


@pytest.mark.parametrize(("days", "flagged"), [(0, False), (-20, False), (-20_000, True), (365, True)])
def test_a_clock_that_cannot_be_right_is_flagged_and_not_corrected(
    sample: SampleLibrary, days: int, flagged: bool
) -> None:
    visit = create_visit(
        sample.kiosk_id, started_at=NOW + timedelta(days=days, minutes=-2), ended_at=NOW + timedelta(days=days)
    )
    sample.deliver(visit)
    with sample.database.reading() as session:
        row = session.get_one(VisitRow, visit.id)
        assert row.time_is_implausible is flagged
        assert row.started_at == visit.started_at


@pytest.mark.parametrize(
    ("minutes", "clock_offset", "flagged"),
    [(2, 0.0, False), (2, None, True), (-1, 0.0, True), (60 * 24, 0.0, True)],
    ids=["right", "never measured", "set back during the visit", "set ahead during the visit"],
)
def test_a_clock_that_nobody_can_trust_is_flagged(
    sample: SampleLibrary, minutes: int, clock_offset: float | None, flagged: bool
) -> None:
    visit = create_visit(
        sample.kiosk_id, started_at=NOW - timedelta(minutes=minutes), ended_at=NOW, clock_offset=clock_offset
    )
    sample.deliver(visit)
    with sample.database.reading() as session:
        assert session.get_one(VisitRow, visit.id).time_is_implausible is flagged


@pytest.mark.parametrize("clock_offset", [1e300, -1e12])
def test_a_time_that_is_in_no_calendar_is_quarantined_and_holds_up_no_worker(
    sample: SampleLibrary, clock_offset: float
) -> None:
    visit = create_visit(sample.kiosk_id).model_copy(update={"clock_offset": clock_offset})
    sample.deliver(visit)
    assert state_of(sample, visit.id)[0] == EnvelopeState.QUARANTINED


def test_an_envelope_whose_bytes_are_gone_is_shown_and_comes_back_with_them(sample: SampleLibrary) -> None:
    """A disk that is not there at a start takes nothing away: what comes back can be let in again."""
    visit = create_visit(sample.kiosk_id)
    sample.receive(visit.id, seal(visit, {}, sample.identity.to_public()))
    sealed = sample.folders.sealed(visit.id)
    elsewhere = sealed.rename(sealed.with_suffix(".elsewhere"))
    sample.unpacker.unpack(visit.id)
    assert state_of(sample, visit.id) == (EnvelopeState.QUARANTINED, "its sealed bytes are gone")
    elsewhere.rename(sealed)
    assert not discard_sealed(sample.database, sample.folders, visit.id), "nothing of it lies aside"
    assert retry(sample.database, sample.folders, sample.clock, everything=True) == [visit.id]
    sample.unpacker.unpack(visit.id)
    assert state_of(sample, visit.id) == (EnvelopeState.PROCESSED, None)


def test_an_envelope_that_was_opened_meanwhile_is_not_put_aside(sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.deliver(visit)
    sample.unpacker.quarantine(visit.id, "another worker says so")
    assert state_of(sample, visit.id) == (EnvelopeState.PROCESSED, None)

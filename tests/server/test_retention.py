"""Retention: each kind ends in its time and order, in any number of runs, and no score changes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError
from sqlalchemy import event, func, select

from server.pipeline.janitor import Janitor
from server.pipeline.media import RemuxedMedia
from server.pipeline.unpack import Unpacker
from server.privacy.belief import trust
from server.privacy.periods import DEFAULT_PERIODS, RetentionSettings
from server.privacy.retention import Ended, count_over, end_what_is_over
from server.privacy.withdrawal import withdraw
from server.reports.period import Period
from server.reports.queries import ReportQuery
from server.reports.report import make_report
from server.staff.operations import add_staff, disable_staff, sign_in
from server.staff.passwords import PasswordHash
from server.tables import (
    Base,
    ConsentRow,
    LiveEventRow,
    RecordingRow,
    RecordingState,
    StaffRow,
    StaffSessionRow,
    TombstoneRow,
    TranscriptRow,
    VisitRow,
)
from server.tables.personal import Aim, Kept, told_of
from tests.makers import NOW, WITHDRAWAL_KEY, SampleLibrary, create_recording, create_visit
from tests.server.test_withdrawal import WORDS, create_transcript, create_written_visit, everything_stored
from vertelpaal.cli import root
from vertelpaal.clock import SystemClock
from vertelpaal.errors import InvalidMedia, NotAllowed
from vertelpaal.visit import Recording, Visit, Way
from vertelpaal.withdrawal import new_code

FILM, SOUND = b"a film of somebody", b"the voice of somebody"
DAY = timedelta(days=1).total_seconds()
NIGHT = 13 * 3600
"""From half past one of a day in June to half past two of the night after, in Amsterdam."""


def copied(source: Path, folder: Path, name: str, declared_seconds: float) -> RemuxedMedia:
    """Stand in for remuxing: a film gets a poster, sound does not, and what is no WebM is refused."""
    if source.read_bytes() not in (FILM, SOUND):
        raise InvalidMedia("not a WebM file")
    is_film = source.read_bytes() == FILM
    media = folder / f"{name}.{'mp4' if is_film else 'webm'}"
    shutil.copyfile(source, media)
    poster = folder / f"{name}.jpg" if is_film else None
    if poster:
        poster.write_bytes(b"poster")
    if not is_film:
        return RemuxedMedia(media, "audio/webm", declared_seconds, None, None, None, None, too_dark=None)
    return RemuxedMedia(media, "video/mp4", declared_seconds, poster, "h264", 320, 240, too_dark=False)


@pytest.fixture
def sample(sample: SampleLibrary) -> SampleLibrary:
    """Return the sample library with a worker that decodes nothing: this is about what becomes of the files."""
    unpacker = Unpacker(sample.database, sample.folders, [sample.identity], WITHDRAWAL_KEY, sample.clock, remux=copied)
    return replace(sample, unpacker=unpacker)


def filmed_recording() -> tuple[Recording, bytes]:
    return create_recording(FILM, Way.VIDEO), FILM


def spoken_recording() -> tuple[Recording, bytes]:
    return create_recording(SOUND, Way.VOICE), SOUND


def ends(sample: SampleLibrary, **bounds: int) -> Ended:
    """Run retention where somebody looked at the clock, which leaps by months here."""
    folders = (sample.folders.media, sample.folders.quarantine)
    with sample.database.transaction() as session:
        trust(session, sample.clock.now())
    return end_what_is_over(sample.database, folders, DEFAULT_PERIODS, sample.clock, **bounds)


def deliver(sample: SampleLibrary, made: tuple[Recording, bytes], **changes: Any) -> Visit:
    """Deliver a visit with a recording that was transcribed."""
    recording, data = made
    visit = create_visit(sample.kiosk_id, recording=recording, member=True, activity="taalcafe", **changes)
    sample.deliver(visit, {recording.id: data})
    with sample.database.transaction() as session:
        row = session.get_one(RecordingRow, recording.id)
        assert row.state == RecordingState.OPENED, row.reason
        row.state = RecordingState.TRANSCRIBED
        session.add(create_transcript(recording.id))
    return visit


def media(sample: SampleLibrary) -> set[str]:
    return {file.suffix for file in sample.folders.media.iterdir()}


def state(sample: SampleLibrary, visit: Visit) -> str:
    with sample.database.reading() as session:
        return session.get_one(RecordingRow, visit.recordings[0].id).state


def scores(sample: SampleLibrary) -> str:
    """Return the whole report over the year, but for when it was made."""
    query = ReportQuery(Period(date(2026, 1, 1), date(2026, 12, 31)))
    return make_report(sample.database, query, NOW).to_json()


def over(sample: SampleLibrary) -> Mapping[str, int]:
    with sample.database.reading() as session:
        counts = count_over(session, DEFAULT_PERIODS, sample.clock.now())
    return {kind: count for kind, count in counts.items() if count}


def test_a_face_goes_first_then_a_voice_then_words_then_who_it_was(sample: SampleLibrary) -> None:
    filmed, spoken = deliver(sample, filmed_recording()), deliver(sample, spoken_recording())
    written = create_written_visit(sample)
    sample.deliver(written)
    went = []
    for day in (0, 89, 90, 179, 180, 364, 365, 729, 730):
        sample.clock.at = NOW + timedelta(days=day)
        ended = ends(sample)
        assert ended.is_complete
        went += [(day, kind, count) for kind, count in ended.counts.items() if count]
    assert went == [
        (90, "video", 1),
        (180, "voice", 1),
        (365, "transcript", 2),
        (365, "text", 1),
        (730, "profile", 3),
    ]
    assert state(sample, filmed) == state(sample, spoken) == RecordingState.ERASED
    assert WORDS.encode() not in everything_stored(sample)


def test_when_the_video_is_over_its_words_stay(sample: SampleLibrary) -> None:
    visit = deliver(sample, filmed_recording())
    assert media(sample) == {".mp4", ".jpg"}
    sample.clock.forward(91 * DAY)
    ends(sample)
    assert media(sample) == set()
    assert state(sample, visit) == RecordingState.TRANSCRIBED
    assert WORDS.encode() in everything_stored(sample)


def test_what_was_never_transcribed_is_erased_with_its_media(sample: SampleLibrary) -> None:
    recording, data = spoken_recording()
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.deliver(visit, {recording.id: data})
    sample.clock.forward(181 * DAY)
    ends(sample)
    assert state(sample, visit) == RecordingState.ERASED


def test_quarantined_bytes_of_a_video_go_with_videos(sample: SampleLibrary) -> None:
    data = b"no film"
    broken = create_recording(data, Way.VIDEO)
    visit = create_visit(sample.kiosk_id, recording=broken)
    sample.deliver(visit, {broken.id: data})
    assert state(sample, visit) == RecordingState.QUARANTINED
    assert list(sample.folders.quarantine.iterdir())
    sample.clock.forward(91 * DAY)
    ends(sample)
    assert state(sample, visit) == RecordingState.ERASED
    assert not list(sample.folders.quarantine.iterdir())


def test_no_score_changes_whatever_ends(sample: SampleLibrary) -> None:
    for smiley in (1, 2, 3, 4, 5, 5, 5, 4, 4, 2, 1, 3):
        deliver(sample, spoken_recording(), smiley=smiley, withdrawal_code=new_code())
    before = scores(sample)
    assert '"n":12' in before
    sample.clock.forward(731 * DAY)
    assert ends(sample).total == 36
    assert scores(sample) == before


def test_in_the_end_nothing_says_who_it_was(sample: SampleLibrary) -> None:
    """Every column of a visitor that is not kept as taps is empty or its row is gone, also one that is added later."""
    deliver(sample, filmed_recording())
    written = create_written_visit(sample)
    sample.deliver(written)
    assert written.withdrawal_code is not None
    sample.clock.forward(1826 * DAY)
    ends(sample)
    with sample.database.reading() as session:
        left = [
            f"{table.name}.{column.name}"
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if (told := told_of(column)) and told.aim is not Aim.STAFF
            if told.kept not in (Kept.TAPS, Kept.DELIVERY) and column.name != "language"
            if session.scalar(select(func.count(column)))
        ]
        assert left == []
        assert set(session.scalars(select(VisitRow.language))) == {"und"}


def test_a_dry_run_counts_what_goes_and_touches_nothing(sample: SampleLibrary) -> None:
    deliver(sample, filmed_recording())
    sample.clock.forward(366 * DAY)
    stored = everything_stored(sample)
    assert over(sample) == {"video": 1, "transcript": 1}
    assert everything_stored(sample) == stored
    assert media(sample) == {".mp4", ".jpg"}
    assert {kind: count for kind, count in ends(sample).counts.items() if count} == {"video": 1, "transcript": 1}
    assert over(sample) == {}


def test_a_run_is_bounded_and_the_code_outlives_what_it_takes_back(sample: SampleLibrary) -> None:
    for _ in range(3):
        deliver(sample, spoken_recording(), withdrawal_code=new_code())
    sample.clock.forward(731 * DAY)
    runs: list[Ended] = []
    while not runs or not runs[-1].is_complete:
        runs.append(ends(sample, most=2))
        with sample.database.reading() as session:
            codes = session.scalar(select(func.count(VisitRow.withdrawal_hash)))
            assert codes == 3 or not session.scalar(select(func.count(TranscriptRow.text)))
    assert [run.total for run in runs] == [2, 2, 2, 2, 1]
    assert ends(sample).total == 0, "running again changes nothing"


class Crash(Exception):
    """The machine stops."""


def test_a_crash_at_any_commit_leaves_no_file_without_owner_for_long(sample: SampleLibrary) -> None:
    """Stopped at the first, second, … commit and begun again: all is over, nothing is left, nothing else is touched."""
    young = deliver(sample, filmed_recording())
    old = [deliver(sample, made(), withdrawal_code=new_code()) for made in (filmed_recording, spoken_recording)]
    with sample.database.transaction() as session:
        for visit in old:
            session.get_one(VisitRow, visit.id).started_at -= timedelta(days=731)
    stops = 0
    for last in range(1, 30):
        commits: list[int] = []

        def stop(_: object, last: int = last, commits: list[int] = commits) -> None:
            commits.append(1)
            if len(commits) == last:
                raise Crash

        event.listen(sample.database.engine, "commit", stop)
        try:
            ends(sample)
        except Crash:
            stops += 1
        finally:
            event.remove(sample.database.engine, "commit", stop)
        if len(commits) < last:
            break
    assert stops >= 6
    Janitor(sample.database, sample.folders, sample.clock, 90, DEFAULT_PERIODS).clean()
    names = {file.name.partition(".")[0] for file in sample.folders.media.iterdir()}
    assert names == {str(young.recordings[0].id)}
    assert [state(sample, visit) for visit in old] == [RecordingState.ERASED] * 2
    assert state(sample, young) == RecordingState.TRANSCRIBED


def test_files_that_a_crash_left_go_with_the_janitor(sample: SampleLibrary) -> None:
    """The rows let go, then the machine stopped: nobody removed the files."""
    deliver(sample, filmed_recording())
    sample.clock.forward(91 * DAY)
    end_what_is_over(sample.database, (), DEFAULT_PERIODS, sample.clock)
    assert media(sample) == {".mp4", ".jpg"}
    Janitor(sample.database, sample.folders, sample.clock, 90, DEFAULT_PERIODS).clean()
    assert media(sample) == set()


def test_the_worker_does_it_once_a_night(sample: SampleLibrary) -> None:
    janitor = Janitor(sample.database, sample.folders, sample.clock, 90, DEFAULT_PERIODS)
    deliver(sample, filmed_recording())
    sample.clock.forward(89 * DAY + NIGHT)
    janitor.clean_now_and_then()
    assert media(sample) == {".mp4", ".jpg"}
    sample.clock.forward(DAY)
    janitor.clean_now_and_then()
    assert media(sample) == {".mp4", ".jpg"}, "it is not yet night"
    sample.clock.forward(2 * 3600)
    janitor.clean_now_and_then()
    assert media(sample) == set()


def test_pages_hear_of_it_when_files_are_gone(sample: SampleLibrary) -> None:
    visit = deliver(sample, filmed_recording())
    sample.clock.forward(91 * DAY)
    ends(sample)
    with sample.database.reading() as session:
        news = session.scalars(select(LiveEventRow.subject).where(LiveEventRow.kind == "erased")).all()
    assert news == [str(visit.id)]


def test_a_visit_of_a_pole_with_a_wrong_clock_counts_from_its_arrival(sample: SampleLibrary) -> None:
    years = timedelta(days=20_000)
    visit = deliver(sample, filmed_recording(), started_at=NOW - years, ended_at=NOW - years)
    sample.clock.forward(60)
    assert ends(sample).total == 0
    with sample.database.reading() as session:
        assert session.get_one(VisitRow, visit.id).time_is_implausible
    sample.clock.forward(91 * DAY)
    assert ends(sample).counts["video"] == 1


def test_tombstones_end_and_closed_accounts_lose_their_name(sample: SampleLibrary) -> None:
    withdraw(sample.database, (), new_code(), WITHDRAWAL_KEY, sample.clock)
    hashed = PasswordHash.of("een lang wachtwoord")
    with sample.database.transaction() as session:
        for name in ("sanne", "bilal"):
            add_staff(session, f"{name}@bibliotheek.example", name, hashed, sample.clock.now())
    sign_in(sample.database, "bilal@bibliotheek.example", "een lang wachtwoord", sample.clock.now())
    with sample.database.transaction() as session:
        disable_staff(session, "sanne@bibliotheek.example", sample.clock.now())
    sample.clock.forward(1826 * DAY)
    ended = ends(sample)
    assert (ended.counts["tombstone"], ended.counts["staff"], ended.counts["session"]) == (1, 1, 1)
    assert ends(sample).total == 0
    with sample.database.reading() as session:
        assert session.scalars(select(TombstoneRow)).all() == []
        assert session.scalars(select(StaffSessionRow)).all() == []
        assert set(session.scalars(select(StaffRow.name))) == {"bilal", "Oud-medewerker"}
    assert b"sanne" not in everything_stored(sample)
    with pytest.raises(NotAllowed):
        sign_in(sample.database, "sanne@bibliotheek.example", "", sample.clock.now())


def test_a_shorter_period_for_what_depends_on_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="must not be less than VERTELPAAL_KEEP_VIDEO_DAYS"):
        RetentionSettings(home=tmp_path, keep_video_days=200)
    with pytest.raises(ValidationError, match="must not be less than VERTELPAAL_KEEP_TEXT_DAYS"):
        RetentionSettings(home=tmp_path, keep_text_days=800)


def test_backups_go_with_the_tombstones_at_the_latest(tmp_path: Path) -> None:
    kinds = ("video", "voice", "transcript", "text", "profile", "tombstone")
    short: dict[str, Any] = {f"keep_{kind}_days": 7 for kind in kinds}
    assert RetentionSettings(home=tmp_path).backup_kept == timedelta(days=30)
    assert RetentionSettings(home=tmp_path, **short).backup_kept == timedelta(days=7), "the default follows"
    with pytest.raises(ValidationError, match="must not be more than VERTELPAAL_KEEP_TOMBSTONE_DAYS"):
        RetentionSettings(home=tmp_path, **short, keep_backup_days=8)


def test_every_period_ends_something(sample: SampleLibrary) -> None:
    assert {field.name for field in fields(DEFAULT_PERIODS)} | {"session"} == set(ends(sample).counts)


def test_settings_are_the_periods(tmp_path: Path) -> None:
    assert RetentionSettings(home=tmp_path).periods == DEFAULT_PERIODS
    shorter = RetentionSettings(home=tmp_path, keep_video_days=7).periods
    assert shorter == replace(DEFAULT_PERIODS, video=timedelta(days=7))


def test_a_consent_is_gone_with_the_code(sample: SampleLibrary) -> None:
    deliver(sample, spoken_recording())
    sample.clock.forward(729 * DAY)
    ends(sample)
    with sample.database.reading() as session:
        assert session.scalar(select(func.count(ConsentRow.purpose))) == 1
    sample.clock.forward(2 * DAY)
    ends(sample)
    with sample.database.reading() as session:
        assert session.scalar(select(func.count(ConsentRow.purpose))) == 0
        assert session.scalar(select(func.count()).select_from(VisitRow).where(VisitRow.member.is_not(None))) == 0


def test_the_command_ends_what_is_over_and_a_dry_run_says_what(
    sample: SampleLibrary, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path / "library"))
    monkeypatch.setenv("VERTELPAAL_DATABASE_URL", database_url)
    monkeypatch.setenv("VERTELPAAL_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("VERTELPAAL_WITHDRAWAL_KEY", WITHDRAWAL_KEY.decode())
    visit = deliver(sample, filmed_recording())
    (tmp_path / "library" / "server").mkdir(parents=True)
    media = sample.folders.media.rename(tmp_path / "library" / "server" / "media")
    with sample.database.transaction() as session:
        session.get_one(VisitRow, visit.id).started_at = SystemClock().now() - timedelta(days=100)
    said = [CliRunner().invoke(root, ["privacy", "retention", *dry]).stdout for dry in (["--dry-run"], [], [])]
    assert ["video       1" in one for one in said] == [True, True, False]
    assert [one.splitlines()[-1] for one in said] == ["Nothing was touched.", "Done.", "Done."]
    assert list(media.iterdir()) == []

"""Mutated recordings through the whole pipeline: each ends opened or quarantined with a reason; nothing dies of it."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from server.decoding.decoder import Decoder
from server.decoding.wall import Limits
from server.pipeline.media import RemuxedMedia, inspect_and_remux
from server.pipeline.unpack import Remux, Unpacker
from server.speech.hearing import ChildHearing
from server.tables import EnvelopeRow, EnvelopeState, RecordingRow, RecordingState
from tests.decoding.probes import FILLED_BYTES
from tests.decoding.spending import Meter, MeteredDecoder
from tests.makers import WITHDRAWAL_KEY, SampleLibrary, create_recording, create_visit, seal
from tests.media import create_webm
from tests.mutations import mutate
from vertelpaal.errors import Interrupted, InvalidMedia, NoSafeDecoding, Throttled
from vertelpaal.visit import Way

MUTATED = 300
PROOF_MUTATED = 10_000
PROOF = (pytest.mark.proof, pytest.mark.longest)
AT_ONCE = 2
MOST_TRIES = 200
LIMITS = Limits(wall_seconds=60, cpu_seconds=10, memory_bytes=2**30)
TO_ITS_END = replace(LIMITS, wall_seconds=LIMITS.wall_seconds + 5, cpu_seconds=LIMITS.cpu_seconds + 1)
"""With the start of a child, and until one that reached a limit is gone."""
COMMAND = (sys.executable, "-m", "tests.decoding.probes", "wall")
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> Meter:
    """Return what every child that is started from now on is noted by."""
    meter = Meter()
    monkeypatch.setattr("server.decoding.decoder.subprocess.Popen", meter.process())
    return meter


def seeds() -> list[bytes]:
    """Return a good recording of each kind that a pole makes."""
    return [create_webm(1.0, video) for video in (None, "libx264", "libvpx", "libvpx-vp9")]


def mutated_recordings(count: int) -> Iterator[bytes]:
    """Yield bent recordings, the same each time."""
    good = seeds()
    for number in range(count):
        yield mutate(good, random.Random(number)) or b"\0"  # an empty recording is refused before this


def hear(decoder: Decoder, media: Path) -> str:
    """Hear an opened recording as transcription does; return how that ended."""
    try:
        ChildHearing(decoder)(media)
    except InvalidMedia:
        return "then not heard"
    return "and heard"


def receive(sample: SampleLibrary, visit_id: UUID, sealed: bytes) -> None:
    """Take an envelope in; like a pole, come back when one that shares its lock is at it in this moment."""
    for _ in range(MOST_TRIES):
        with suppress(Throttled):
            sample.receive(visit_id, sealed)
            return
        time.sleep(0.05)
    raise AssertionError(f"the envelope of {visit_id} was never let in")


def end_of(sample: SampleLibrary, unpacker: Unpacker, decoder: Decoder, data: bytes) -> str:
    """Deliver one recording and have it opened and heard; return how it ended."""
    recording = create_recording(data, Way.VIDEO, 0.5)
    visit = create_visit(sample.kiosk_id, recording=recording)
    receive(sample, visit.id, seal(visit, {recording.id: data}, sample.identity.to_public()))
    try:
        unpacker.unpack(visit.id)
    except Exception as error:
        return f"raised {type(error).__name__}"
    with sample.database.reading() as session:
        envelope, row = session.get_one(EnvelopeRow, visit.id), session.get(RecordingRow, recording.id)
    if envelope.state != EnvelopeState.PROCESSED or row is None:
        return f"lost as {envelope.state}"
    if row.state == RecordingState.QUARANTINED:
        left = [*sample.folders.media.glob(f"{recording.id}.*")]
        return "quarantined" if row.reason and not left else "quarantined, but not well"
    assert row.media_file is not None
    return f"opened {hear(decoder, sample.folders.media / row.media_file)}"


GOOD_ENDS = {"quarantined", "opened and heard", "opened then not heard"}


def ends_of(sample: SampleLibrary, remux: Remux, decoder: Decoder, recordings: Iterator[bytes]) -> Counter[str]:
    """Open each, some at once as a worker does; count how they ended."""
    unpacker = Unpacker(sample.database, sample.folders, [sample.identity], WITHDRAWAL_KEY, sample.clock, remux)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return Counter(threads.map(partial(end_of, sample, unpacker, decoder), recordings))


@SQLITE
@pytest.mark.parametrize("count", [MUTATED, pytest.param(PROOF_MUTATED, marks=PROOF)])
def test_every_mutated_recording_ends_within_its_limits(sample: SampleLibrary, count: int, meter: Meter) -> None:
    decoder = MeteredDecoder(meter, LIMITS, ahead=True)
    try:
        ends = ends_of(sample, partial(inspect_and_remux, decoder=decoder), decoder, mutated_recordings(count))
    finally:
        decoder.close()
    print(f"{count} mutated recordings: {dict(ends)}; {meter.spent}")
    assert ends.keys() <= GOOD_ENDS, ends
    assert ends.total() == count
    assert ends["quarantined"] > count / 10, "they are bent enough to matter"
    assert ends["opened and heard"] > count / 10, "and not so much that nobody looks inside"
    assert not list(sample.folders.work.iterdir())
    assert meter.spent.over(TO_ITS_END) == []
    assert meter.spent.children > count, "each has one of its own, and what was opened is heard by another"
    assert meter.spent.output_bytes > 0


def test_what_a_greedy_recording_spends_is_measured(meter: Meter, tmp_path: Path) -> None:
    """The control: a child for each limit, which holds them all, and none that are narrower."""
    (tmp_path / "recording").touch()
    wide, narrow = Limits(cpu_seconds=3), Limits(wall_seconds=1, cpu_seconds=0, memory_bytes=FILLED_BYTES)
    decoder = MeteredDecoder(meter, wide, command=COMMAND)
    decoder.decode("fill_memory", tmp_path / "recording")
    decoder.decode("say_much", tmp_path / "recording")
    with pytest.raises(InvalidMedia, match="processor time"):
        decoder.decode("take_processor", tmp_path / "recording")
    assert meter.spent.over(replace(narrow, output_bytes=2**20)) == [*vars(narrow)]


@SQLITE
def test_a_decoder_that_kills_or_forgets_is_noticed(sample: SampleLibrary) -> None:
    """The control: a remux that raises what is no word about the recording, and one that keeps a half file."""

    def careless(source: Path, folder: Path, name: str, _seconds: float) -> RemuxedMedia:
        if source.stat().st_size % 2:
            raise RuntimeError("a fault of our own")
        (folder / f"{name}.mp4").write_bytes(b"half")
        raise InvalidMedia("broken")

    ends = ends_of(sample, careless, Decoder(), iter([b"odd", b"even"]))
    assert ends == {"raised RuntimeError": 1, "quarantined, but not well": 1}


@SQLITE
def test_a_decoder_that_crashes_costs_the_recording_and_not_the_worker(sample: SampleLibrary) -> None:
    crash = "import sys; print('{\"ready\": true}', flush=True); sys.stdin.read(); import ctypes; ctypes.string_at(0)"
    decoder = Decoder(command=(sys.executable, "-c", crash))
    ends = ends_of(sample, partial(inspect_and_remux, decoder=decoder), decoder, iter([create_webm(1.0)]))
    assert ends == {"quarantined": 1}


def receive_voice(sample: SampleLibrary) -> UUID:
    """Receive a visit with a good recording of a voice, and return its id."""
    data = create_webm(1.0)
    recording = create_recording(data, Way.VOICE, 1.0)
    visit = create_visit(sample.kiosk_id, recording=recording)
    sample.receive(visit.id, seal(visit, {recording.id: data}, sample.identity.to_public()))
    return visit.id


@SQLITE
def test_where_the_wall_is_missing_an_envelope_waits(sample: SampleLibrary) -> None:
    """It is neither lost nor put aside, it costs no attempt, and it is opened when there is a wall."""
    visit_id = receive_voice(sample)
    missing = Decoder(command=(sys.executable, "-m", "tests.decoding.probes", "missing"))
    remux = partial(inspect_and_remux, decoder=missing)
    without = Unpacker(sample.database, sample.folders, [sample.identity], WITHDRAWAL_KEY, sample.clock, remux)
    for _ in range(5):
        with pytest.raises(NoSafeDecoding):
            without.unpack(visit_id)
    assert envelope_state(sample, visit_id) == EnvelopeState.RECEIVED
    sample.unpacker.unpack(visit_id)
    assert envelope_state(sample, visit_id) == EnvelopeState.PROCESSED


@SQLITE
def test_a_child_that_is_killed_from_outside_costs_the_envelope_nothing(sample: SampleLibrary) -> None:
    """As by the kernel where memory runs out; it is opened when there is memory."""
    visit_id = receive_voice(sample)
    killed = "import os; print('{\"ready\": true}', flush=True); os.kill(os.getpid(), 9)"
    remux = partial(inspect_and_remux, decoder=Decoder(command=(sys.executable, "-c", killed)))
    starved = Unpacker(sample.database, sample.folders, [sample.identity], WITHDRAWAL_KEY, sample.clock, remux)
    for _ in range(5):
        with pytest.raises(Interrupted):
            starved.unpack(visit_id)
    assert envelope_state(sample, visit_id) == EnvelopeState.RECEIVED
    assert not list(sample.folders.quarantine.iterdir())
    sample.unpacker.unpack(visit_id)
    with sample.database.reading() as session:
        assert session.scalars(select(RecordingRow)).one().state == RecordingState.OPENED


def envelope_state(sample: SampleLibrary, visit_id: UUID) -> str:
    with sample.database.reading() as session:
        return session.get_one(EnvelopeRow, visit_id).state

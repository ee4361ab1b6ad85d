"""What the worker adds to an envelope: its queue, rows and news, on top of opening, remuxing and transcribing it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.comparison import Comparison
from benchmarks.households import BenchLibrary, sample_library
from models.store import find_model
from server.decoding.decoder import Decoder
from server.pipeline.command import CONCURRENCY
from server.pipeline.media import inspect_and_remux
from server.pipeline.transcription import UNTRANSCRIBED
from server.speech.hearing import ChildHearing
from server.speech.whisper import load_whisper
from server.tables import EnvelopeRow, EnvelopeState, RecordingRow, TranscriptRow
from vertelpaal.envelope import open_envelope
from vertelpaal.keys import KeyRing

ENVELOPES = 60
LONGEST_SECONDS = 180.0


def work_and_work_by_hand(folder: Path) -> Comparison:
    """Compare the seconds that each of some envelopes takes; all of them wait when the worker begins."""
    with sample_library(folder / "working", recordings=ENVELOPES) as bench:
        by_hand = _by_hand(bench, folder / "by-hand")
        worked = _worked(bench)
    return Comparison(
        f"worker, each envelope (adds {worked - by_hand:+.3f} s)",
        "opened, remuxed, transcribed by hand",
        worked,
        by_hand,
        ENVELOPES,
        f"none; both: {CONCURRENCY} at a time",
    )


def is_done(bench: BenchLibrary) -> bool:
    """Return whether every envelope is opened and every recording heard."""
    with bench.database.reading() as session:
        sealed = select(func.count()).where(EnvelopeRow.state == EnvelopeState.RECEIVED)
        unheard = select(func.count()).where(RecordingRow.state.in_(UNTRANSCRIBED))
        return not session.scalar(sealed) and not session.scalar(unheard)


def _by_hand(bench: BenchLibrary, folder: Path) -> float:
    """Do as many at a time as the worker and keep nothing; return the seconds for each."""
    settings = bench.library.settings
    model = find_model(settings.models_folder, settings.model, "cpu")
    assert model is not None, "the mini model comes with this clone"
    decoder, keys = Decoder(ahead=True), KeyRing(settings.keys_folder)
    remux = partial(inspect_and_remux, decoder=decoder)
    transcriber = load_whisper(model, "cpu", hearing=ChildHearing(decoder))
    sealed = sorted(settings.intake_folder.glob("*.age"))
    assert len(sealed) == ENVELOPES

    def work(file: Path) -> None:
        place = folder / file.stem
        place.mkdir(parents=True)
        opened = open_envelope(file, keys, place)
        for one in opened.visit.recordings:
            media = remux(opened.media[one.id], place, str(one.id), one.seconds)
            transcriber.transcribe(media.file, opened.visit.language)

    began = time.perf_counter()
    with ThreadPoolExecutor(CONCURRENCY) as hands:
        list(hands.map(work, sealed))
    taken = time.perf_counter() - began
    decoder.close()
    return taken / len(sealed)


def _worked(bench: BenchLibrary) -> float:
    """Let a worker do them; return the seconds for each after the first, so that no start is counted."""
    bench.household.launch("worker")
    until = time.monotonic() + LONGEST_SECONDS
    while not is_done(bench):
        assert time.monotonic() < until, f"the worker did not finish in {LONGEST_SECONDS:g} seconds"
        time.sleep(0.2)
    with bench.database.reading() as session:
        opened = session.scalars(select(EnvelopeRow.processed_at)).all()
        heard = session.scalars(select(TranscriptRow.made_at)).all()
    moments = sorted(at for at in (*opened, *heard) if at is not None)
    return (moments[-1] - moments[0]).total_seconds() / (ENVELOPES - 1)

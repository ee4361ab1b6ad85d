"""Our warm Transcriber against faster-whisper called by hand, on the same recording with the same options."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.comparison import Comparison, compare
from models.store import find_model
from sample.recordings import voice_recording
from sample.sentences import SPOKEN
from server.decoding.decoder import Decoder
from server.speech.hearing import ChildHearing
from server.speech.whisper import load_whisper

RUNS = 12


def transcribe_warm_and_by_hand(folder: Path) -> Comparison:
    """Compare; ours decodes behind the wall, by hand it decodes in this process, and that difference is counted."""
    from faster_whisper import WhisperModel

    model = find_model(folder, "mini", "cpu")
    assert model is not None, "the mini model comes with this clone"
    recording = folder / "spoken.webm"
    recording.write_bytes(voice_recording(SPOKEN[0].text, random.Random(1)))  # noqa: S311  # the same voice each time
    decoder = Decoder(ahead=True)
    transcriber = load_whisper(model, "cpu", hearing=ChildHearing(decoder), threads=2)
    by_hand = WhisperModel(str(model.folder), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True)

    def call_by_hand() -> None:
        segments, _ = by_hand.transcribe(
            str(recording), language="nl", vad_filter=True, word_timestamps=True, beam_size=1
        )
        list(segments)

    try:
        return compare(
            "transcribe one answer, warm",
            "faster-whisper by hand, same options",
            lambda: transcriber.transcribe(recording, "nl"),
            call_by_hand,
            runs=RUNS,
            goal="≤ 1.05",
        )
    finally:
        decoder.close()

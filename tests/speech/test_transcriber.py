"""A transcript's averages are what its docstring says."""

from __future__ import annotations

import pytest

from server.speech.transcriber import ModelIdentity, Segment, transcript_of

MODEL = ModelIdentity("mini", "0" * 64)


def create_segment(start: float, end: float, log_probability: float, no_speech: float) -> Segment:
    return Segment("Ja.", start, end, log_probability, no_speech, ())


def test_a_long_segment_weighs_more_than_a_short_one() -> None:
    segments = (create_segment(0, 1, -1.0, 0.4), create_segment(1, 4, -0.2, 0.0))
    transcript = transcript_of(segments, language="nl", language_probability=1, model=MODEL)
    assert transcript.text == "Ja. Ja."
    assert transcript.average_log_probability == pytest.approx(-0.4)
    assert transcript.no_speech_probability == pytest.approx(0.1)


def test_segments_without_duration_weigh_the_same() -> None:
    segments = (create_segment(1, 1, -1.0, 0.4), create_segment(1, 1, 0.0, 0.0))
    transcript = transcript_of(segments, language="nl", language_probability=1, model=MODEL)
    assert transcript.average_log_probability == pytest.approx(-0.5)


def test_without_segments_it_is_silent() -> None:
    transcript = transcript_of((), language="nl", language_probability=0, model=MODEL)
    assert transcript.is_silent
    assert (transcript.text, transcript.average_log_probability, transcript.no_speech_probability) == ("", 0, 1)

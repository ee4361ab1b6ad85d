"""A question's video speaks, moves and is captioned while it speaks; it is made once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from sample.captions import Cue, write_captions
from sample.drawing import Box, render
from sample.narration import SHORTEST, mouth_levels, narrate
from sample.pictures import draw_picture
from sample.questionnaire import FormKey, QuestionFiles, sample_questionnaire
from sample.speech import RATE, Sound, hear, speak, voice_of
from sample.videos import make_question_videos
from vertelpaal.errors import NotFound, SettingsError

SCALE = 0.25
LAST = sample_questionnaire().questions[-1]


@dataclass(frozen=True)
class Watched:
    """What somebody sees and hears of a video."""

    pictures: list[np.ndarray[Any, np.dtype[np.uint8]]]
    samples: np.ndarray[Any, np.dtype[np.float32]]
    rate: int
    codecs: list[str]
    seconds: float


def watch(video: Path) -> Watched:
    with av.open(str(video), "r") as container:
        codecs = [stream.codec_context.name for stream in container.streams]
        seconds = (container.duration or 0) / 1e6
        pictures = [frame.to_ndarray(format="bgr24").astype(np.uint8) for frame in container.decode(video=0)]
        container.seek(0)
        sound = [frame.to_ndarray() for frame in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    return Watched(pictures, np.concatenate(sound, axis=1)[0], rate, codecs, seconds)


def read_cues(captions: Path) -> list[Cue]:
    found = re.findall(r"00:00:(\d\d\.\d{3}) --> 00:00:(\d\d\.\d{3})\n(.+)", captions.read_text())
    return [Cue(float(start), float(end), text) for start, end, text in found]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[FormKey, QuestionFiles]:
    folder = tmp_path_factory.mktemp("videos")
    return make_question_videos(folder, lambda _done, _total: None, questions=[LAST], scale=SCALE)


def test_it_is_a_webm_of_vp9_and_opus_of_a_few_seconds(made: dict[FormKey, QuestionFiles]) -> None:
    seen = watch(made[LAST.id, "nl"].video)
    assert sorted(seen.codecs) == ["opus", "vp9"]
    assert SHORTEST <= seen.seconds <= 8
    assert seen.pictures[0].shape == (180, 320, 3)


def test_mouth_and_picture_move(made: dict[FormKey, QuestionFiles]) -> None:
    pictures = [picture.astype(int) for picture in watch(made[LAST.id, "nl"].video).pictures]
    mouth = [picture[98:114, 58:86] for picture in pictures]
    drawing = [picture[:, 150:] for picture in pictures]
    assert max(np.abs(later - mouth[0]).mean() for later in mouth) > 8
    assert np.abs(drawing[-1] - drawing[0]).mean() > 8


def test_captions_stand_while_the_words_are_heard(made: dict[FormKey, QuestionFiles]) -> None:
    for language in sample_questionnaire().languages:
        files = made[LAST.id, language]
        cues, heard = read_cues(files.captions), watch(files.video)
        loud = np.flatnonzero(np.abs(heard.samples) > 0.03) / heard.rate
        spoken = [any(cue.start - 0.1 <= at <= cue.end for cue in cues) for at in loud[::50]]
        assert all(spoken)
        assert " ".join(cue.text for cue in cues) == LAST.texts[language]
        assert len(cues) == 2


def test_the_second_time_nothing_is_made(made: dict[FormKey, QuestionFiles]) -> None:
    files = made[LAST.id, "nl"]
    before = files.video.stat().st_mtime_ns
    told: list[tuple[int, int]] = []
    again = make_question_videos(files.video.parent, lambda *count: told.append(count), questions=[LAST], scale=SCALE)
    assert again == made
    assert files.video.stat().st_mtime_ns == before
    assert told == []


def test_two_at_once_make_each_video_once(tmp_path: Path) -> None:
    told: list[int] = []
    with ThreadPoolExecutor(2) as both:
        runs = [
            both.submit(
                make_question_videos, tmp_path, lambda done, _total: told.append(done), questions=[LAST], scale=SCALE
            )
            for _ in range(2)
        ]
        first, second = (run.result() for run in runs)
    assert first == second
    assert len(told) == 1, "the second found them made"
    assert all(files.video.stat().st_size for files in first.values())


def test_a_changed_text_gets_a_video_of_its_own(made: dict[FormKey, QuestionFiles]) -> None:
    changed = LAST.model_copy(update={"texts": {**LAST.texts, "nl": "Wat kan beter?"}})
    folder = made[LAST.id, "nl"].video.parent
    again = make_question_videos(folder, lambda _done, _total: None, questions=[changed], scale=SCALE)
    assert again[LAST.id, "nl"] != made[LAST.id, "nl"]
    assert again[LAST.id, "en"] == made[LAST.id, "en"]


def test_every_question_takes_four_to_eight_seconds() -> None:
    for question in sample_questionnaire().questions:
        for language in sample_questionnaire().languages:
            narration = narrate(question.texts[language], voice_of(language))
            assert SHORTEST - 0.01 <= narration.sound.seconds <= 8
            assert narration.cues[-1].end <= narration.sound.seconds


def test_the_mouth_opens_with_loudness_and_rests_in_silence() -> None:
    loud = np.sin(np.arange(RATE) / 20).astype(np.float32)
    sound = Sound(np.concatenate((np.zeros(RATE, np.float32), loud * np.float32(0.3), loud)))
    levels = mouth_levels(sound, 15, 5)
    assert set(levels[:15]) == {0}
    assert 0 < levels[22] < levels[38] == 4


def test_captions_are_escaped_and_numbered_in_time() -> None:
    written = write_captions([Cue(0.5, 61.25, "Lezen & leren <hier>")])
    assert written == "WEBVTT\n\n00:00:00.500 --> 00:01:01.250\nLezen &amp; leren &lt;hier&gt;\n"


def test_a_spoken_sentence_is_a_whole_wav_file(tmp_path: Path) -> None:
    target = tmp_path / "sentence.wav"
    speak("-Goede morgen.", target)
    assert 0.5 < hear(target).seconds < 3
    assert target.stat().st_size == 44 + 2 * len(hear(target).samples)


def test_without_espeak_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="apt-get install espeak-ng"):
        speak("Goede morgen.", tmp_path / "sentence.wav", program="no-such-program")


def test_an_unknown_voice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="voice xx"):
        speak("Goede morgen.", tmp_path / "sentence.wav", voice="xx")


def test_a_language_without_a_voice_is_an_error() -> None:
    with pytest.raises(SettingsError, match="ti"):
        voice_of("ti")


def test_a_drawing_uses_the_colours_of_the_house_and_no_others() -> None:
    pixels = render('<rect width="9" height="9" fill="var(--accent)"/>', Box(0, 0, 8, 8))
    assert pixels[4, 4].tolist() == [0x2A, 0x3B, 0x8A]
    with pytest.raises(SettingsError, match="purple"):
        render('<rect width="9" height="9" fill="var(--purple)"/>', Box(0, 0, 8, 8))


def test_an_aspect_without_a_picture_is_an_error() -> None:
    with pytest.raises(NotFound, match="parkeren"):
        draw_picture("parkeren", 0.5)

"""The mini model hears real sound: what it knows, and nothing where nobody speaks."""

from __future__ import annotations

import random
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest

from models.mini.recipe.sentences import DUTCH, ENGLISH
from models.store import InstalledModel, find_model
from server.speech.hearing import Samples
from server.speech.transcriber import Transcriber
from server.speech.whisper import WhisperTranscriber, has_speech, load_whisper
from tests.speech.spoken import noise, plain, record, silence, spoken
from vertelpaal.errors import InvalidInput, InvalidMedia, ModelError


@pytest.mark.parametrize("turn", range(5))
def test_a_sentence_drawn_at_random_is_heard_word_for_word(mini: WhisperTranscriber, tmp_path: Path, turn: int) -> None:
    sentence = random.choice(DUTCH)
    heard = mini.transcribe(record(spoken(sentence), tmp_path / "answer.webm"), "nl")
    assert plain(heard.text) == plain(sentence)
    assert not heard.is_silent


def test_a_transcript_tells_how_sure_it_is_and_who_heard_it(mini: WhisperTranscriber, tmp_path: Path) -> None:
    heard = mini.transcribe(record(spoken("De koffie is te duur."), tmp_path / "answer.webm"), "nl")
    assert heard.model == mini.identity
    assert heard.model.name == "mini"
    assert len(heard.model.sha256) == 64
    assert heard.language == "nl"
    assert heard.language_probability == 1
    assert -1 < heard.average_log_probability <= 0
    assert 0 <= heard.no_speech_probability < 0.1
    words = [word for segment in heard.segments for word in segment.words]
    assert plain(" ".join(word.text for word in words)) == "de koffie is te duur"
    assert all(0 <= word.probability <= 1 and 0 <= word.start <= word.end <= 3.5 for word in words)


def test_an_answer_shrunk_to_no_time_at_all_is_still_heard(mini: WhisperTranscriber, tmp_path: Path) -> None:
    # with this voice the words of this sentence are placed at 0.0 to 0.0 s, and faster-whisper drops the segment
    sound = spoken("Ik kom zeker terug.", voice="nl+f2", speed=140)
    assert plain(mini.transcribe(record(sound, tmp_path / "answer.webm"), "nl").text) == "ik kom zeker terug"


def test_two_sentences_with_a_pause_are_both_heard(mini: WhisperTranscriber, tmp_path: Path) -> None:
    sound = np.concatenate([spoken("Het gebouw is moeilijk te vinden."), spoken("Ik heb geen klachten.")])
    heard = mini.transcribe(record(sound, tmp_path / "answer.webm"), "nl")
    assert plain(heard.text) == "het gebouw is moeilijk te vinden ik heb geen klachten"


def test_the_language_is_found_out_if_it_is_not_told(mini: WhisperTranscriber, tmp_path: Path) -> None:
    dutch = mini.transcribe(record(spoken("De medewerkers zijn erg vriendelijk."), tmp_path / "nl.webm"), None)
    english = mini.transcribe(record(spoken(ENGLISH[2], voice="en"), tmp_path / "en.webm"), None)
    assert (dutch.language, english.language) == ("nl", "en")
    assert 0.5 < dutch.language_probability <= 1
    assert plain(english.text) == plain(ENGLISH[2])


@pytest.mark.parametrize(
    "sound", [silence(4), noise(4, 0.01), noise(4, 0.1)], ids=["silence", "a soft hiss", "a loud hiss"]
)
@pytest.mark.parametrize("language", ["nl", None])
def test_where_nobody_speaks_there_is_no_transcript(
    mini: WhisperTranscriber, tmp_path: Path, sound: np.ndarray, language: str | None
) -> None:
    heard = mini.transcribe(record(sound, tmp_path / "answer.webm"), language)
    assert heard.is_silent
    assert heard.text == ""
    assert heard.no_speech_probability == 1


def test_the_guard_is_what_keeps_silence_silent(mini: WhisperTranscriber) -> None:
    nothing: Samples = np.zeros(16_000 * 4, dtype=np.float32)
    assert not has_speech(nothing)
    made_up, _ = mini._whisper.transcribe(nothing, language="nl", vad_filter=False)
    assert "".join(segment.text for segment in made_up) != "", "without the guard the model invents a sentence"


def test_the_model_says_which_languages_it_knows(mini: WhisperTranscriber, tmp_path: Path) -> None:
    assert mini.supports("nl")
    assert mini.supports("en")
    assert not mini.supports("ti")
    assert not mini.supports("ar"), "the mini model has a token for Arabic, and knows none"
    with pytest.raises(InvalidInput, match="ti"):
        mini.transcribe(record(spoken("Ja."), tmp_path / "answer.webm"), "ti")


def test_a_wav_file_is_heard_too(mini: WhisperTranscriber, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "answer.wav"), "wb") as writer:
        writer.setparams((1, 2, 22050, 0, "NONE", ""))
        writer.writeframes(spoken("De lift was kapot.").tobytes())
    assert plain(mini.transcribe(tmp_path / "answer.wav", "nl").text) == "de lift was kapot"


def test_a_text_file_is_no_recording(mini: WhisperTranscriber, tmp_path: Path) -> None:
    (tmp_path / "answer.webm").write_text("Ik kom zeker terug.")
    with pytest.raises(InvalidMedia, match=r"answer\.webm"):
        mini.transcribe(tmp_path / "answer.webm", "nl")


def test_it_is_a_transcriber(mini: WhisperTranscriber) -> None:
    seam: Transcriber = mini
    assert seam.identity.name == "mini"


def _copy_of_mini(folder: Path) -> InstalledModel:
    shipped = find_model(folder, "mini", "cpu")
    assert shipped is not None
    for file in shipped.files:
        shutil.copy(shipped.folder / file.name, folder / file.name)
    return InstalledModel(
        name=shipped.name,
        revision=shipped.revision,
        sha256=shipped.sha256,
        folder=folder,
        files=shipped.files,
        languages=shipped.languages,
        beam_size=shipped.beam_size,
    )


def test_a_model_without_its_tokenizer_fails_and_asks_no_network(tmp_path: Path) -> None:
    model = _copy_of_mini(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        load_whisper(model, "cpu")


def test_a_model_with_one_changed_byte_is_not_loaded(tmp_path: Path) -> None:
    model = _copy_of_mini(tmp_path)
    with open(tmp_path / "model.bin", "r+b") as weights:
        weights.seek(1_000_000)
        before = weights.read(1)
        weights.seek(1_000_000)
        weights.write(bytes([before[0] ^ 1]))
    with pytest.raises(ModelError, match=r"model\.bin is changed or damaged"):
        load_whisper(model, "cpu")

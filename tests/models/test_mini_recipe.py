"""The recipe of the mini model, as far as it runs without torch: sentences, clips, tokens, examples, weights."""

from __future__ import annotations

import json
import random
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from faster_whisper.tokenizer import Tokenizer as Tongue
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from models.catalog import catalog
from models.evaluate import find_spoken
from models.mini.recipe.clips import RATE, Clip, keep, load
from models.mini.recipe.exam import draw_tasks, lay_out
from models.mini.recipe.examples import Examples, place
from models.mini.recipe.pace import FROM_NOTHING, GOING_ON, learning_rate, plan
from models.mini.recipe.sentences import ASPECTS, DUTCH, ENGLISH, HELD_OUT
from models.mini.recipe.ship import FILES, ship
from models.mini.recipe.speak import TRAINING_VOICES, UNHEARD_VOICES, Utterance, draw, say
from models.mini.recipe.tokens import BLANK, SENTENCES, SPACE, join_spaces, make_tokenizer
from models.mini.recipe.weights import read_weights
from models.store import SHIPPED
from sample.questionnaire import sample_questionnaire

FOREIGN = "Parkeren bij de dokter kost zestig gulden, zegt de wachtkamer zonder afspraak terwijl buiten onweer dreigt."
NOT_OF_A_LIBRARY = r"dokter|kassa|parkeer|wachtkamer|afspraak"


def create_clip(sentence: str = "Ja.", language: str = "nl", voice: str = "nl+m1", seconds: float = 1.0) -> Clip:
    sound = np.random.default_rng(3).integers(-20_000, 20_000, int(seconds * RATE))
    return Clip(sentence, language, voice, sound.astype(np.int16))


def create_clips() -> list[Clip]:
    voices = ("nl", "nl+f1", "nl+m1")
    dutch = [create_clip(sentence, "nl", voice, 1.5) for voice in voices for sentence in DUTCH[:20]]
    return [*dutch, *(create_clip(sentence, "en", "en", 1.5) for sentence in ENGLISH)]


def test_every_aspect_of_the_questionnaire_is_praised_blamed_and_wished_for() -> None:
    assert set(ASPECTS) == set(sample_questionnaire().aspects)
    assert all(len(kind) >= 3 for opinions in ASPECTS.values() for kind in opinions)


def test_sentences_are_of_a_library_and_none_is_there_twice() -> None:
    assert len(set(DUTCH + HELD_OUT)) == len(DUTCH) + len(HELD_OUT)
    assert 180 <= len(DUTCH) <= 220
    assert [sentence for sentence in DUTCH if re.search(NOT_OF_A_LIBRARY, sentence.lower())] == []


def test_words_of_the_combinations_kept_out_are_known_from_others() -> None:
    known = {word for sentence in DUTCH for word in sentence.strip(".").split()}
    assert {word for sentence in HELD_OUT for word in sentence.strip(".").split()} <= known


def test_no_voice_of_the_tests_is_trained_on() -> None:
    assert set(TRAINING_VOICES) & set(UNHEARD_VOICES) == set()


def test_a_draw_has_every_sentence_in_every_voice_and_is_the_same_each_time() -> None:
    drawn = draw(DUTCH[:3], "nl", TRAINING_VOICES, len(TRAINING_VOICES), 1)
    assert {(one.sentence, one.voice) for one in drawn} == {(s, f"nl{v}") for s in DUTCH[:3] for v in TRAINING_VOICES}
    assert drawn == draw(DUTCH[:3], "nl", TRAINING_VOICES, len(TRAINING_VOICES), 1)


def test_a_spoken_clip_is_trimmed_and_loud() -> None:
    clip = say(Utterance("De koffie is te duur.", "nl", "nl+f2", 150, 50))
    assert 1 < len(clip.samples) / RATE < 3
    assert np.abs(clip.samples).max() == pytest.approx(0.8 * 32767, abs=2)
    assert np.abs(clip.samples[:480]).max() > 0, "it begins at once"


def test_clips_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    kept = [create_clip("Ja.", seconds=0.5), create_clip("Yes.", "en", "en+f1", 0.7)]
    keep(kept, tmp_path / "clips.npz")
    for clip, again in zip(kept, load(tmp_path / "clips.npz"), strict=True):
        assert again[:3] == clip[:3]
        assert np.array_equal(again.samples, clip.samples)


def number_of(tokenizer: Tokenizer, token: str) -> int:
    number = tokenizer.token_to_id(token)
    assert number is not None
    return number


@pytest.mark.parametrize("tokenizer", [make_tokenizer(), Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))])
def test_every_sentence_comes_back_from_its_tokens(tokenizer: Tokenizer) -> None:
    for sentence in (*DUTCH, *HELD_OUT, *ENGLISH):
        ids = tokenizer.encode(f" {sentence}", add_special_tokens=False).ids
        assert tokenizer.decode(ids) == f" {sentence}"
    order = [number_of(tokenizer, token) for token in (BLANK, "<|endoftext|>", "<|startoftranscript|>", "<|en|>")]
    assert order == list(range(order[0], order[0] + 4))
    assert number_of(tokenizer, "<|30.00|>") - number_of(tokenizer, "<|0.00|>") == 1500


def spaces_by_themselves(tokenizer: Tokenizer) -> list[str]:
    """Return the sentences that begin a word with a token which faster-whisper never lets a model write."""
    return [text for text in SENTENCES if SPACE in tokenizer.encode(f" {text}", add_special_tokens=False).tokens]


def test_no_sentence_needs_a_token_that_is_never_written() -> None:
    tokenizer = make_tokenizer()
    never = Tongue(tokenizer, multilingual=True, task="transcribe", language="nl").non_speech_tokens
    assert tokenizer.token_to_id(SPACE) in never
    assert spaces_by_themselves(tokenizer) == []


def tokenizer_of(sentences: tuple[str, ...]) -> Tokenizer:
    """Return a tokenizer made of other sentences, with the first special token behind its word pieces."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    trainer = BpeTrainer(vocab_size=500, initial_alphabet=sorted(ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator([f" {text}" for text in sentences], trainer)
    tokenizer.add_special_tokens([AddedToken(BLANK, special=True, normalized=False)])
    return tokenizer


def test_a_tokenizer_that_goes_on_gives_few_tokens_another_meaning() -> None:
    before = tokenizer_of((*DUTCH[:140], *(FOREIGN for _ in range(20))))
    assert spaces_by_themselves(before), "the control"
    after = join_spaces(before)
    old, new = before.get_vocab(), after.get_vocab()
    assert sorted(old.values()) == sorted(new.values())
    assert spaces_by_themselves(after) == []
    kept = [token for token in old if new.get(token) == old[token]]
    assert 0.95 * len(old) < len(kept) < len(old)
    words = {token for text in SENTENCES for token in before.encode(f" {text}", add_special_tokens=False).tokens}
    assert words <= set(kept), "what the model writes already keeps its number"


def test_an_example_tells_its_sentences_and_fits_its_time() -> None:
    tokenizer = make_tokenizer()
    examples = Examples(create_clips(), tokenizer)
    for seconds in [3, 6, 9] * 20:
        example = examples.draw(seconds)
        assert 0 < len(example.sound) <= seconds * RATE
        assert tokenizer.id_to_token(example.tokens[0]) == "<|startoftranscript|>"
        assert tokenizer.id_to_token(example.tokens[-1]) == "<|endoftext|>"
        words = [number for number in example.tokens if number < number_of(tokenizer, BLANK)]
        assert tokenizer.decode(words).strip().lower() == example.text
        assert all(letter in examples.letters for letter in example.text)


def test_an_answer_is_placed_whole_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    for rate in (RATE, 10):  # with ten samples a second a moment between two of them is the rule
        monkeypatch.setattr("models.mini.recipe.examples.RATE", rate)
        clips = [create_clip(sentence)._replace(samples=np.ones(rate * 3 // 2, np.int16)) for sentence in DUTCH[:9]]
        for _ in range(500):
            sound, placed = place(clips, 6)
            assert placed
            assert placed[0].start >= 0
            assert all(before.end <= after.start for before, after in pairwise(placed))
            assert placed[-1].end <= len(sound) / rate


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [learning_rate(FROM_NOTHING, step, step / 1000) for step in range(1000)]
    assert rates[0] < rates[149] > rates[-1]
    assert max(rates) <= FROM_NOTHING.highest
    assert learning_rate(GOING_ON, 5000, 1) == pytest.approx(0.02 * GOING_ON.highest)


def test_whole_windows_come_after_the_short_inputs() -> None:
    assert not any(plan(3, 8)[2] for _ in range(50))
    assert {plan(9, 8)[2] for _ in range(50)} == {True, False}


def test_the_exam_is_a_folder_that_can_be_evaluated(tmp_path: Path) -> None:
    clips = [create_clip(sentence, voice=voice, seconds=2) for voice in ("nl+m7", "nl+f5") for sentence in DUTCH[:6]]
    lay_out(list(draw_tasks(clips, [create_clip(HELD_OUT[0])], random.Random(8))), tmp_path / "exam")
    spoken = find_spoken(tmp_path / "exam")
    assert {one.group for one in spoken} == {"sentence", "new-combination", "answer-8s"}
    assert {one.speaker for one in spoken} == {"nl+m7", "nl+f5", "nl+m1"}
    answers = [one for one in spoken if one.group == "answer-8s"]
    assert len(answers) == 40
    assert all(7 <= (one.recording.stat().st_size - 44) / 2 / RATE <= 9 for one in answers)


def test_the_shipped_weights_can_be_read_back_to_go_on_from() -> None:
    weights = dict(read_weights(SHIPPED))
    vocabulary = json.loads((SHIPPED / "vocabulary.json").read_text(encoding="utf-8"))
    assert weights["proj_out.weight"].shape == (len(vocabulary), 128)
    assert weights["model.encoder.conv1.weight"].shape == (128, 80, 3)
    assert weights["model.decoder.layers.1.encoder_attn.v_proj.weight"].shape == (128, 128)
    assert "model.encoder.layers.0.self_attn.k_proj.bias" not in weights
    assert all(np.isfinite(values).all() for values in weights.values())
    biggest = np.abs(weights["model.encoder.layers.2.fc1.weight"]).max(axis=1)
    assert ((biggest > 0.01) & (biggest < 10)).all(), "integers were turned back into what they stand for"


def test_weights_in_another_form_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"\x07\0\0\0")
    with pytest.raises(ValueError, match="format 7"):
        next(read_weights(tmp_path))


def test_shipping_a_model_writes_its_files_and_the_manifest_that_is_here(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    shipped = ship(SHIPPED, catalog().find("mini").revision, tmp_path / "place")
    assert shipped.files == catalog().find("mini").files
    assert (tmp_path / "place" / "model.json").read_bytes() == (SHIPPED / "model.json").read_bytes()
    assert (tmp_path / "place" / "model.bin").read_bytes() == (SHIPPED / "model.bin").read_bytes()


def test_a_model_too_large_for_git_is_not_shipped(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes(b"\0" * 1_000_000)
    (tmp_path / "place").mkdir()
    with pytest.raises(ValueError, match="5000000 bytes"):
        ship(tmp_path, "9", tmp_path / "place")
    assert list((tmp_path / "place").iterdir()) == []

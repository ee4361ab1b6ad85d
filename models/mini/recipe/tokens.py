"""Make a small byte-level tokenizer, with Whisper's special tokens in Whisper's order.

    python -m models.mini.recipe.tokens CLIPS

Needs tokenizers, which comes with faster-whisper. Writes `tokenizer.json` into the folder of the clips.

    python -m models.mini.recipe.tokens CLIPS models/mini/tokenizer.json

goes on from a tokenizer that a model knows: every token keeps its number, but for a few that no sentence needs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from models.catalog import catalog
from models.mini.recipe.sentences import DUTCH, ENGLISH, HELD_OUT

SENTENCES = DUTCH + HELD_OUT + ENGLISH
WORD_PIECES = 600
BLANK = "<|blank|>"
"""Stands where Whisper's own vocabulary has an empty token; the conversion turns it into one."""
SPACE = "Ġ"
"""A space by itself. Decoders never write it, as Whisper's own code takes it for the begin of a symbol."""
TIME_STEP = 0.02
TIMESTAMPS = 1501


def special_tokens() -> list[str]:
    """Return Whisper's special tokens in Whisper's order: libraries reckon with their places."""
    languages = [f"<|{code}|>" for code in catalog().languages["whisper"]]
    tasks = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    return [BLANK, "<|endoftext|>", "<|startoftranscript|>", *languages, *(f"<|{task}|>" for task in tasks)]


def join_spaces(tokenizer: Tokenizer) -> Tokenizer:
    """Return a tokenizer that begins every word of the sentences with a space and its first letters in one token.

    A new token takes the number of one that no sentence needs, and a new number where each is needed.
    """
    kept = json.loads(tokenizer.to_str())
    vocabulary, merges = kept["model"]["vocab"], kept["model"]["merges"]
    for pieces in iter(lambda: _with_a_lone_space(kept), None):
        spare = _spare(kept)
        merges[:] = [merge for merge in merges if "".join(merge) != spare]
        merges.append([SPACE, pieces[1]])
        vocabulary[SPACE + pieces[1]] = vocabulary.pop(spare, len(vocabulary))
    return _tokenizer(kept)


def _with_a_lone_space(kept: dict[str, Any]) -> list[str] | None:
    """Return the pieces of a word that begins with a space by itself; None when there is none any more."""
    tokenizer = _tokenizer(kept)
    words = {word for text in SENTENCES for word in text.split()}
    spelled = (tokenizer.encode(f" {word}", add_special_tokens=False).tokens for word in sorted(words))
    return next((pieces for pieces in spelled if pieces[0] == SPACE), None)


def _spare(kept: dict[str, Any]) -> str:
    """Return a token that no sentence needs and no other token is made of; none is "" while special tokens may follow.

    Raises:
        ValueError: special tokens have the numbers that would follow.
    """
    tokenizer, merges = _tokenizer(kept), kept["model"]["merges"]
    needed = {token for text in SENTENCES for token in tokenizer.encode(f" {text}", add_special_tokens=False).tokens}
    needed |= {part for merge in merges for part in merge}
    spare = next((token for token in map("".join, merges) if token not in needed), "")
    if not spare and kept["added_tokens"]:
        raise ValueError("every token of this tokenizer is needed: make one from nothing")
    return spare


def _tokenizer(kept: dict[str, Any]) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(kept))


def make_tokenizer() -> Tokenizer:
    """Return a tokenizer of the sentences' word pieces, the special tokens, and a token for each moment in time."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=WORD_PIECES, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([f" {text}" for text in SENTENCES] * 3, trainer)
    tokenizer = join_spaces(tokenizer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special_tokens()])
    moments = [f"<|{step * TIME_STEP:.2f}|>" for step in range(TIMESTAMPS)]
    tokenizer.add_tokens([AddedToken(moment, special=False, normalized=False) for moment in moments])
    return tokenizer


if __name__ == "__main__":
    made = join_spaces(Tokenizer.from_file(sys.argv[2])) if sys.argv[2:] else make_tokenizer()
    made.save(str(Path(sys.argv[1]) / "tokenizer.json"))

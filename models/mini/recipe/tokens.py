"""Make a small byte-level tokenizer, with Whisper's special tokens in Whisper's order.

    python -m models.mini.recipe.tokens CLIPS

Needs tokenizers, which comes with faster-whisper. Writes `tokenizer.json` into the folder of the clips.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from models.catalog import catalog
from models.mini.recipe.sentences import DUTCH, ENGLISH, HELD_OUT

WORD_PIECES = 600
BLANK = "<|blank|>"
"""Stands where Whisper's own vocabulary has an empty token; the conversion turns it into one."""
TIME_STEP = 0.02
TIMESTAMPS = 1501


def special_tokens() -> list[str]:
    """Return Whisper's special tokens in Whisper's order: libraries reckon with their places."""
    languages = [f"<|{code}|>" for code in catalog().languages["whisper"]]
    tasks = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    return [BLANK, "<|endoftext|>", "<|startoftranscript|>", *languages, *(f"<|{task}|>" for task in tasks)]


def make_tokenizer() -> Tokenizer:
    """Return a tokenizer of the sentences' word pieces, the special tokens, and a token for each moment in time."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=WORD_PIECES, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([f" {text}" for text in DUTCH + HELD_OUT + ENGLISH] * 3, trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special_tokens()])
    moments = [f"<|{step * TIME_STEP:.2f}|>" for step in range(TIMESTAMPS)]
    tokenizer.add_tokens([AddedToken(moment, special=False, normalized=False) for moment in moments])
    return tokenizer


if __name__ == "__main__":
    make_tokenizer().save(str(Path(sys.argv[1]) / "tokenizer.json"))

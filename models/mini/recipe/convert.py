# mypy: ignore-errors
# torch and transformers are no dependencies of this project, so their types are not here
"""Convert a trained checkpoint into a folder that faster-whisper loads.

    python -m models.mini.recipe.convert CLIPS CHECKPOINT FOLDER

Needs torch 2.13, transformers and ctranslate2. The second output of the training is left behind.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch
from ctranslate2.converters.transformers import WhisperLoader
from tokenizers import Tokenizer
from transformers import WhisperConfig, WhisperForConditionalGeneration

from models.mini.recipe.tokens import BLANK

ALIGNMENT_HEADS = [[1, 3]]
"""The one attention head, [layer, head], that follows the sound well enough to place words in time."""
PREPROCESSOR = {"feature_size": 80, "sampling_rate": 16000, "hop_length": 160, "n_fft": 400, "chunk_length": 30}


def convert(clips: Path, checkpoint: Path, folder: Path) -> None:
    """Write the five files of a model, its numbers as 8-bit integers."""
    kept = torch.load(checkpoint)
    model = WhisperForConditionalGeneration(WhisperConfig(**kept["config"]))
    model.load_state_dict(kept["model"])
    model.eval()
    tokenizer = Tokenizer.from_file(str(clips / "tokenizer.json"))
    loader = WhisperLoader()
    spec = loader.get_model_spec(model)
    spec.register_vocabulary(vocabulary(tokenizer))
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [tokenizer.token_to_id("Ġ"), tokenizer.token_to_id("<|endoftext|>")]
    first, last = tokenizer.token_to_id("<|startoftranscript|>") + 1, tokenizer.token_to_id("<|translate|>")
    spec.config.lang_ids = list(range(first, last))
    spec.config.alignment_heads = ALIGNMENT_HEADS
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True)
    spec.save(str(folder))
    shutil.copy(clips / "tokenizer.json", folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR), encoding="utf-8")


def vocabulary(tokenizer: Tokenizer) -> list[str]:
    """Return the tokens by number; CTranslate2 4.8 takes a model for multilingual if one of them is empty."""
    numbered = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    return ["" if token == BLANK else token for token, _ in numbered]


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))

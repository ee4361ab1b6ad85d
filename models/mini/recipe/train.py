# mypy: ignore-errors
# ruff: noqa: S311 - chance brings variety here, no secrets
# torch and transformers are no dependencies of this project, so their types are not here
"""Train a very small Whisper on the spoken clips.

    python -m models.mini.recipe.train CLIPS CHECKPOINT [MINUTES_OF_SHORT_CLIPS MINUTES_WITH_WHOLE_WINDOWS [FOLDER]]

Needs torch 2.13 and transformers. From nothing it takes about 8 and 17 minutes of two cores; with the FOLDER of a
converted model that has the same tokens it goes on from there. It writes the checkpoint every 50 steps.

Two phases: short inputs first, then also whole 30-second windows as Whisper hears them. A second output on the
encoder, trained with CTC (Graves et al., 2006), makes it listen from the first minutes on; the conversion drops it.
"""

from __future__ import annotations

import logging
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from faster_whisper.feature_extractor import FeatureExtractor
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional
from transformers import WhisperConfig, WhisperForConditionalGeneration

from models.mini.recipe.clips import load
from models.mini.recipe.examples import Example, Examples
from models.mini.recipe.pace import FROM_NOTHING, GOING_ON, learning_rate, plan
from models.mini.recipe.weights import read_weights

WIDTH, ENCODER_LAYERS, DECODER_LAYERS, HEADS = 128, 3, 2, 4
WINDOW_FRAMES = 3000
FRAME_SAMPLES = 160
CHECKPOINT_STEPS = 50
THREADS = 1
log = logging.getLogger(__name__)


def whisper_config(tokenizer: Tokenizer) -> WhisperConfig:
    """Return Whisper's architecture at its smallest."""
    token = tokenizer.token_to_id
    end = token("<|endoftext|>")
    return WhisperConfig(
        vocab_size=tokenizer.get_vocab_size(),
        num_mel_bins=80,
        d_model=WIDTH,
        encoder_layers=ENCODER_LAYERS,
        decoder_layers=DECODER_LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=4 * WIDTH,
        decoder_ffn_dim=4 * WIDTH,
        max_source_positions=WINDOW_FRAMES // 2,
        max_target_positions=448,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=token("<|startoftranscript|>"),
        dropout=0.0,
        suppress_tokens=[],
        begin_suppress_tokens=[token("Ġ"), end],
    )


class LogMel:
    """Sound to 80 log-mel bands a hundredth of a second, scaled per clip exactly as faster-whisper does it."""

    def __init__(self) -> None:
        self._filters = torch.tensor(FeatureExtractor().mel_filters, dtype=torch.float32)
        self._window = torch.hann_window(400)

    def __call__(self, sound: torch.Tensor) -> torch.Tensor:
        """Return [bands, frames] of a sound [samples]."""
        spectrum = torch.stft(sound, 400, FRAME_SAMPLES, window=self._window, center=True, return_complex=True)
        bands = torch.clamp(self._filters @ spectrum[..., :-1].abs() ** 2, min=1e-10).log10()
        return (torch.maximum(bands, bands.amax() - 8.0) + 4) / 4


@dataclass(frozen=True)
class Batch:
    """Features [clips, bands, frames] with their true lengths, and what is to be said of them."""

    features: torch.Tensor
    lengths: torch.Tensor
    given: torch.Tensor
    expected: torch.Tensor
    letters: list[torch.Tensor]


def make_batch(
    examples: list[Example], log_mel: LogMel, whole_window: bool, end: int, letters: dict[str, int]
) -> Batch:
    """Put examples side by side, padded."""
    frames = [len(example.sound) // FRAME_SAMPLES + 1 for example in examples]
    width = WINDOW_FRAMES if whole_window else (max(frames) + 1) // 2 * 2
    features = torch.zeros(len(examples), 80, width)
    length = max(len(example.tokens) for example in examples) - 1
    given = torch.full((len(examples), length), end)
    expected = torch.full((len(examples), length), -100)
    for row, example in enumerate(examples):
        bands = _features(torch.from_numpy(example.sound), log_mel, width)
        features[row, :, : bands.shape[1]] = bands
        _hide_some_bands(features[row])
        given[row, : len(example.tokens) - 1] = torch.tensor(example.tokens[:-1])
        goal = torch.tensor(example.tokens[1:])
        if example.text:
            goal[1] = -100  # the task is always told, so there is nothing to learn from it
        expected[row, : len(goal)] = goal
    spelled = [torch.tensor([letters[letter] for letter in example.text], dtype=torch.long) for example in examples]
    return Batch(features, torch.tensor(frames) // 2, given, expected, spelled)


def _features(sound: torch.Tensor, log_mel: LogMel, width: int) -> torch.Tensor:
    """Pad before the spectrum as OpenAI's code does in a quarter of the cases, after it as faster-whisper otherwise."""
    padding = max(0, width * FRAME_SAMPLES - len(sound)) if random.random() < 0.25 else FRAME_SAMPLES
    return log_mel(functional.pad(sound, (0, padding)))[:, :width]


def _hide_some_bands(features: torch.Tensor) -> None:
    """Hide a few bands now and then (SpecAugment, Park et al., 2019)."""
    if random.random() < 0.4:
        first = random.randint(0, 70)
        features[first : first + random.randint(1, 8)] = features.mean()


class Trainer:
    """A Whisper, its second output, and their way downhill."""

    def __init__(self, tokenizer: Tokenizer, letters: int) -> None:
        self.model = WhisperForConditionalGeneration(whisper_config(tokenizer))
        self.spelling = nn.Linear(WIDTH, letters + 1)
        self._parameters = [*self.model.parameters(), *self.spelling.parameters()]
        self._halves = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        """Whether this processor counts in 16 bits itself; where it does not, they cost ten times as much."""
        self._optimizer = torch.optim.AdamW(self._parameters, betas=(0.9, 0.98), weight_decay=0.01)

    def go_on_from(self, folder: Path) -> None:
        """Take over what a converted model of the same shape and the same tokens learned."""
        self.model.load_state_dict({name: torch.from_numpy(values) for name, values in read_weights(folder)})

    def encode(self, features: torch.Tensor) -> torch.Tensor:
        """Run the encoder; unlike the library's own it takes inputs shorter than 30 seconds."""
        encoder = self.model.model.encoder
        hidden = functional.gelu(encoder.conv2(functional.gelu(encoder.conv1(features)))).permute(0, 2, 1)
        hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        for layer in encoder.layers:
            output = layer(hidden, None)
            hidden = output[0] if isinstance(output, tuple) else output
        return encoder.layer_norm(hidden)

    def learn(self, batch: Batch, rate: float) -> tuple[float, float]:
        """Take one step; return the loss of the words and of the spelling."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._halves):
            hidden = self.encode(batch.features)
            decoder = self.model.model.decoder
            said = decoder(input_ids=batch.given, encoder_hidden_states=hidden, use_cache=False).last_hidden_state
            logits, spelled = self.model.proj_out(said), self.spelling(hidden)
        words = functional.cross_entropy(logits.float().flatten(0, 1), batch.expected.flatten(), ignore_index=-100)
        spelling = self._spelling_loss(spelled, batch)
        self._optimizer.zero_grad()
        (words + 0.5 * spelling).backward()
        nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        return words.item(), spelling.item()

    def keep(self, checkpoint: Path) -> None:
        """Write what was learned so far; a checkpoint is whole or the one before."""
        written = checkpoint.with_suffix(".new")
        torch.save({"model": self.model.state_dict(), "config": self.model.config.to_dict()}, written)
        written.replace(checkpoint)

    def _spelling_loss(self, spelled: torch.Tensor, batch: Batch) -> torch.Tensor:
        spoken = [row for row, letters in enumerate(batch.letters) if len(letters)]
        chances = functional.log_softmax(spelled.float(), -1).transpose(0, 1)[:, spoken]
        letters = [batch.letters[row] for row in spoken]
        lengths = torch.clamp(batch.lengths[spoken], max=spelled.shape[1])
        counts = torch.tensor([len(spelling) for spelling in letters])
        return functional.ctc_loss(chances, torch.cat(letters), lengths, counts, zero_infinity=True)


def main(clips: Path, checkpoint: Path, short_minutes: float, whole_minutes: float, start: Path | None = None) -> None:
    """Train until the time is over, and keep what was learned, now and then on the way too."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    tokenizer = Tokenizer.from_file(str(clips / "tokenizer.json"))
    examples = Examples(load(clips / "train.npz"), tokenizer)
    trainer, log_mel = Trainer(tokenizer, len(examples.letters)), LogMel()
    pace = GOING_ON if start else FROM_NOTHING
    if start:
        trainer.go_on_from(start)
    end = tokenizer.token_to_id("<|endoftext|>")
    total, began, step = short_minutes + whole_minutes, time.monotonic(), 0
    trainer.model.train()
    while (minutes := (time.monotonic() - began) / 60) < total:
        count, seconds, whole = plan(minutes, short_minutes)
        batch = make_batch([examples.draw(seconds) for _ in range(count)], log_mel, whole, end, examples.letters)
        words, spelling = trainer.learn(batch, learning_rate(pace, step, minutes / total))
        step += 1
        if step % 25 == 0:
            log.info("step %d, %.1f minutes: words %.3f, spelling %.3f", step, minutes, words, spelling)
        if step % CHECKPOINT_STEPS == 0:
            trainer.keep(checkpoint)
    trainer.keep(checkpoint)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    minutes = [float(minutes) for minutes in sys.argv[3:5]] or [8.0, 17.0]
    main(Path(sys.argv[1]), Path(sys.argv[2]), *minutes, *(Path(folder) for folder in sys.argv[5:6]))

"""Runs the two networks of Moonshine: an encoder over raw sound, and a decoder over tokens.

The files are those that Useful Sensors publish for its own runtime: `encoder_model.ort`, `decoder_model_merged.ort`,
`tokenizer.bin` (Jeffries et al. 2024, "Moonshine: Speech Recognition for Live Transcription and Voice Commands").
Running them here and not through that runtime leaves its voice detector out, lets the threads sleep after a call, and
allows a draft to be verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelCorrupt
from models.onnx import open_network
from models.protocols import Samples

if TYPE_CHECKING:
    pass

BEGIN, END = 1, 2
"""The ids of the tokens that begin and end a text."""
SPECIAL = 32_000
"""The first of the token ids that stand for no text."""
GUESSES = 6
"""Tokens of a draft that are tried at once after it went wrong. Each adds about a tenth to the time of a pass."""
WORD_START = "▁"
FILES = "a folder with Moonshine's .ort files"

Cache = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Tokens, and how sure the network was of each."""

    tokens: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    """One for each token, and one for the end mark if it was reached."""


class Network:
    """The encoder, decoder and vocabulary of one Moonshine model."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Open the files. Raises ModelUnavailable without onnxruntime, ModelCorrupt if the files cannot be read."""
        self.encoder = open_network(folder / "encoder_model.ort", threads, FILES)
        # The decoder is a long chain of small products, where a second thread costs more than it gives.
        self.decoder = open_network(folder / "decoder_model_merged.ort", 1, FILES)
        self.vocabulary = read_vocabulary(folder / "tokenizer.bin")
        self._ids = {spelling: token for token, spelling in enumerate(self.vocabulary[:SPECIAL]) if token > END}
        self._longest = max(map(len, self._ids))
        self._outputs = [output.name for output in self.decoder.get_outputs()]
        self._growing = [name for name in self._outputs if ".encoder." not in name]
        self._empty: Cache = {
            put.name: np.zeros((1, put.shape[1], 0, put.shape[3]), np.float32)
            for put in self.decoder.get_inputs()
            if put.name.startswith("past_key_values")
        }

    def encode(self, samples: Samples) -> NDArray[np.float32]:
        """The encoder's frames, shape (1, frames, width), for sound of shape (n,) at 16 kHz. A frame lasts 24 ms."""
        feed = {"input_values": samples[np.newaxis], "attention_mask": np.ones((1, samples.size), np.int64)}
        frames: NDArray[np.float32] = self.encoder.run(["last_hidden_state"], feed)[0]
        return frames

    def decode(self, frames: NDArray[np.float32], most: int, draft: Sequence[int] = ()) -> Decoded:
        """The likeliest tokens one after another, up to `most` of them or to the end mark.

        `draft` is a guess at the tokens. A pass over all of it costs little more than a pass over one token. Every
        token that the network would have chosen itself is kept, so a good draft saves time and a bad one does no harm
        (Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding", greedy case). The network
        rounds to 8 bits over all tokens of a pass, so a draft may still decide a close call, such as a comma."""
        guess = [int(token) for token in draft[:most]]
        chosen: list[int] = []
        sure: list[float] = []
        cache: Cache = {}
        fed = [BEGIN, *guess]
        while True:
            logits = self._pass(frames, fed, cache)
            best = logits.argmax(axis=1)
            right = 0
            while right < len(fed) - 1 and best[right] == fed[right + 1]:
                right += 1
            fresh = best[: right + 1].tolist()[: most - len(chosen)]
            sure += _log_probabilities(logits[: len(fresh)], fresh)
            if END in fresh or len(chosen) + len(fresh) >= most:
                chosen += fresh[: fresh.index(END)] if END in fresh else fresh
                return Decoded(tuple(chosen), tuple(sure[: len(chosen) + 1]))
            chosen += fresh
            _shorten(cache, len(chosen))
            guess = _resume(guess[right:], fresh[-1])
            fed = [fresh[-1], *guess[:GUESSES]]

    def text(self, tokens: Sequence[int]) -> str:
        """The words that `tokens` spell."""
        spelt = b"".join(self.vocabulary[token] for token in tokens if END < token < SPECIAL)
        return spelt.decode("utf-8", errors="ignore").replace(WORD_START, " ").strip()

    def guess(self, text: str) -> tuple[int, ...]:
        """Tokens that spell `text`, always the longest that fits. The network would choose most of them too, which is
        enough for a draft."""
        rest, found = f" {text}".replace(" ", WORD_START).encode() if text else b"", []
        while rest:
            size = next(size for size in range(min(self._longest, len(rest)), 0, -1) if rest[:size] in self._ids)
            found.append(self._ids[rest[:size]])
            rest = rest[size:]
        return tuple(found)

    def _pass(self, frames: NDArray[np.float32], tokens: Sequence[int], cache: Cache) -> NDArray[np.float32]:
        """The logits of what follows each of `tokens`, shape (n, vocabulary). `cache` grows by the tokens."""
        feed: dict[str, Any] = {
            "encoder_hidden_states": frames,
            "encoder_attention_mask": np.ones((1, 1), np.int64),  # nothing is padding: one column stands for all
            "input_ids": np.array([tokens], np.int64),
            "use_cache_branch": np.array([bool(cache)]),
            **(cache or self._empty),
        }
        # The keys of the encoder's frames never change after the first pass, so they are not copied out again.
        wanted = self._growing if cache else self._outputs
        logits, *grown = self.decoder.run(wanted, feed)
        cache.update(zip((name.replace("present", "past_key_values") for name in wanted[1:]), grown, strict=True))
        behind: NDArray[np.float32] = logits[0]
        return behind


def read_vocabulary(path: Path) -> list[bytes]:
    """The spelling of every token id. Raises ModelCorrupt.

    Each entry of the file is its length (one byte below 128, or two: the low seven bits, then the rest), then its
    bytes. An unused id has length 0."""
    data = path.read_bytes()
    entries, at = [], 0
    while at < len(data):
        length = data[at]
        at += 1
        if length >= 128 and at < len(data):
            length += 128 * (data[at] - 1)
            at += 1
        entries.append(data[at : at + length])
        at += length
    if at != len(data) or len(entries) <= SPECIAL:
        raise ModelCorrupt(f"{path}: not a Moonshine vocabulary ({len(entries)} entries); fetch the model again")
    return entries


def _log_probabilities(logits: NDArray[np.float32], chosen: Sequence[int]) -> list[float]:
    """The log probability of each chosen token. `logits` has shape (len(chosen), vocabulary)."""
    top = logits.max(axis=1, keepdims=True)
    total = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    return [float(row[token] - whole) for row, token, whole in zip(logits, chosen, total, strict=True)]


def _shorten(cache: Cache, length: int) -> None:
    """Forget what a pass remembered of wrong guesses."""
    for name, past in cache.items():
        if ".decoder." in name and past.shape[2] > length:
            cache[name] = np.ascontiguousarray(past[:, :, :length])


def _resume(draft: Sequence[int], instead: int) -> list[int]:
    """The rest of a draft, after `instead` came in place of its first token."""
    ahead = list(draft[: GUESSES + 1])
    return list(draft[ahead.index(instead) + 1 :] if instead in ahead else draft[1:])

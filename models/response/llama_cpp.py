"""Runs language models in GGUF files by llama.cpp inside this process (package xllamacpp).

Engines that name the same file with the same options share one loaded model (`models.response.llama_model`). So a
language model that both chooses intents and talks is in memory once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

from models.context import DEFAULT, Context
from models.errors import ModelError, ModelUnavailable
from models.protocols import LanguageModel, Message
from models.response.llama_model import LoadedModel, Setup, grammar, join, leave
from models.store.machine import GIB, free_memory
from models.store.store import locate

_MAX_THREADS = 4
"""Decoding waits for memory, so threads beyond about four cores do not make it faster."""


class LlamaCpp(LanguageModel):
    """A chat model in a GGUF file.

    `model` is a name in the catalogue, a path, or a hub id (``hub:org/repo#file.gguf``). `context` counts the tokens of
    one conversation, answer included. `slots` conversations are kept and decoded at a time. `threads` 0 means as
    many as there are cores, up to four. At `temperature` 0 it takes the likeliest token, and equal conversations get
    equal answers, except where a prompt was read in other pieces, which rounds differently. Above 0, `seed` decides.
    A model is neither fetched nor opened while fewer than `memory` GiB are free, or fewer than its file has, so that
    another engine can take its place.
    A `repeat_penalty` above 1 makes the last 64 tokens less likely, which keeps small models from repeating themselves.
    """

    requires: ClassVar[tuple[str, ...]] = ("xllamacpp",)

    def __init__(  # noqa: PLR0913 - each is an option of the graph file
        self,
        *,
        model: str = "smollm2-135m-instruct",
        threads: int = 0,
        context: int = 3072,
        slots: int = 6,
        memory: float = 0.0,
        temperature: float = 0.0,
        repeat_penalty: float = 1.1,
        seed: int = 0,
    ) -> None:
        _refuse_below("threads", threads, 0)
        _refuse_below("context", context, 64)
        _refuse_below("slots", slots, 1)
        _refuse_below("memory", memory, 0.0)
        _refuse_below("temperature", temperature, 0.0)
        _refuse_below("repeat_penalty", repeat_penalty, 1.0)
        _refuse_below("seed", seed, 0)
        self.model, self.context, self.slots, self.memory = model, context, slots, memory
        self.threads = threads or min(os.cpu_count() or 1, _MAX_THREADS)
        self._sampling = {"temperature": temperature, "repeat_penalty": repeat_penalty, "seed": seed}
        self._loaded: LoadedModel | None = None

    def weights(self) -> tuple[str, ...]:
        """The name of the GGUF file."""
        return (self.model,)

    def load(self) -> None:
        """Open the model, or join the engine that has it open. Raises ModelError."""
        if self._loaded is None:
            _require_memory(self.model, int(self.memory * GIB))
            path = _gguf(self.model)
            _require_memory(self.model, path.stat().st_size)
            self._loaded = join(Setup(path, self.threads, self.context, self.slots))

    def close(self) -> None:
        """Leave the model. The last engine to leave frees it."""
        if self._loaded is not None:
            leave(self._loaded)
            self._loaded = None

    def settle(self) -> None:
        """Wait for running answers, and for the token or prompt that a stopped answer is still computing."""
        if self._loaded is not None:
            self._loaded.settle()

    def complete(
        self,
        messages: Sequence[Message],
        context: Context = DEFAULT,
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[str]:
        """Yield the answer (see the protocol). Raises ModelError if `messages` do not fit or `schema` is not a
        schema."""
        if self._loaded is None:
            raise ModelError(f"{self.model} was asked before it was loaded: call load() first")
        request: dict[str, Any] = {**self._sampling, "max_tokens": max_tokens}
        if not max_tokens:
            return self._loaded.read_ahead(tuple(messages), request)
        if schema is None:
            return self._loaded.stream(tuple(messages), request)
        request |= {"grammar": grammar(schema), "repeat_penalty": 1.0}  # JSON must repeat its quotes
        return self._json(self._loaded.stream(tuple(messages), request))

    def _json(self, pieces: Generator[str, None, None]) -> Iterator[str]:
        """Pass an answer on. Raises ModelError if it did not become JSON."""
        text = ""
        with closing(pieces):
            for piece in pieces:
                text += piece
                yield piece
        try:
            json.loads(text)
        except ValueError as error:
            raise ModelError(
                f"{self.model} wrote no JSON ({len(text)} characters): is max_tokens large enough, is the schema right?"
            ) from error


def _gguf(model: str) -> Path:
    path = locate(model)
    if path.is_file():
        return path
    found = sorted(path.glob("*.gguf"))
    if len(found) != 1:
        raise ModelError(f"{model}: expected one .gguf file in {path}, found {len(found)}: name the file itself")
    return found[0]


def _require_memory(model: str, needed: int) -> None:
    """Raises ModelUnavailable where the machine has less memory to spare."""
    free = free_memory()
    if free is not None and free < needed:
        raise ModelUnavailable(
            f"{model}: needs {needed / GIB:.1f} GiB of memory, and {free / GIB:.1f} GiB are free: end other programs, "
            "or name a smaller model"
        )


def _refuse_below(option: str, value: float, least: float) -> None:
    if value < least:
        raise ValueError(f"{option}: {value} is too small; expected {least} or more")

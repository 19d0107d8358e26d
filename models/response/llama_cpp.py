"""Runs language models in GGUF files by llama.cpp inside this process (package xllamacpp).

llama.cpp's own server object does the work. It decodes several conversations at once, one in each of its slots. A slot
keeps what it has read, so a prompt costs only the tokens that its slot has not seen. `models.response.slots` decides
which conversation goes to which slot.

Engines that name the same file with the same options share one loaded model. So a language model that both chooses
intents and talks is in memory once.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import secrets
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, ClassVar, Final, cast

from models.context import DEFAULT, Context
from models.errors import ModelError, ModelUnavailable
from models.protocols import LanguageModel, Message
from models.response.openmp import brief_spinning
from models.response.slots import Slot, choose_slot
from models.store.store import locate

_MAX_THREADS = 4
"""Decoding waits for memory, so threads beyond about four cores do not make it faster."""


@dataclass(frozen=True, slots=True)
class _Setup:
    """The options of a loaded model. Engines with equal options share it."""

    path: Path
    threads: int
    context: int
    slots: int


class LlamaCpp(LanguageModel):
    """A chat model in a GGUF file.

    `model` is a name in the catalogue, a path, or a hub id (``hub:org/repo#file.gguf``). `context` counts the tokens of
    one conversation, answer included. `slots` conversations are kept and decoded at a time. `threads` 0 means as
    many as there are cores, up to four. At `temperature` 0 it takes the likeliest token, and equal conversations get
    equal answers, except where a prompt was read in other pieces, which rounds differently. Above 0, `seed` decides.
    A `repeat_penalty` above 1 makes the last 64 tokens less likely, which keeps small models from repeating themselves.
    """

    requires: ClassVar[tuple[str, ...]] = ("xllamacpp",)

    def __init__(  # noqa: PLR0913 - each is an option of the graph file
        self,
        *,
        model: str = "smollm2-135m-instruct",
        threads: int = 0,
        context: int = 2048,
        slots: int = 4,
        temperature: float = 0.0,
        repeat_penalty: float = 1.1,
        seed: int = 0,
    ) -> None:
        _refuse_below("threads", threads, 0)
        _refuse_below("context", context, 64)
        _refuse_below("slots", slots, 1)
        _refuse_below("temperature", temperature, 0.0)
        _refuse_below("repeat_penalty", repeat_penalty, 1.0)
        _refuse_below("seed", seed, 0)
        self.model, self.context, self.slots = model, context, slots
        self.threads = threads or min(os.cpu_count() or 1, _MAX_THREADS)
        self._sampling = {"temperature": temperature, "repeat_penalty": repeat_penalty, "seed": seed}
        self._loaded: _Loaded | None = None

    def weights(self) -> tuple[str, ...]:
        """The name of the GGUF file."""
        return (self.model,)

    def load(self) -> None:
        """Open the model, or join the engine that has it open. Raises ModelError."""
        if self._loaded is None:
            self._loaded = _join(_Setup(_gguf(self.model), self.threads, self.context, self.slots))

    def close(self) -> None:
        """Leave the model. The last engine to leave frees it."""
        if self._loaded is not None:
            _leave(self._loaded)
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
        request |= {"grammar": _grammar(schema), "repeat_penalty": 1.0}  # JSON must repeat its quotes
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


@dataclass(slots=True)
class _Answer:
    """One answer on its way from llama.cpp's thread to the thread of its reader."""

    pieces: SimpleQueue[str | None] = field(default_factory=SimpleQueue)
    """The pieces of the answer. None ends it."""
    text: str = ""
    error: ModelError | None = None
    unwanted: bool = False
    """Set by a reader that went away. llama.cpp is told so after its current token."""

    def hear(self, chunk: Mapping[str, Any]) -> bool:
        """Take one chunk from llama.cpp. True stops it. It never raises, because llama.cpp would drop the exception."""
        if error := chunk.get("error"):
            self.error = ModelError(_explain(error))
            return True
        for choice in chunk["choices"]:
            if piece := choice["delta"].get("content"):
                self.text += piece
                self.pieces.put(piece)
        return self.unwanted


class _Loaded:
    """A model in memory, with its slots and one thread for each of them."""

    def __init__(self, setup: _Setup) -> None:
        self.setup = setup
        self.users = 0
        self._server = _serve(setup)
        self._slots = [Slot(number) for number in range(setup.slots)]
        self._clock = itertools.count(1)
        self._lock = threading.Condition()
        self._pool = ThreadPoolExecutor(setup.slots, thread_name_prefix="llama.cpp")

    def stream(self, messages: tuple[Message, ...], request: Mapping[str, Any]) -> Generator[str, None, None]:
        """Yield the answer in pieces. It is computed ahead of its reader, whose event loop may be busy."""
        answer = _Answer()
        self._pool.submit(self._work, messages, request, answer)
        try:
            while (piece := answer.pieces.get()) is not None:
                yield piece
            if answer.error is not None:
                raise answer.error
        finally:
            answer.unwanted = True

    def read_ahead(self, messages: tuple[Message, ...], request: Mapping[str, Any]) -> Iterator[str]:
        """Let every slot that has read nothing yet read `messages`, or one slot if none is empty. A conversation that
        begins with them need not read them again. Yields nothing. Raises ModelError."""
        with self._lock:
            fresh = [slot for slot in self._slots if not slot.busy and not slot.read]
        wanted: list[Slot | None] = [*fresh] or [None]
        for slot in wanted:
            answer = _Answer()
            self._pool.submit(self._work, messages, request, answer, slot).result()
            if answer.error is not None:
                raise answer.error
        yield from ()

    def settle(self) -> None:
        """Wait until no slot is busy."""
        with self._lock:
            self._lock.wait_for(lambda: not any(slot.busy for slot in self._slots))

    def close(self) -> None:
        """Wait for the answers that are under way, and free the memory."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._server = None

    def _work(
        self, messages: tuple[Message, ...], request: Mapping[str, Any], answer: _Answer, wanted: Slot | None = None
    ) -> None:
        if answer.unwanted:
            return
        with self._lock:  # there are as many threads as slots, so a slot is free
            free = [slot for slot in self._slots if not slot.busy]
            slot = wanted if wanted in free else choose_slot(free, messages)
            slot.busy, slot.used = True, next(self._clock)
        chat = [{"role": message.role, "content": message.text} for message in messages]
        try:
            self._server.handle_chat_completions(
                {"messages": chat, "stream": True, "cache_prompt": True, "id_slot": slot.number, **request}, answer.hear
            )
        except Exception as error:  # noqa: BLE001 - llama.cpp raises what C++ threw; the reader gets one type
            answer.error = ModelError(f"{self.setup.path.name}: {error}")
        finally:
            with self._lock:
                slot.busy, slot.read = False, (*messages, Message("assistant", answer.text))
                self._lock.notify_all()
            answer.pieces.put(None)


_OPEN: Final[dict[_Setup, _Loaded]] = {}
_OPENING = threading.Lock()


def _join(setup: _Setup) -> _Loaded:
    with _OPENING:
        if setup not in _OPEN:
            _OPEN[setup] = _Loaded(setup)
        loaded = _OPEN[setup]
        loaded.users += 1
        return loaded


def _leave(loaded: _Loaded) -> None:
    with _OPENING:
        loaded.users -= 1
        if loaded.users == 0:
            del _OPEN[loaded.setup]
            loaded.close()


def _library() -> Any:
    """The package xllamacpp. Raises ModelUnavailable."""
    with brief_spinning():
        try:
            return importlib.import_module("xllamacpp")
        except ImportError as error:
            raise ModelUnavailable(
                f"llama.cpp cannot be loaded ({error}): pip install xllamacpp; where libgomp.so.1 is what it misses, "
                "install the system's OpenMP library (apt install libgomp1)"
            ) from error


def _serve(setup: _Setup) -> Any:
    """llama.cpp's server object for a model. Raises ModelError."""
    xllamacpp = _library()
    params = xllamacpp.CommonParams()
    params.model.path = str(setup.path)
    params.n_parallel, params.n_ctx = setup.slots, setup.context * setup.slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = setup.threads
    params.cache_ram_mib = 0  # otherwise it keeps prompts that lost their slot, in up to 8 GB
    params.verbosity = -1
    # The object also listens on a loopback port, which cannot be switched off. No client knows this key.
    params.api_keys = [secrets.token_urlsafe()]
    params.cors_origins, params.ui, params.endpoint_slots = "", False, False
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise ModelError(
            f"{setup.path} cannot be opened: {error} Is it a whole GGUF file of a kind that llama.cpp knows, and is "
            f"there memory for it and {params.n_ctx} tokens of context ({setup.slots} slots of {setup.context})?"
        ) from error


def _grammar(schema: Mapping[str, Any]) -> str:
    """A grammar for JSON on one line, because spaces would be a third of a short answer. Raises ModelError."""
    compact = {"whitespace_flexible": False, "key_separator": ":", "item_separator": ","}
    return cast(str, _library().json_schema_to_grammar({**schema, "x-guidance": compact}))


def _gguf(model: str) -> Path:
    path = locate(model)
    if path.is_file():
        return path
    found = sorted(path.glob("*.gguf"))
    if len(found) != 1:
        raise ModelError(f"{model}: expected one .gguf file in {path}, found {len(found)}: name the file itself")
    return found[0]


def _explain(error: Mapping[str, Any]) -> str:
    if error.get("type") == "exceed_context_size_error":
        return (
            f"the conversation has {error['n_prompt_tokens']} tokens and a slot holds {error['n_ctx']}: "
            "raise the engine's option 'context', or keep less history"
        )
    return str(error.get("message", error))


def _refuse_below(option: str, value: float, least: float) -> None:
    if value < least:
        raise ValueError(f"{option}: {value} is too small; expected {least} or more")

"""A language model that llama.cpp has open, with its slots: shared by all engines of the process that name it alike.

llama.cpp's own server object does the work. It decodes several conversations at once, one in each of its slots. A slot
keeps what it has read, so a prompt costs only the tokens that its slot has not seen. `models.response.slots` decides
which conversation goes to which slot.
"""

from __future__ import annotations

import importlib
import itertools
import secrets
import threading
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, cast

from models.errors import ModelError, ModelUnavailable
from models.protocols import Message
from models.response.kept_prompts import KeptPrompts, prompts_folder
from models.response.openmp import brief_spinning
from models.response.slots import Slot, choose_slot, continues, shared

_REUSED = 16
"""Tokens in a row that are worth moving where what stood before them in a conversation was dropped."""
_POLL = 0.02
"""Seconds after which a reader that waits for a prompt to be read may be stopped."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The options of a loaded model. Engines with equal options share it."""

    path: Path
    threads: int
    context: int
    slots: int


@dataclass(slots=True)
class Answer:
    """One answer on its way from llama.cpp's thread to the thread of its reader."""

    pieces: SimpleQueue[str | None] = field(default_factory=SimpleQueue)
    """The pieces of the answer. None ends it."""
    text: str = ""
    slot: int | None = None
    """The number of the slot that works on it."""
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


class LoadedModel:
    """A model in memory, with its slots and one thread for each of them."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.users = 0
        self._kept = KeptPrompts(prompts_folder(), _origin(setup), secrets.token_urlsafe())
        self._server = _serve(setup, self._kept)
        self._kept.address = self._server.listening_address
        self._prefixes: set[tuple[Message, ...]] = set()
        self._slots = [Slot(number) for number in range(setup.slots)]
        self._clock = itertools.count(1)
        self._lock = threading.Condition()
        self._pool = ThreadPoolExecutor(setup.slots, thread_name_prefix="llama.cpp")

    def stream(self, messages: tuple[Message, ...], request: Mapping[str, Any]) -> Generator[str, None, None]:
        """Yield the answer in pieces. It is computed ahead of its reader, whose event loop may be busy."""
        answer = Answer()
        self._pool.submit(self._work, messages, request, answer)
        try:
            while (piece := answer.pieces.get()) is not None:
                yield piece
            if answer.error is not None:
                raise answer.error
        finally:
            answer.unwanted = True

    def read_ahead(self, messages: tuple[Message, ...], request: Mapping[str, Any]) -> Iterator[str]:
        """Read `messages`, so that a conversation which begins with them need not. Yields empty pieces while it reads,
        so that it can be stopped. Raises ModelError.

        Messages that end with the user's words are read by the slot that holds their conversation. Others begin many
        conversations: every slot that has read nothing yet gets them, and they are kept for slots that lose them."""
        answer = Answer()
        if messages and messages[-1].role == "user":
            yield from self._waited(answer, self._pool.submit(self._work, messages, request, answer))
            return
        self._prefixes.add(messages)
        with self._lock:
            fresh = [slot for slot in self._slots if not slot.busy and not slot.read]
        if not fresh and self._kept.has(messages):
            return  # a slot gets it when a conversation begins with it
        if not fresh or not self._kept.restore(fresh[0].number, messages):
            first = fresh.pop(0) if fresh else None
            yield from self._waited(answer, self._pool.submit(self._work, messages, request, answer, first))
            if answer.slot is not None:
                self._kept.save(answer.slot, messages)
        for slot in fresh:
            if self._kept.restore(slot.number, messages):
                slot.read = messages

    @staticmethod
    def _waited(answer: Answer, work: Future[None]) -> Iterator[str]:
        """Yield empty pieces until the work is done; a reader that goes away leaves it to end by itself."""
        try:
            while not wait([work], timeout=_POLL).done:
                yield ""
        finally:
            answer.unwanted = True
        if answer.error is not None:
            raise answer.error

    def settle(self) -> None:
        """Wait until no slot is busy."""
        with self._lock:
            self._lock.wait_for(lambda: not any(slot.busy for slot in self._slots))

    def close(self) -> None:
        """Wait for the answers that are under way, and free the memory."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._server = None

    def _work(
        self, messages: tuple[Message, ...], request: Mapping[str, Any], answer: Answer, wanted: Slot | None = None
    ) -> None:
        if answer.unwanted:
            return
        slot, read = self._take(messages, answer, wanted)
        answer.slot = slot.number
        goes_on = continues(read, messages, self._prefixes)
        begun = max(self._prefixes, key=lambda prefix: shared(prefix, messages), default=())
        if shared(begun, messages) > shared(read, messages) and self._kept.restore(slot.number, begun):
            goes_on = False
        # What other conversations left in a slot is never moved into this one.
        request = {**request, "n_cache_reuse": _REUSED if goes_on else 0}
        chat = [{"role": message.role, "content": message.text} for message in messages]
        try:
            self._server.handle_chat_completions(
                {"messages": chat, "stream": True, "cache_prompt": True, "id_slot": slot.number, **request}, answer.hear
            )
        except Exception as error:  # noqa: BLE001 - llama.cpp raises what C++ threw; the reader gets one type
            answer.error = ModelError(f"{self.setup.path.name}: {error}")
        finally:
            with self._lock:
                slot.busy, slot.work = False, None
                slot.read = (*messages, Message("assistant", answer.text))
                self._lock.notify_all()
            answer.pieces.put(None)

    def _take(
        self, messages: tuple[Message, ...], answer: Answer, wanted: Slot | None
    ) -> tuple[Slot, tuple[Message, ...]]:
        """Take a slot, and return it with what it has read so far.

        One that still reads ahead for the same conversation, and is not wanted for that any more, is waited for: any
        other would read the whole conversation again."""
        with self._lock:  # there are as many threads as slots, so a slot is free
            while True:
                free = [slot for slot in self._slots if not slot.busy]
                best = wanted if wanted in free else choose_slot(self._slots, messages, self._prefixes)
                if not best.busy:
                    break
                if not (best.work is not None and best.work.unwanted):
                    best = choose_slot(free, messages, self._prefixes)
                    break
                self._lock.wait(_POLL)
            read, best.read = best.read, messages
            best.busy, best.used, best.work = True, next(self._clock), answer
            return best, read


OPEN: Final[dict[Setup, LoadedModel]] = {}
"""The models that are open."""
_OPENING = threading.Lock()


def join(setup: Setup) -> LoadedModel:
    """The model of these options: opened, or joined where another engine has it open. Raises ModelError."""
    with _OPENING:
        if setup not in OPEN:
            OPEN[setup] = LoadedModel(setup)
        loaded = OPEN[setup]
        loaded.users += 1
        return loaded


def leave(loaded: LoadedModel) -> None:
    """Leave a model that was joined. The last one to leave frees it."""
    with _OPENING:
        loaded.users -= 1
        if loaded.users == 0:
            del OPEN[loaded.setup]
            loaded.close()


def library() -> Any:
    """The package xllamacpp. Raises ModelUnavailable."""
    with brief_spinning():
        try:
            return importlib.import_module("xllamacpp")
        except ImportError as error:
            raise ModelUnavailable(
                f"llama.cpp cannot be loaded ({error}): pip install xllamacpp; where libgomp.so.1 is what it misses, "
                "install the system's OpenMP library (apt install libgomp1)"
            ) from error


def _serve(setup: Setup, kept: KeptPrompts) -> Any:
    """llama.cpp's server object for a model. Raises ModelError."""
    xllamacpp = library()
    params = xllamacpp.CommonParams()
    params.model.path = str(setup.path)
    params.n_parallel, params.n_ctx = setup.slots, setup.context * setup.slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = setup.threads
    params.slot_save_path = f"{kept.folder}/" if kept.folder else ""
    params.cache_ram_mib = 0  # otherwise it keeps prompts that lost their slot, in up to 8 GB
    params.verbosity = -1
    # The object also listens on a loopback port, which cannot be switched off. No client knows this key.
    params.api_keys = [kept.key]
    params.cors_origins, params.ui, params.endpoint_slots = "", False, False
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise ModelError(
            f"{setup.path} cannot be opened: {error} Is it a whole GGUF file of a kind that llama.cpp knows, and is "
            f"there memory for it and {params.n_ctx} tokens of context ({setup.slots} slots of {setup.context})?"
        ) from error


def _origin(setup: Setup) -> str:
    """What the state of a slot depends on beside the text that was read."""
    file = setup.path.stat()
    version = getattr(library(), "__version__", "")
    return f"{setup.path.name} {file.st_size} {file.st_mtime_ns} {setup.context} xllamacpp {version}"


def grammar(schema: Mapping[str, Any]) -> str:
    """A grammar for JSON on one line, because spaces would be a third of a short answer. Raises ModelError."""
    compact = {"whitespace_flexible": False, "key_separator": ":", "item_separator": ","}
    return cast(str, library().json_schema_to_grammar({**schema, "x-guidance": compact}))


def _explain(error: Mapping[str, Any]) -> str:
    if error.get("type") == "exceed_context_size_error":
        return (
            f"the conversation has {error['n_prompt_tokens']} tokens and a slot holds {error['n_ctx']}: "
            "raise the engine's option 'context', or keep less history"
        )
    return str(error.get("message", error))

"""Asks language models at any endpoint that speaks OpenAI's chat completions: llama.cpp, vLLM, Ollama or a hosted one.

The format is that of ``POST /chat/completions`` with ``stream: true`` (platform.openai.com, API reference, "Chat
Completions"); `models.openai_http` carries it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, ClassVar

from models.context import DEFAULT, Context
from models.openai_http import Endpoint, Waits
from models.protocols import LanguageModel, Message


class OpenAI(LanguageModel):
    """A model at an OpenAI-compatible endpoint.

    `base_url` is the part of the address before ``/chat/completions``. The key is read from the environment variable
    that `key_env` names. `connect`, `first_token` and `total` are seconds: to reach the server, to wait for a piece of
    the answer, and for the whole answer. A `temperature` of None leaves it to the server.
    """

    requires: ClassVar[tuple[str, ...]] = ("httpx2",)

    def __init__(  # noqa: PLR0913 - each is an option of the graph file
        self,
        *,
        model: str,
        base_url: str = "http://127.0.0.1:8080/v1",
        key_env: str = "OPENAI_API_KEY",
        temperature: float | None = None,
        connect: float = 5.0,
        first_token: float = 20.0,
        total: float = 60.0,
    ) -> None:
        self.model, self.temperature = model, temperature
        waits = Waits(connect, first_token, total)
        self._endpoint = Endpoint(base_url, "chat/completions", key_env=key_env, waits=waits)

    def load(self) -> None:
        """Make the client. `complete` is the first to ask the server, which may start later than this process."""
        self._endpoint.open()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._endpoint.close()

    def complete(
        self,
        messages: Sequence[Message],
        context: Context = DEFAULT,
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[str]:
        """Yield the answer (see the protocol). Closing the iterator closes the socket, which tells the server to stop.

        Raises ModelUnavailable if the server cannot be reached or is too slow, ModelError if it refuses."""
        if max_tokens == 0:
            return  # a server cannot be told to read without answering
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": message.role, "content": message.text} for message in messages],
            "max_tokens": max_tokens,
            "stream": True,
        }
        if self.temperature is not None:
            body["temperature"] = self.temperature
        if schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}
        with closing(self._endpoint.chunks(body)) as chunks:
            for chunk in chunks:
                yield from self._pieces(chunk)

    def _pieces(self, chunk: Mapping[str, Any]) -> Iterator[str]:
        try:
            for choice in chunk.get("choices", ()):
                if piece := choice["delta"].get("content"):
                    yield piece
        except (KeyError, TypeError, AttributeError) as error:
            raise self._endpoint.unreadable(str(chunk)) from error

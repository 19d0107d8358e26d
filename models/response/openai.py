"""Asks language models at any endpoint that speaks OpenAI's chat completions: llama.cpp, vLLM, Ollama or a hosted one.

The format is that of ``POST /chat/completions`` with ``stream: true``. It is server-sent events, each a JSON chunk,
until ``data: [DONE]`` (platform.openai.com, API reference, "Chat Completions", "Streaming").
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from models.context import DEFAULT, Context
from models.errors import ModelError, ModelUnavailable
from models.protocols import LanguageModel, Message

if TYPE_CHECKING:
    import httpx2

_SHOWN = 300
"""Characters of a server's own explanation that an error repeats."""


class OpenAI(LanguageModel):
    """A model at an OpenAI-compatible endpoint.

    `base_url` is the part of the address before ``/chat/completions``. The key is read from the environment variable
    that `key_env` names. It is sent only if it is set, and never logged. `connect`, `first_token` and `total` are
    seconds: to reach the server, to wait for a piece of the answer, and for the whole answer. A `temperature` of None
    leaves it to the server.
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
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url: '{base_url}' is not an address; expected http://HOST/v1 or https://HOST/v1")
        for option, value in (("connect", connect), ("first_token", first_token), ("total", total)):
            if value <= 0:
                raise ValueError(f"{option}: {value} is not a waiting time; expected seconds above 0")
        self.model, self.temperature, self.key_env = model, temperature, key_env
        self.url = f"{base_url.rstrip('/')}/chat/completions"
        self.connect, self.first_token, self.total = connect, first_token, total
        self._client: httpx2.Client | None = None

    def load(self) -> None:
        """Make the client. `complete` is the first to ask the server, which may start later than this process."""
        import httpx2

        key = os.environ.get(self.key_env)
        self._client = self._client or httpx2.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx2.Timeout(self.first_token, connect=self.connect),
        )

    def close(self) -> None:
        """Close the connections that are kept open."""
        if self._client is not None:
            self._client.close()
            self._client = None

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
        if self._client is None:
            raise ModelError(f"{self.url} was asked before the engine was loaded: call load() first")
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
        ends = time.monotonic() + self.total
        with self._explained(), self._client.stream("POST", self.url, json=body) as response:
            if response.is_error:
                response.read()
                raise ModelError(self._refusal(response.status_code, response.text))
            for line in response.iter_lines():
                if time.monotonic() > ends:
                    raise ModelUnavailable(f"{self.url} took longer than the option 'total' allows ({self.total:g} s)")
                if line == "data: [DONE]":
                    return
                if line.startswith("data:"):
                    yield from self._pieces(line.removeprefix("data:"))

    def _pieces(self, data: str) -> Iterator[str]:
        try:
            chunk = json.loads(data)
            if "error" in chunk:
                raise ModelError(f"{self.url} broke off: {str(chunk['error'])[:_SHOWN]}")
            for choice in chunk.get("choices", ()):
                if piece := choice["delta"].get("content"):
                    yield piece
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{self.url} sent something that is not a chunk of a chat completion ({data.strip()[:80]!r}): "
                "is base_url right?"
            ) from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        import httpx2

        try:
            yield
        except httpx2.ConnectError as error:
            raise ModelUnavailable(
                f"{self.url} cannot be reached ({error}): is the server running, and is base_url right?"
            ) from error
        except httpx2.TimeoutException as error:
            waited = "connect" if isinstance(error, httpx2.ConnectTimeout) else "first_token"
            raise ModelUnavailable(
                f"{self.url} took longer than the option '{waited}' allows ({getattr(self, waited):g} s)"
            ) from error
        except httpx2.HTTPError as error:
            raise ModelUnavailable(f"{self.url} broke off: {str(error) or type(error).__name__}") from error

    def _refusal(self, status: int, text: str) -> str:
        remedy = {
            401: f"set the environment variable {self.key_env} to a key that is valid there",
            403: f"the key in {self.key_env} may not use '{self.model}'",
            404: f"is base_url right, and is there a model '{self.model}'?",
            429: "too many requests, or no credit left: wait, or rank another engine behind this one",
        }.get(status, "what it says:" if status < 500 else "the server has a fault: try again later")
        return f"{self.url} answered with status {status}: {remedy} ({' '.join(text.split())[:_SHOWN]})"

"""One path of a server that speaks OpenAI's HTTP API: llama.cpp, vLLM, Ollama or a hosted one.

Answers are streamed as server-sent events, each a JSON chunk, until ``data: [DONE]`` (platform.openai.com, API
reference, "Streaming"). Every failure becomes a `models.errors.ModelError` that names the address and the remedy.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.errors import ModelError, ModelUnavailable

if TYPE_CHECKING:
    import httpx2

_SHOWN = 300
"""Characters of a server's own explanation that an error repeats."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a server may take, in seconds; the names are those of the options of a graph file."""

    connect: float
    """To be reached."""
    first_token: float
    """To send the next piece of an answer."""
    total: float
    """To send the whole answer."""

    def __post_init__(self) -> None:
        for option in ("connect", "first_token", "total"):
            if (value := getattr(self, option)) <= 0:
                raise ValueError(f"{option}: {value} is not a waiting time; expected seconds above 0")


class Endpoint:
    """One path of a server, and the connections to it."""

    def __init__(self, base_url: str, path: str, *, key_env: str, waits: Waits) -> None:
        """`base_url` is the part of the address before `path`. The key is read from the environment variable that
        `key_env` names. It is sent only if it is set, and never logged. Raises ValueError for what is no address."""
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url: '{base_url}' is not an address; expected http://HOST/v1 or https://HOST/v1")
        self.url, self.key_env, self.waits = f"{base_url.rstrip('/')}/{path}", key_env, waits
        self._client: httpx2.Client | None = None

    def open(self) -> None:
        """Make the client. `chunks` is the first to ask the server, which may start later than this process."""
        import httpx2

        key = os.environ.get(self.key_env)
        self._client = self._client or httpx2.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx2.Timeout(self.waits.first_token, connect=self.waits.connect),
        )

    def close(self) -> None:
        """Close the connections that are kept open."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def chunks(self, body: Mapping[str, Any]) -> Generator[Mapping[str, Any], None, None]:
        """Post `body`, which names a model, and yield the chunks of the streamed answer.

        Closing the iterator closes the socket, which tells the server to stop. Raises ModelUnavailable if the server
        cannot be reached or is too slow, ModelError if it refuses or sends something else."""
        if self._client is None:
            raise ModelError(f"{self.url} was asked before the engine was loaded: call load() first")
        ends = time.monotonic() + self.waits.total
        with self._explained(), self._client.stream("POST", self.url, json=body) as response:
            if response.is_error:
                response.read()
                raise ModelError(self._refusal(response.status_code, response.text, str(body.get("model", ""))))
            for line in response.iter_lines():
                if time.monotonic() > ends:
                    raise ModelUnavailable(
                        f"{self.url} took longer than the option 'total' allows ({self.waits.total:g} s)"
                    )
                if line == "data: [DONE]":
                    return
                if line.startswith("data:"):
                    yield self._chunk(line.removeprefix("data:"))

    def unreadable(self, data: str) -> ModelError:
        """The error for data that is not what this path answers with."""
        shown = data.strip()[:80]
        return ModelError(
            f"{self.url} sent something that is not a chunk of a chat completion ({shown!r}): is base_url right?"
        )

    def _chunk(self, data: str) -> Mapping[str, Any]:
        try:
            chunk = json.loads(data)
        except ValueError as error:
            raise self.unreadable(data) from error
        if not isinstance(chunk, dict):
            raise self.unreadable(data)
        if "error" in chunk:
            raise ModelError(f"{self.url} broke off: {str(chunk['error'])[:_SHOWN]}")
        return chunk

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
                f"{self.url} took longer than the option '{waited}' allows ({getattr(self.waits, waited):g} s)"
            ) from error
        except httpx2.HTTPError as error:
            raise ModelUnavailable(f"{self.url} broke off: {str(error) or type(error).__name__}") from error

    def _refusal(self, status: int, text: str, model: str) -> str:
        remedy = {
            401: f"set the environment variable {self.key_env} to a key that is valid there",
            403: f"the key in {self.key_env} may not use '{model}'",
            404: f"is base_url right, and is there a model '{model}'?",
            429: "too many requests, or no credit left: wait, or name another engine among the fallbacks",
        }.get(status, "what it says:" if status < 500 else "the server has a fault: try again later")
        return f"{self.url} answered with status {status}: {remedy} ({' '.join(text.split())[:_SHOWN]})"

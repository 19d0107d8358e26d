"""The OpenAI-compatible engine against llama.cpp's real server, and against servers that misbehave."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.needs import needing

from models.errors import ModelError, ModelUnavailable
from models.protocols import Message
from models.response import llama_model
from models.response.openai import OpenAI
from models.store.store import locate

KEY = "a-key-for-the-test"
HELLO = [
    Message("system", "You are Ada, a cheerful guide. You answer in one short sentence."),
    Message("user", "What is the capital of France?"),
]


@pytest.fixture(scope="module")
@needing("model")
def server() -> Iterator[str]:
    """The address of a llama.cpp server that wants a key."""
    xllamacpp = llama_model.library()
    params = xllamacpp.CommonParams()
    params.model.path = str(locate("smollm2-135m-instruct"))
    params.n_ctx, params.verbosity, params.cpuparams.n_threads = 2048, -1, 2
    params.api_keys, params.endpoint_slots = [KEY], True
    running = xllamacpp.Server(params)
    yield running.listening_address
    del running


@pytest.fixture
def engine(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAI]:
    monkeypatch.setenv("TEST_KEY", KEY)
    with loaded(server, temperature=0.0) as engine:
        yield engine


@contextlib.contextmanager
def loaded(address: str, **options: Any) -> Iterator[OpenAI]:
    engine = OpenAI(model="smollm2", base_url=f"{address}/v1", key_env="TEST_KEY", **options)
    engine.load()
    yield engine
    engine.close()


@contextlib.contextmanager
def misbehaving(behave: Callable[[socket.socket], object]) -> Iterator[str]:
    """The address of a server that reads one request, and then does as it likes with the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                read_request(connection)
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def read_request(connection: socket.socket) -> None:
    with connection.makefile("rb") as lines:
        length = 0
        while (line := lines.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        lines.read(length)


def head(status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n".encode()


def event(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"


def test_an_answer_comes_in_pieces(engine: OpenAI) -> None:
    pieces = list(engine.complete(HELLO, max_tokens=16))
    assert len(pieces) > 3
    assert "Paris" in "".join(pieces)


def test_an_answer_obeys_its_schema(engine: OpenAI) -> None:
    schema = {"type": "object", "properties": {"city": {"enum": ["Paris", "Rome"]}}, "required": ["city"]}
    text = "".join(engine.complete(HELLO, max_tokens=40, schema=schema))
    assert json.loads(text)["city"] in {"Paris", "Rome"}


def test_closing_the_iterator_ends_the_work_on_the_server(engine: OpenAI, server: str) -> None:
    story = engine.complete([Message("user", "Tell me a very long story.")], max_tokens=1800)
    next(story)
    story.close()  # type: ignore[attr-defined]
    request = urllib.request.Request(f"{server}/slots", headers={"Authorization": f"Bearer {KEY}"})
    while True:
        with urllib.request.urlopen(request) as response:
            slot = json.load(response)[0]
        if not slot["is_processing"]:
            break
        time.sleep(0.02)
    assert slot["next_token"][0]["n_decoded"] < 500


def test_closing_the_iterator_closes_the_socket() -> None:
    seen: list[bytes] = []

    def speak_once(connection: socket.socket) -> None:
        connection.sendall(head() + event("Hello"))
        seen.append(connection.recv(1))

    with misbehaving(speak_once) as address, loaded(address) as engine:
        answer = engine.complete(HELLO, max_tokens=8)
        assert next(answer) == "Hello"
        answer.close()  # type: ignore[attr-defined]
    assert seen == [b""]


def test_a_wrong_key_is_named_by_its_variable_and_never_shown(
    server: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TEST_KEY", "a-wrong-key")
    with loaded(server) as engine, pytest.raises(ModelError, match=r"/v1/chat/completions .*401.*TEST_KEY") as caught:
        list(engine.complete(HELLO, max_tokens=8))
    assert "a-wrong-key" not in str(caught.value) + caplog.text


def test_a_wrong_path_is_an_error_that_doubts_the_address(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    with loaded(f"{server}/nowhere") as engine, pytest.raises(ModelError, match=r"404.*base_url"):
        list(engine.complete(HELLO, max_tokens=8))


def test_reading_ahead_asks_the_server_nothing(engine: OpenAI) -> None:
    assert list(engine.complete(HELLO, max_tokens=0)) == []


def test_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with loaded(address) as engine, pytest.raises(ModelUnavailable, match=r"cannot be reached.*server running"):
        list(engine.complete(HELLO, max_tokens=8))


def test_a_silent_server_is_given_up() -> None:
    with misbehaving(lambda connection: connection.recv(1)) as address, loaded(address, first_token=0.1) as engine:
        with pytest.raises(ModelUnavailable, match=r"'first_token' allows \(0\.1 s\)"):
            list(engine.complete(HELLO, max_tokens=8))
        engine.close()


def test_a_server_that_dribbles_is_given_up() -> None:
    def dribble(connection: socket.socket) -> None:
        connection.sendall(head())
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(event("la "))
                time.sleep(0.01)

    allows = pytest.raises(ModelUnavailable, match=r"'total' allows \(0\.1 s\)")
    with misbehaving(dribble) as address, loaded(address, total=0.1) as engine, allows:
        list(engine.complete(HELLO, max_tokens=8))


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (head() + b"data: <html>\n\n", "not a chunk of a chat completion"),
        (head() + b'data: {"choices": [{}]}\n\n', "not a chunk of a chat completion"),
        (head() + b'data: {"error": {"message": "out of memory"}}\n\n', "broke off: .*out of memory"),
        (head("429 Too Many Requests"), "429: too many requests"),
        (head("500 Internal Server Error") + b"a fault", r"500: the server has a fault: try again later \(a fault\)"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + event("Hel"), "broke off"),
        (b"", "broke off"),
    ],
)
def test_nonsense_from_a_server_is_an_error(sent: bytes, message: str) -> None:
    refused = pytest.raises(ModelError, match=message)
    with misbehaving(lambda connection: connection.sendall(sent)) as address, loaded(address) as engine, refused:
        list(engine.complete(HELLO, max_tokens=8))


def test_asking_before_loading_is_refused() -> None:
    with pytest.raises(ModelError, match=r"call load\(\) first"):
        next(OpenAI(model="any").complete(HELLO, max_tokens=8))


@pytest.mark.parametrize("options", [{"base_url": "localhost:8080"}, {"total": 0}, {"connect": -1}])
def test_wrong_options_are_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        OpenAI(model="any", **options)

"""``parley serve`` and ``parley token`` as whoever runs a server has them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from support.certificates import certificate
from typer.testing import CliRunner
from websockets.asyncio.client import ClientConnection, connect

from pipeline.cli.root import app
from pipeline.errors import GraphError
from pipeline.runners.serve.tokens import SecretUnusable

PARLEY = [sys.executable, "-m", "pipeline.cli"]


def parley(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a user whose data lies in `home`, to its end."""
    return subprocess.run(
        [*PARLEY, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=_environment(home) | environment,
    )


def _environment(home: Path) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "PARLEY_SECRET"))}
    return others | {"XDG_DATA_HOME": str(home)}


@dataclass
class Server:
    """A server that runs."""

    url: str
    process: subprocess.Popen[str]
    logs: Path
    told: str

    @property
    def parley(self) -> str:
        """The WebSocket's address."""
        return self.url.replace("http", "ws", 1) + "parley"

    def end(self, end: int = signal.SIGINT) -> int:
        """End it; its exit code."""
        self.process.send_signal(end)
        return self.process.wait(60)


@contextmanager
def serving(home: Path, *options: str, **environment: str) -> Iterator[Server]:
    """A server that has said where it listens."""
    logs = home / "logs"
    with (
        logs.open("w") as stream,
        subprocess.Popen(
            [*PARLEY, "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
            env=_environment(home) | environment,
        ) as process,
    ):
        try:
            assert process.stdout
            told = process.stdout.readline()
            found = re.search(r"https?://\S+/", told)
            assert found, f"{told!r}, and on stderr: {logs.read_text()}"
            yield Server(found[0], process, logs, told)
        finally:
            process.kill()


async def hello(line: ClientConnection, **fields: Any) -> dict[str, Any]:
    await line.send(json.dumps({"type": "hello", **fields}))
    message: dict[str, Any] = json.loads(await line.recv())
    return message


async def until(line: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        received = await line.recv()
        if isinstance(received, str) and json.loads(received)["type"] == kind:
            message: dict[str, Any] = json.loads(received)
            return message


@pytest.mark.model
def test_it_tells_one_line_serves_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    with serving(tmp_path, "--graph", "captions", "--wyoming", "0", "--json-logs") as server:
        assert server.told == f"parley: {server.url} serves captions; Ctrl-C ends it\n"
        assert json.load(urlopen(f"{server.url}healthz"))["status"] == "ready"
        assert server.process.stdout
        wyoming = server.process.stdout.readline()
        port = re.search(r"port (\d+)$", wyoming)
        assert port, wyoming
        socket.create_connection(("127.0.0.1", int(port[1]))).close()
        assert server.end() == 0
        assert server.process.stdout.read() == ""
    entries = [json.loads(line) for line in server.logs.read_text().splitlines()]
    assert not [entry for entry in entries if entry["level"] in {"warning", "error"}]


@pytest.mark.model
def test_sessions_are_told_goodbye(tmp_path: Path) -> None:
    async def terminated(server: Server) -> int:
        async with connect(server.parley) as line:
            await hello(line)
            ended = asyncio.create_task(asyncio.to_thread(server.end, signal.SIGTERM))
            assert (await until(line, "error"))["code"] == "shutting-down"
            return await ended

    with serving(tmp_path, "--graph", "captions") as server:
        assert asyncio.run(terminated(server)) == 0
        assert "open sessions: 1; they finish" in server.logs.read_text()


def test_what_keeps_it_from_serving_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        busy = parley(tmp_path, "serve", "--graph", "captions", "--port", port)
    assert (busy.returncode, busy.stdout) == (1, "")
    assert re.fullmatch(rf"parley: 127\.0\.0\.1:{port}: cannot listen there: .*--port 0.*\n", busy.stderr)


def test_wrong_usage_is_told_by_the_option_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    wrongs = (("--origin", "x"), ("--wyoming", "x"), ("--wyoming", "0.0.0.0:1"), ("--tls-key", "x"), ("--port", "-1"))
    for wrong in wrongs:
        refused = CliRunner().invoke(app, ["serve", *wrong])
        assert refused.exit_code == 2
        assert wrong[0] in refused.stderr
    unknown = CliRunner().invoke(app, ["serve", "--graph", "captoins"])
    assert isinstance(unknown.exception, GraphError)
    assert "did you mean 'captions'" in str(unknown.exception)


@pytest.mark.model
def test_beyond_this_machine_it_wants_a_token_and_speaks_tls(tmp_path: Path) -> None:
    created = parley(tmp_path, "token", "create", "--user", "ada", "--expires", "90s")
    assert (created.returncode, created.stderr) == (0, "")
    token = created.stdout.strip()
    assert created.stdout == f"{token}\n"
    cert, key = certificate(tmp_path)
    trust = ssl.create_default_context(cafile=cert)

    async def greeted(server: Server, **fields: Any) -> dict[str, Any]:
        async with connect(server.parley, ssl=trust) as line:
            return await hello(line, **fields)

    options = ("--graph", "captions", "--host", "0.0.0.0", "--tls-cert", str(cert), "--tls-key", str(key))
    with serving(tmp_path, *options) as server:
        assert server.url.startswith("https://localhost:")
        assert "#token=TOKEN" in server.logs.read_text()
        assert asyncio.run(greeted(server, user="ada"))["code"] == "unauthorised"
        assert asyncio.run(greeted(server, token=token))["user"] == "ada"
        assert parley(tmp_path, "token", "reset").returncode == 0
        assert asyncio.run(greeted(server, token=token))["code"] == "unauthorised"
        assert server.end(signal.SIGTERM) == 0


def test_tokens_are_not_made_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("PARLEY_SECRET", "x" * 32)
    for wrong in (("--user", " "), ("--user", "ada", "--expires", "soon")):
        refused = CliRunner().invoke(app, ["token", "create", *wrong])
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert wrong[-2] in refused.stderr
    given = CliRunner().invoke(app, ["token", "create", "--user", "ada"])
    assert (given.exit_code, given.stdout.count("."), given.stdout.count("\n")) == (0, 2, 1)
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv("PARLEY_SECRET", "short")
    short = CliRunner().invoke(app, ["token", "create", "--user", "ada"])
    assert isinstance(short.exception, SecretUnusable)
    assert "PARLEY_SECRET: a secret of 5 characters" in str(short.exception)

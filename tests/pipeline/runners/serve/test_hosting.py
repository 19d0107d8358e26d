"""A server as strangers meet it: what it answers, whom it turns away, and how it ends."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from support.certificates import certificate
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from pipeline.runners.serve import http_server as listening
from pipeline.runners.serve import sessions
from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.gate import HEADERS
from pipeline.runners.serve.hosting import Hosting, hosting
from pipeline.runners.serve.http_server import CannotListen
from pipeline.runners.serve.settings import Address, Settings, WrongSetting
from pipeline.runners.serve.tokens import SHORTEST, Secret, SecretUnusable, issue
from pipeline.testing import run, scripted_graph

SECRET = Secret(Path("nowhere"), b"s" * SHORTEST)
ANYWHERE = Address(port=0)
HELLO = json.dumps({"type": "hello"})
PATIENCE = 120.0
"""Seconds in which anything that a test waits for must come."""


@asynccontextmanager
async def served(settings: Settings | None = None, limits: Limits | None = None) -> AsyncIterator[Hosting]:
    """A server of scripted engines."""
    graph = scripted_graph("captions")
    async with hosting(graph, settings or Settings(ANYWHERE), limits, secret=SECRET) as host:
        await graph.load()
        async with host.open():
            yield host
        await graph.close()


def asking(work: Callable[[Hosting, httpx2.AsyncClient], Awaitable[None]], settings: Settings | None = None) -> None:
    """Do `work` with a server, and a client of its HTTP."""

    async def main() -> None:
        async with served(settings) as host, httpx2.AsyncClient(base_url=host.url) as client:
            await work(host, client)

    asyncio.run(main())


def parley(host: Hosting, **options: Any) -> connect:
    return connect(f"ws://127.0.0.1:{host.port}/parley", **options)


async def welcomed(socket: ClientConnection, **hello: Any) -> dict[str, Any]:
    await socket.send(json.dumps({"type": "hello", **hello}))
    message: dict[str, Any] = json.loads(await socket.recv())
    return message


def test_it_says_how_it_does() -> None:
    async def work(host: Hosting, client: httpx2.AsyncClient) -> None:
        async with parley(host) as line:
            await welcomed(line)
            answer = await client.get("/healthz")
        assert answer.status_code == 200
        assert answer.json() == {
            "status": "ready",
            "graph": "captions",
            "sessions": 1,
            "uptime_s": answer.json()["uptime_s"],
        }

    asking(work)


def test_before_and_behind_its_life_it_asks_for_patience() -> None:
    async def main() -> None:
        graph = scripted_graph("captions")
        async with hosting(graph, Settings(ANYWHERE), secret=SECRET) as host:
            async with httpx2.AsyncClient(base_url=host.url) as client:
                assert (await client.get("/healthz")).json()["status"] == "loading"
                early = await client.get("/")
                assert (early.status_code, early.headers["retry-after"]) == (503, "2")
                with pytest.raises(InvalidStatus, match="503"):
                    async with parley(host):
                        pass
                await graph.load()
                async with host.open():
                    assert (await client.get("/")).status_code == 200
                late = await client.get("/healthz")
                assert (late.status_code, late.json()["status"]) == (503, "shutting-down")
            await graph.close()

    asyncio.run(main())


def test_the_schema_is_one_and_knows_the_messages() -> None:
    async def work(_: Hosting, client: httpx2.AsyncClient) -> None:
        schema = (await client.get("/protocol.schema.json")).json()
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator({**schema, "anyOf": [{"$ref": "#/$defs/FromClient"}]})
        validator.validate({"type": "text", "text": "hello"})
        assert not validator.is_valid({"type": "text"})

    asking(work)


def test_the_page_is_served_with_what_keeps_it_to_itself() -> None:
    async def work(_: Hosting, client: httpx2.AsyncClient) -> None:
        page = await client.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["cache-control"] == "no-cache"
        for path in ("/", "/healthz", "/nothing"):
            answer = await client.get(path)
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
            assert "server" not in answer.headers
        for part in page.text.split('"'):
            if part.startswith(("/assets/", "./assets/")):
                asset = await client.get(part.removeprefix("."))
                assert asset.status_code == 200
                assert "immutable" in asset.headers["cache-control"]

    asking(work)


@pytest.mark.parametrize(
    "path",
    [
        "/../app.py",
        "/..%2f..%2fpyproject.toml",
        "/%2e%2e/%2e%2e/pyproject.toml",
        "/assets/../../../pyproject.toml",
        "/assets/..%5c..%5cpyproject.toml",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/assets/%00",
        "/etc/passwd",
        "/package.json",
        "/src/main.ts",
        "/.gitignore",
    ],
)
def test_no_request_reads_a_file_that_it_should_not(path: str) -> None:
    async def work(host: Hosting, _: httpx2.AsyncClient) -> None:
        # A client library would make the path a decent one.
        reader, writer = await asyncio.open_connection("127.0.0.1", host.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        assert answer.split(b" ")[1] in {b"404", b"400", b"405"}
        assert b"root:" not in answer
        assert b"parley-avatar" not in answer

    asking(work)


def test_pages_elsewhere_may_not_speak_to_it() -> None:
    async def work(host: Hosting, client: httpx2.AsyncClient) -> None:
        with pytest.raises(InvalidStatus, match="403"):
            async with parley(host, origin="https://evil.example"):
                pass
        answer = await client.post("/rtc", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
        for origin in (f"http://127.0.0.1:{host.port}", "https://friend.example"):
            async with parley(host, origin=origin) as line:
                assert (await welcomed(line))["type"] == "welcome"
        preflight = await client.options(
            "/rtc", headers={"Origin": "https://friend.example", "Access-Control-Request-Method": "POST"}
        )
        assert preflight.headers["access-control-allow-origin"] == "https://friend.example"

    asking(work, Settings(ANYWHERE, origins=("https://friend.example",)))


def test_another_name_for_this_machine_is_not_answered_to() -> None:
    async def work(host: Hosting, client: httpx2.AsyncClient) -> None:
        assert (await client.get("/", headers={"Host": "rebound.example"})).status_code == 421
        assert (await client.get("/healthz", headers={"Host": f"localhost:{host.port}"})).status_code == 200
        with pytest.raises(InvalidStatus, match="421"):
            async with connect(
                f"ws://rebound.example:{host.port}/parley", host="127.0.0.1", port=host.port, origin=None
            ):
                pass

    asking(work)


def test_where_tokens_are_required_they_open_the_door() -> None:
    async def work(host: Hosting, client: httpx2.AsyncClient) -> None:
        token = issue(b"s" * SHORTEST, "ada", 3600)
        async with parley(host) as line:
            told = await welcomed(line, user="ada")
            assert (told["type"], told["code"], told["fatal"]) == ("error", "unauthorised", True)
            with pytest.raises(ConnectionClosed):
                await line.recv()
            assert line.close_code == 1008
        async with parley(host) as line:
            assert (await welcomed(line, user="eve", token=token))["user"] == "ada"
        unknown = await client.get("/metrics")
        assert (unknown.status_code, unknown.json()["code"]) == (401, "unauthorised")
        assert (await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})).status_code == 200
        assert (await client.get("/healthz")).status_code == 200

    asking(work, Settings(ANYWHERE, require_token=True))


def test_tls_is_what_the_certificate_says(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)

    async def main() -> None:
        trust = ssl.create_default_context(cafile=cert)
        async with served(Settings(ANYWHERE, certificate=cert, key=key)) as host:
            assert host.url == f"https://127.0.0.1:{host.port}/"
            async with httpx2.AsyncClient(base_url=host.url, verify=trust) as client:
                assert (await client.get("/healthz")).status_code == 200
            async with connect(host.url.replace("https", "wss") + "parley", ssl=trust) as line:
                assert (await welcomed(line))["type"] == "welcome"

    asyncio.run(main())


def test_a_renewed_certificate_is_taken_up_and_a_broken_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cert, key = certificate(tmp_path)
    renewed, with_key = certificate(tmp_path / "renewed")

    async def shown(host: Hosting, **options: Any) -> bytes | None:
        """The certificate that a client gets which believes everything."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        _, writer = await asyncio.open_connection("127.0.0.1", host.port, ssl=context, **options)
        found: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return found

    async def main() -> None:
        async with served(Settings(ANYWHERE, certificate=cert, key=key)) as host, asyncio.timeout(20):
            before = await shown(host)
            cert.write_bytes(renewed.read_bytes())  # its key is still to come
            assert await shown(host) == before
            assert "the certificate is not renewed" in caplog.text
            key.write_bytes(with_key.read_bytes())
            after = await shown(host, server_hostname="")  # as clients do that know only an address
            assert after == await shown(host, server_hostname="localhost") == _binary(renewed)
            cert.unlink()
            assert await shown(host) == after

    run(main())


def _binary(certificate: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())


def test_what_keeps_it_from_listening_is_told_with_the_remedy(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    other, _ = certificate(tmp_path / "other")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        cases: list[tuple[Settings, type[Exception], str]] = [
            (Settings(Address(port=port)), CannotListen, rf"127\.0\.0\.1:{port}: cannot .*--port"),
            (Settings(ANYWHERE, wyoming=Address(port=port)), CannotListen, rf":{port}: cannot .*--wyoming"),
            (Settings(Address("192.0.2.1", 0), certificate=cert, key=key), CannotListen, r"no address of this machine"),
            (Settings(Address("no.such.invalid", 0)), CannotListen, "no machine is called so"),
            (Settings(ANYWHERE, certificate=tmp_path / "none.pem"), CannotListen, "none.pem: no such file"),
            (Settings(ANYWHERE, certificate=cert, key=tmp_path / "none.key"), CannotListen, "none.key: no such file"),
            (Settings(ANYWHERE, certificate=other, key=key), CannotListen, "with its own private key"),
            (Settings(ANYWHERE, certificate=key), CannotListen, "no certificate"),
        ]
        for settings, kind, message in cases:
            with pytest.raises(kind, match=message):
                asyncio.run(_opened(settings, SECRET))
    with pytest.raises(WrongSetting, match=r"parley token create"):
        asyncio.run(_opened(Settings(Address("0.0.0.0", 0)), Secret(tmp_path / "no secret")))
    (tmp_path / "short").write_text("short")
    with pytest.raises(SecretUnusable, match="openssl rand"):
        asyncio.run(_opened(Settings(Address("0.0.0.0", 0)), Secret(tmp_path / "short")))


async def _opened(settings: Settings, secret: Secret) -> None:
    async with hosting(scripted_graph("captions"), settings, secret=secret):
        pass


def test_whoever_asks_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(host: Hosting, client: httpx2.AsyncClient) -> None:
        async with parley(host) as talking, asyncio.timeout(PATIENCE):
            await welcomed(talking)
            beginnings = (
                b"",
                b"GET / HT",
                b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ",
                b"POST /rtc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{",
                b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /heal",
            )
            with monkeypatch.context() as hasty:
                hasty.setattr(listening, "REQUEST", 0.3)
                await asyncio.gather(*(_dripping(host.port, beginning) for beginning in beginnings))
            await talking.send(json.dumps({"type": "ping", "id": 7}))
            assert json.loads(await talking.recv()) == {"type": "pong", "id": 7}
        assert (await client.get("/healthz")).status_code == 200

    asking(work)


def test_a_handshake_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(listening, "REQUEST", 0.3)
    cert, key = certificate(tmp_path)

    async def main() -> None:
        async with served(Settings(ANYWHERE, certificate=cert, key=key)) as host, asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", host.port)
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()

    run(main())


async def _dripping(port: int, beginning: bytes) -> None:
    """Send the beginning of a request, then a byte now and then, until the server has had enough."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.create_task(reader.read())
    with suppress(ConnectionError):
        writer.write(beginning)
        while not reading.done():
            await asyncio.sleep(0.1)
            if beginning:
                writer.write(b"x")
                await writer.drain()
    with suppress(ConnectionError):
        await reading
    writer.close()


def test_a_thousand_sockets_are_refused_and_hurt_nobody() -> None:
    async def main() -> None:
        listening.allow_connections(1500)  # for our side of them
        async with served(limits=Limits(sessions=50)) as host, asyncio.timeout(PATIENCE), parley(host) as talking:
            await welcomed(talking)
            crowd = Crowd()
            async with asyncio.TaskGroup() as intruders:
                for _ in range(crowd.SIZE):
                    intruders.create_task(crowd.intrude(host.port))
            fates = crowd.fates
            assert set(fates) <= {"welcomed", "refused", "too-many-sessions", "cut"}
            assert {"refused", "too-many-sessions"} & set(fates)
            assert fates.count("welcomed") < 50
            await talking.send(json.dumps({"type": "ping", "id": 7}))
            assert json.loads(await talking.recv()) == {"type": "pong", "id": 7}
            async with parley(host) as later:
                assert (await welcomed(later))["type"] in {"welcome", "error"}

    run(main())


def test_a_crowd_that_asks_nothing_keeps_nobody_out() -> None:
    async def main() -> None:
        listening.allow_connections(1500)  # for our side of them
        async with served(limits=Limits(sessions=50)) as host, asyncio.timeout(PATIENCE):
            crowd = await asyncio.gather(
                *(asyncio.open_connection("127.0.0.1", host.port) for _ in range(1000)), return_exceptions=True
            )
            async with parley(host) as line, httpx2.AsyncClient(base_url=host.url) as client:
                assert (await welcomed(line))["type"] == "welcome"
                assert (await client.get("/healthz")).status_code == 200
            for each in crowd:
                if not isinstance(each, BaseException):
                    each[1].transport.abort()

    run(main())


class Crowd:
    """Those who come all at once."""

    SIZE = 1000

    def __init__(self) -> None:
        self.fates: list[str] = []
        """How each was received."""
        self._all = asyncio.Event()

    async def intrude(self, port: int) -> None:
        """Open a WebSocket, say hello, and stay until everybody was received."""
        try:
            async with connect(f"ws://127.0.0.1:{port}/parley", open_timeout=PATIENCE) as line:
                told = await welcomed(line)
                self._received("welcomed" if told["type"] == "welcome" else str(told["code"]))
                await self._all.wait()
        except InvalidStatus as error:
            polite = error.response.status_code == 503 and "Retry-After" in error.response.headers
            self._received("refused" if polite else f"refused with {error.response.status_code}")
        except (ConnectionError, ConnectionClosed, InvalidMessage, TimeoutError):
            self._received("cut")

    def _received(self, fate: str) -> None:
        self.fates.append(fate)
        if len(self.fates) == self.SIZE:
            self._all.set()


def test_sessions_are_told_when_it_ends() -> None:
    async def main() -> None:
        async with served() as host:
            line = await parley(host)
            await welcomed(line)
        assert json.loads(await line.recv())["code"] == "shutting-down"
        with pytest.raises(ConnectionClosed):
            await line.recv()

    run(main())


def test_sessions_that_speak_are_waited_for_until_somebody_hurries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "FAREWELL", 1000.0)

    async def main() -> None:
        graph = scripted_graph("assistant", ["stages.response.unknown=decline"])
        async with hosting(graph, Settings(ANYWHERE), secret=SECRET) as host, asyncio.timeout(PATIENCE):
            await graph.load()
            opened = AsyncExitStack()
            await opened.enter_async_context(host.open())
            async with parley(host) as line:
                await welcomed(line)
                await line.send(json.dumps({"type": "text", "text": "hello"}))
                await _until(line, "sync")
                closing = asyncio.create_task(opened.aclose())
                await asyncio.sleep(0.1)
                assert not closing.done()
                host.hurry()
                await closing
                assert (await _until(line, "error"))["code"] == "shutting-down"
            await graph.close()

    run(main())


async def _until(line: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        received = await line.recv()
        if isinstance(received, str) and json.loads(received)["type"] == kind:
            message: dict[str, Any] = json.loads(received)
            return message

"""The Parley protocol over real sockets, by a real client; scripted engines answer, but for one exchange."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import socket
import struct
from contextlib import suppress
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.reading import read_speech, word_error_rate
from support.serving import FRAME, PATIENCE, PRICE, RATE, STORY, Client, calling, guide, served, serving, until
from support.sessions import spoken
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from pipeline.graph.build import build, open_spec
from pipeline.graph.graph import Graph
from pipeline.graph.registry import Registry
from pipeline.packets import Gaze, Picture, Pointing, Scene, Thing
from pipeline.runners.serve import http_server as listening
from pipeline.runners.serve import outbox
from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.hosting import Hosting
from pipeline.runners.serve.http_server import Patient, PatientSocket
from pipeline.runners.serve.observers import Journals
from pipeline.runners.serve.parley import websocket
from pipeline.runners.serve.parley.connection import MISTAKES
from pipeline.runtime.journal import read_journal
from pipeline.testing import read, tones
from pipeline.wire.frames import HEADER, PICTURE, SOUND, pack, unpack

DATA = Path(__file__).parents[4] / "data"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def url(host: Hosting) -> str:
    return f"ws://127.0.0.1:{host.port}/parley"


async def refused(host: Hosting, *messages: str | bytes) -> tuple[str, int | None]:
    """What a server says to this, and the code with which it closes."""
    async with connect(url(host)) as line:
        with suppress(ConnectionClosed):
            for message in messages:
                await line.send(message)
        told: list[str | bytes] = []
        code = await closed(line, told)
        return json.loads(told[-1])["code"], code


async def closed(line: ClientConnection, told: list[str | bytes] | None = None) -> int | None:
    """Wait until the server closes; with which code. `told` gets what it says until then."""
    try:
        while True:
            received = await line.recv()
            if told is not None:
                told.append(received)
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else None


def heard(client: Client) -> str:
    return read(client.sound, client.rate)


# --- conversations ---------------------------------------------------------------------------------------------------


def test_a_question_by_key_is_answered() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host, user="ada") as client:
            answered = await client.ask("lantern")
            assert (answered["fate"], answered["heard"], answered["said"]) == ("answered", "lantern", PRICE)
            assert answered["latency"] is not None
            assert heard(client) == PRICE.lower()
            await client.told("state", state="idle")
            states = [message["state"] for message in client.all("state")]
            assert states == ["listening", "thinking", "speaking", "idle"]
            assert [frame[0] for frame in client.frames] == list(range(len(client.frames)))
            assert [frame[1] for frame in client.frames[:3]] == [0, 480, 960]
            (sync,) = client.all("sync")
            assert (sync["timestamp"], sync["position"]) == (0, 0)
            visemes = [shape for message in client.all("visemes") for shape in message["visemes"]]
            assert visemes[0][0] == 0
            assert all(a[0] + a[1] == b[0] for a, b in pairwise(visemes))
            captions = [message for message in client.all("caption") if message["speaker"] == "avatar"]
            assert " ".join("".join(message["text"] for message in captions).split()) == PRICE
            words = [(60 * found.start(1), found[0]) for found in re.finditer(r" ?(\S+)", PRICE)]  # 60 ms a letter
            assert [tuple(word) for message in captions for word in message["words"]] == words
            assert client.all("caption")[0]["speaker"] == "user"
            assert {message.get("turn", answered["turn"]) for message in client.messages} == {answered["turn"]}
            await client.send("bye")
            assert await client.ended() == 1000
        await until(lambda: not host.sessions.clients)

    serving(work)


def test_hands_free_the_voice_begins_and_ends_a_turn() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host, mode="hands-free") as client:
            await client.say("lantern", pace=FRAME)
            await client.say(np.zeros(2 * RATE, np.float32), pace=FRAME / 2)
            assert (await client.told("answered"))["heard"] == "lantern"
            await client.send("bye")

    serving(work)


def test_hands_free_without_its_silence() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host, mode="hands-free") as client:
            await client.say("lantern", pace=FRAME)  # and nothing more
            assert (await client.told("answered"))["heard"] == "lantern"
            await client.send("bye")

    serving(work)


def test_typed_lines_modes_and_small_talk() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host) as client:
            await client.send("text", text="a story")
            assert (await client.told("answered"))["said"] == STORY
            await client.send("mode", mode="hands-free")
            await client.say("lantern", pace=FRAME)
            await client.say(np.zeros(RATE // 2, np.float32))
            await client.send("mode", mode="push-to-talk")  # in the middle of what is said
            assert (await client.told("answered"))["heard"] == "lantern"
            await client.send("ping", id=41)
            assert await client.told("pong", id=41)
            await client.send("stats")
            stats = await client.told("stats")
            assert stats["received"] == client._sequence
            assert stats["sent"] == len(client.frames)
            assert stats["lost"] == stats["late"] == stats["dropped"] == stats["waiting"] == 0
            await client.send("bye")

    serving(work)


def test_an_interruption_is_immediate() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host) as client:
            await client.send("text", text="a story")
            await until(lambda: client.place > client.rate)
            await client.send("interrupt")
            await client.told("flush")
            answered = await client.told("answered")
            assert answered["fate"] == "interrupted"
            assert STORY.startswith(answered["said"])
            assert len("once upon a ti") <= len(answered["said"]) < len(STORY) / 2
            captions = [message for message in client.all("caption") if message["speaker"] == "avatar"]
            words = [word for message in captions for _, word in message["words"]]
            assert answered["said"] in set(accumulate(words)), "it is cut at a word"
            (past,) = next(iter(host.sessions.clients.values())).session.dialogue.exchanges
            assert (past.said, past.interrupted) == (answered["said"], True)
            assert client.frames[-1][0] < 120, "numbers go on where the client stopped"
            assert (await client.ask("lantern"))["said"] == PRICE
            await client.send("bye")

    serving(work)


@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000])
def test_opus_both_ways(rate: int) -> None:
    async def work(host: Hosting) -> None:
        forms: dict[str, Any] = {
            "audio_in": {"codec": "opus", "sample_rate": RATE},
            "audio_out": {"codec": "opus", "sample_rate": rate},
        }
        async with calling(host, **forms) as client:
            await client.send("press")
            await client.say(np.pad(tones("lantern", RATE), (1600, 1600)), opus=True)
            await client.send("release")
            answered = await client.told("answered")
            assert (answered["heard"], answered["said"]) == ("lantern", PRICE)
            assert heard(client) == PRICE.lower()
            await client.send("bye")

    serving(work)


def test_only_what_the_client_wants_is_sent() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host, wants=[], reports=False) as client:
            await client.ask("lantern")
            kinds = {message["type"] for message in client.messages}
            assert kinds == {"welcome", "state", "sync", "answered"}
            await client.send("bye")

    serving(work)


def test_surroundings_go_with_what_is_said_and_into_the_journal(tmp_path: Path) -> None:
    async def main() -> None:
        graph = guide()
        built = build(open_spec("assistant", []), Registry())
        async with asyncio.timeout(2 * PATIENCE):
            await graph.load()
            async with served(graph, journals=Journals(tmp_path, built)) as host, calling(host) as client:
                await client.send("scene", place="market", things=[{"name": "lantern", "position": [0, 1, -2]}])
                await client.send("gaze", target="lantern")
                await client.send("press")
                await client.send("point", target="lantern", position=[0, 1, -2])
                await client.socket.send(pack(PICTURE, 0, 0, PNG))
                await client.say("lantern")
                await client.send("release")
                await client.told("answered")
                await client.send("bye")
                await client.ended()
            await graph.close()
        (folder,) = tmp_path.iterdir()  # noqa: ASYNC240  nobody waits
        turn = read_journal(folder).turns[-1]
        noticed = [packet for packet in turn.packets("audio") if not hasattr(packet, "samples")]
        assert [type(packet) for packet in noticed] == [Scene, Gaze, Pointing, Picture]
        assert noticed[0].things == (Thing("lantern", (0.0, 1.0, -2.0)),)
        assert noticed[3].media_type == "image/png"
        assert base64.b64decode(noticed[3].data) == PNG

    asyncio.run(main())


def test_a_recogniser_reads_the_answer_back(assistant: Graph) -> None:
    async def main() -> None:
        async with asyncio.timeout(2 * PATIENCE), served(assistant) as host, calling(host) as client:
            await client.send("press")
            await client.say(await spoken("price.flac"))
            await client.send("release")
            answered = await client.told("answered")
            assert "telescope" in answered["heard"].lower()
            assert word_error_rate(answered["said"], read_speech(client.sound, client.rate)) < 0.2
            await client.send("bye")

    asyncio.run(main())


def test_a_client_of_version_1_keeps_working() -> None:
    """What a client of the first version sent, and what it makes use of in what it is told."""
    golden = json.loads((DATA / "protocol-1.json").read_text("utf-8"))

    async def work(host: Hosting) -> None:
        told: list[dict[str, Any]] = []
        frames: list[bytes] = []
        async with connect(url(host)) as line:
            for step in golden["conversation"]:
                for said in step["says"]:
                    await line.send(base64.b64decode(said["binary"]) if "binary" in said else json.dumps(said))
                while step["until"] not in [message["type"] for message in told]:
                    received = await line.recv()
                    if isinstance(received, bytes):
                        frames.append(received)
                    else:
                        told.append(json.loads(received))
                seen, told = told, []
                for message in seen:
                    assert golden["uses"][message["type"]].keys() <= message.keys()
                    for field, kind in golden["uses"][message["type"]].items():
                        assert type(message[field]).__name__ in kind.split("|"), (message["type"], field)
            await closed(line)
        assert [unpack(frame).sequence for frame in frames] == list(range(len(frames)))
        assert seen[-1]["type"] == "stats"

    serving(work)


# --- losing the line -------------------------------------------------------------------------------------------------


def test_an_answer_that_was_cut_goes_on_at_the_word() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host, user="ada") as client:
            welcome = client.all("welcome")[0]
            await client.send("text", text="a story")
            await until(lambda: client.place > 1.2 * client.rate)
            client.socket.transport.abort()
            place = client.place
            await client.ended()
        await asyncio.sleep(0.5)
        assert host.sessions.count == 1
        cut = read(client.sound[:place], client.rate)
        again: dict[str, Any] = {"session": welcome["session"], "key": welcome["key"], "heard": place}
        async with calling(host, user="ada", **again) as client:
            back = client.all("welcome")[0]
            assert back["resumed"]
            assert back["session"] == welcome["session"]
            answered = await client.told("answered")
            assert answered["fate"] == "answered"
            rest = heard(client)
            whole = STORY.lower()
            assert whole.endswith(rest)
            assert whole.startswith(cut)
            assert len(whole) <= len(cut) + len(rest) <= len(whole) + len("lantern"), "only the cut word is repeated"
            assert client.all("sync")[0]["position"] == pytest.approx(60 * whole.index(rest), abs=30)
            assert [frame[0] for frame in client.frames] == list(range(len(client.frames)))
            (past,) = next(iter(host.sessions.clients.values())).session.dialogue.exchanges
            assert (past.said, past.interrupted) == (STORY, False)
        async with calling(host, user="ada", **again) as client:
            assert client.all("welcome")[0]["history"] == [{"heard": "a story", "said": STORY, "interrupted": False}]
            await client.send("bye")
            await client.ended()
        assert await refused(host, json.dumps({"type": "hello", **again})) == ("unknown-session", 1008)

    serving(work)


def test_a_line_that_is_lost_for_too_long() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host) as client:
            welcome = client.all("welcome")[0]
            await client.send("text", text="a story")
            await client.told("sync")
        await until(lambda: not host.sessions.count)
        hello = {"type": "hello", "session": welcome["session"], "key": welcome["key"]}
        assert (await refused(host, json.dumps(hello)))[0] == "unknown-session"

    serving(work, Limits(resumable=0.3))


def test_a_bye_at_once_is_one_too() -> None:
    async def work(host: Hosting) -> None:
        async with connect(url(host)) as line:
            await line.send('{"type": "hello"}')
            await line.send('{"type": "bye"}')
            assert await closed(line) == 1000
        await until(lambda: not host.sessions.count)

    serving(work)


def test_the_client_says_in_which_language_it_wants_to_be_answered() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host, language="en") as client:
            (welcome,) = client.all("welcome")
            assert (welcome["language"], welcome["languages"]) == ("en", ["en"])
            await client.ask("lantern")
            captions = [message for message in client.all("caption") if message["final"]]
            told = {(caption["speaker"], caption["language"]) for caption in captions}
            assert told == {("user", "en"), ("avatar", "en")}
            await client.send("bye")

    serving(work)


def test_only_guests_are_strangers_to_each_other() -> None:
    async def work(host: Hosting) -> None:
        for user in ("guestavo", "guest-1"):  # a name is a name, whatever it begins with
            async with calling(host, user=user) as client:
                assert client.all("welcome")[0]["user"] == user
                await client.send("bye")
        strangers = set()
        for user in ("guest", "", ""):
            async with calling(host, user=user) as client:
                strangers.add(client.all("welcome")[0]["user"])
                await client.send("bye")
        assert len(strangers) == 3
        assert all(stranger.startswith("guest-") for stranger in strangers)

    serving(work)


def test_another_client_takes_the_session_over() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host) as first:
            welcome = first.all("welcome")[0]
            again = {"session": welcome["session"], "key": welcome["key"]}
            hello = {"type": "hello", "session": welcome["session"], "key": "guessed"}
            assert (await refused(host, json.dumps(hello)))[0] == "unknown-session"
            async with calling(host, **again) as second:
                assert (await first.told("error"))["code"] == "replaced"
                assert await first.ended() == 1008
                assert (await second.ask("lantern"))["said"] == PRICE
                await second.send("bye")
                await second.ended()

    serving(work)


def test_nobody_is_disturbed_by_another() -> None:
    async def work(host: Hosting) -> None:
        async def ask(words: str, answer: str) -> None:
            async with calling(host) as client:
                assert (await client.ask(words))["said"] == answer
                assert heard(client) == answer.lower()
                await client.send("bye")

        await asyncio.gather(ask("lantern", PRICE), ask("lantern", PRICE), ask("story", STORY))

    serving(work)


# --- those who break the rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (['{"type": "press"}'], "hello-first"),
        ([pack(SOUND, 0, 0, b"\0" * 640)], "hello-first"),
        (["hello"], "not-understood"),
        (['{"type": "hello", "protocol": 99}'], "unknown-protocol"),
        (['{"type": "hello", "session": "nobody", "key": "k"}'], "unknown-session"),
        (['{"type": "hello", "audio_in": {"codec": "opus", "sample_rate": 11025}}'], "bad-audio"),
        (['{"type": "hello", "audio_out": {"codec": "opus", "sample_rate": 44100}}'], "bad-audio"),
        (['{"type": "hello", "language": "fr"}'], "unknown-language"),
        (['{"type": "hello", "token": "a.b.c"}'], "unauthorised"),
        (['{"type": "hello"}', "x" * 70_000], "too-long"),
        (['{"type": "hello"}', pack(PICTURE, 0, 0, bytes(1024 * 1024 + 1))], "too-long"),
        (['{"type": "hello"}', *['{"type": "sing"}'] * MISTAKES], "not-understood"),
        (['{"type": "hello"}', *[pack(SOUND, n, 0, b"odd") for n in range(MISTAKES)]], "bad-audio"),
        (['{"type": "hello"}', *['{"type": "ping"}'] * 1000], "too-fast"),
        (['{"type": "hello"}', *[pack(SOUND, n, n * 960, bytes(1920)) for n in range(500)]], "too-fast"),
        (['{"type": "hello"}', *[pack(SOUND, 0, 0, bytes(1920))] * 12_000], "too-fast"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_against_the_rules_has_a_code(messages: list[str | bytes], code: str) -> None:
    async def work(host: Hosting) -> None:
        assert await refused(host, *messages) == (code, 1008)
        assert host.sessions.totals.refusals[code] >= 1

    serving(work, Limits(resumable=0.0))


def test_one_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "HELLO", 0.2)

    async def work(host: Hosting) -> None:
        assert await refused(host) == ("hello-first", 1008)

    serving(work)


def test_mistakes_are_told_and_forgiven() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host) as client:
            for text in ('{"type": "sing", "song": "secret words"}', "{", '{"type": "hello", "token": "a.secret.b"}'):
                await client.socket.send(text)
                error = await client.told("error")
                assert (error["code"], error["fatal"]) == ("not-understood", False)
                assert "secret" not in error["message"]
            for data in (b"", b"\1", bytes(HEADER + 5), pack(SOUND, 0, 0, b"odd"), pack(PICTURE, 0, 0, b"no picture")):
                await client.socket.send(data)
                assert (await client.told("error"))["code"] == "bad-audio"
            assert (await client.ask("lantern"))["said"] == PRICE
            await client.send("bye")

    serving(work)


def test_more_than_fits_is_closed() -> None:
    async def work(host: Hosting) -> None:
        async with connect(url(host)) as line:
            await line.send('{"type": "hello"}')
            with suppress(ConnectionClosed):
                await line.send(bytes(2_000_000))
            assert await closed(line) in (1009, None)

    serving(work, Limits(resumable=0.0))


def test_sessions_have_limits() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host, user="ada") as one, calling(host, user="ada") as two:
            assert (await refused(host, '{"type": "hello", "user": "ada"}'))[0] == "too-many-sessions"
            async with calling(host, user="bob") as three:
                assert (await refused(host, '{"type": "hello"}'))[0] == "too-many-sessions"
                await three.send("bye")
                await three.ended()
            await until(lambda: host.sessions.count == 2)
            async with calling(host) as three:
                await three.send("bye")
            for client in (one, two):
                await client.send("bye")

    serving(work, Limits(sessions=3, sessions_per_user=2))


def test_one_who_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Patient.connection_made

    def small(patient: Patient, transport: asyncio.Transport) -> None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        made(patient, transport)

    gone: list[PatientSocket] = []
    monkeypatch.setattr(Patient, "connection_made", small)
    monkeypatch.setattr(PatientSocket, "connection_lost", lambda line, _: gone.append(line))
    monkeypatch.setattr(outbox, "OUTSTANDING", 64)
    monkeypatch.setattr(listening, "UNREAD", 3.0)

    async def work(host: Hosting) -> None:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", host.port))
        loop = asyncio.get_running_loop()
        line.setblocking(False)
        upgrade = (
            f"GET /parley HTTP/1.1\r\nHost: 127.0.0.1:{host.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await loop.sock_sendall(line, upgrade.encode())
        await loop.sock_recv(line, 4096)
        await loop.sock_sendall(
            line, masked('{"type": "hello", "audio_out": {"sample_rate": 48000}, "reports": false}')
        )
        await until(lambda: host.sessions.clients)
        (served,) = host.sessions.clients.values()
        await loop.sock_sendall(line, masked('{"type": "text", "text": "a story"}'))
        await until(lambda: host.sessions.totals.refusals["too-slow"])
        await until(lambda: served.connection is None)
        await until(lambda: not host.sessions.count)
        await until(lambda: gone)
        line.close()

    serving(work, Limits(resumable=0.1))


def masked(text: str) -> bytes:
    """A text frame as a client sends it (RFC 6455, section 5.2), under a mask that changes nothing."""
    data = text.encode()
    length = struct.pack("!B", 0x80 | len(data)) if len(data) < 126 else struct.pack("!BH", 0x80 | 126, len(data))
    return b"\x81" + length + bytes(4) + data


def test_all_are_told_when_the_server_ends() -> None:
    async def main() -> None:
        graph = guide()
        await graph.load()
        async with (
            asyncio.timeout(2 * PATIENCE),
            served(graph) as host,
            calling(host) as idle,
            calling(host) as talking,
        ):
            await talking.send("text", text="lantern")
            await talking.told("sync")
            closing = asyncio.create_task(host.sessions.close())
            assert (await idle.told("error"))["code"] == "shutting-down"
            assert await idle.ended() == 1008
            assert (await talking.told("answered"))["said"] == PRICE, "what is being said is finished"
            assert (await talking.told("error"))["code"] == "shutting-down"
            await closing
            assert not host.sessions.clients
            assert (await refused(host, '{"type": "hello"}'))[0] == "shutting-down"
        await graph.close()

    asyncio.run(main())


def test_a_session_that_fails_says_so() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host) as client:
            (served,) = host.sessions.clients.values()

            def fail() -> None:
                raise RuntimeError("a bug")

            served.receiver.do(fail)
            assert (await client.told("error"))["code"] == "failed"
            assert await client.ended() == 1008
        await until(lambda: not host.sessions.count)

    serving(work)

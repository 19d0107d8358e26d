"""A headset at a real server, over a real socket; the engines are scripted, and speak in tones that can be read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve

from models.protocols import Intent, Outcome
from pipeline.runners.headset.exchange import MeasuredExchange, measure_exchange
from pipeline.runners.headset.fleet import Fleet, Said
from pipeline.runners.headset.headset import Headset
from pipeline.runners.headset.network import Impairment
from pipeline.runners.headset.transport import TransportError
from pipeline.runners.serve.hosting import hosting
from pipeline.runners.serve.settings import Address, Settings
from pipeline.runners.serve.tokens import Secret
from pipeline.testing import ScriptedIntents, ScriptedTasks, read, run, scripted_graph, tones
from pipeline.wire import from_client, from_server
from pipeline.wire.fields import Format
from pipeline.wire.frames import SOUND, pack

RATE = 16_000
QUESTION = tones("a lantern?", RATE)
ANSWER = "Five coins. All night."
STORY = "Once upon a time a lantern stood in the market. Nobody knew who had lit it, so it burned on and on."
PATIENCE = 60.0
"""Seconds in which anything that a test waits for must come."""


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[str]:
    """The address of a server whose avatar knows what a lantern costs, and a story."""
    intents = ScriptedIntents({"lantern": Intent("price"), "story": Intent("story")})
    tasks = ScriptedTasks([Outcome("price", "done", ANSWER), Outcome("story", "done", STORY)], looks=["price", "story"])
    engines = {"intent": intents, "task": tasks}
    graph = scripted_graph("assistant", ["turns.idle=off"], engines=engines)
    await graph.load()
    settings = Settings(Address("127.0.0.1", 0))
    async with hosting(graph, settings, secret=Secret(folder / "secret")) as host, host.open():
        yield f"ws://127.0.0.1:{host.port}/parley"
    await graph.close()


def talk(folder: Path, work: Callable[[str], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with server(folder) as url:
            return await work(url)

    return run(main())


def spoken(text: str) -> str:
    return text.lower().replace(".", "").strip()


def check(done: MeasuredExchange) -> None:
    assert (done.heard, done.said, done.fate) == ("a lantern?", ANSWER, "answered"), done
    if not done.gaps:  # a machine that does not keep up leaves some, and cut tones cannot be read
        assert spoken(read(done.sound, done.sample_rate)) == spoken(ANSWER)
    assert done.first_audible is not None
    assert done.first_audible > 0.0
    assert "".join(text for _, text in done.captions) == ANSWER
    assert done.lost == 0
    assert done.visemes


@pytest.mark.parametrize("codec", ["pcm16", "opus"])
def test_a_question_is_answered(tmp_path: Path, codec: Any) -> None:
    async def work(url: str) -> MeasuredExchange:
        hello = from_client.Hello(
            mode="push-to-talk",
            audio_in=Format(codec=codec, sample_rate=RATE),
            audio_out=Format(codec=codec, sample_rate=24_000),
        )
        async with Headset(url, hello) as headset:
            return await measure_exchange(headset, "lantern", QUESTION, RATE)

    check(talk(tmp_path, work))


def test_without_a_key(tmp_path: Path) -> None:
    async def work(url: str) -> MeasuredExchange:
        async with Headset(url, from_client.Hello(mode="hands-free")) as headset:
            await asyncio.sleep(0.3)
            return await measure_exchange(headset, "lantern", QUESTION, RATE)

    check(talk(tmp_path, work))


def test_over_a_bad_network(tmp_path: Path) -> None:
    async def work(url: str) -> MeasuredExchange:
        hello = from_client.Hello(mode="push-to-talk")
        async with Headset(url, hello, Impairment(0.03, 0.04, 0.01), seed=5) as headset:
            return await measure_exchange(headset, "lantern", QUESTION, RATE)

    check(talk(tmp_path, work))


def test_a_typed_line_and_an_interruption(tmp_path: Path) -> None:
    async def work(url: str) -> tuple[str, str]:
        async with Headset(url) as headset:
            await headset.send(from_client.Text(text="a story"))
            assert await headset.until(lambda: headset.playout.playing, PATIENCE)
            await asyncio.sleep(0.5)
            await headset.send(from_client.Interrupt())
            assert await headset.until(lambda: headset.of(from_server.Answered), PATIENCE)
            assert headset.playout.idle
            (answered,) = headset.of(from_server.Answered)
            (stretch,) = headset.playout.stretches
            return answered.said, read(stretch.samples, 24_000)

    said, heard = talk(tmp_path, work)
    assert STORY.startswith(said)
    assert len(said) < len(STORY)
    assert heard
    # The word that was cut counts as heard.
    assert spoken(said).startswith(heard.rpartition(" ")[0])


def test_a_headset_that_is_cut_off_comes_back(tmp_path: Path) -> None:
    async def work(url: str) -> tuple[str, str, list[from_server.Answered]]:
        async with Headset(url) as headset:
            await headset.send(from_client.Text(text="a story"))
            assert await headset.until(lambda: headset.playout.playing, PATIENCE)
            await asyncio.sleep(0.5)
            headset.cut()
            with pytest.raises(TransportError):
                await headset.until(lambda: False, PATIENCE)
            first = read(headset.playout.stretches[0].samples, 24_000)
        hello = from_client.Hello(session=headset.welcome.session, key=headset.welcome.key)
        async with Headset(url, hello) as again:
            assert again.welcome.resumed
            assert await again.until(lambda: again.of(from_server.Answered), PATIENCE)
            return first, read(again.playout.stretches[0].samples, 24_000), again.of(from_server.Answered)

    first, rest, answers = talk(tmp_path, work)
    assert [answer.said for answer in answers] == [STORY]
    assert spoken(STORY).startswith(first.rpartition(" ")[0])
    assert spoken(STORY).endswith(spoken(rest))


def test_many_at_once(tmp_path: Path) -> None:
    heard: list[tuple[int, MeasuredExchange]] = []

    async def work(url: str) -> list[str]:
        hello = from_client.Hello(mode="push-to-talk")
        fleet = Fleet(url, 3, hello)
        recordings = [Said("lantern", QUESTION, RATE), Said("again", QUESTION, RATE)]
        return await fleet.talk(recordings, lambda session, done: heard.append((session, done)))

    assert talk(tmp_path, work) == []
    assert sorted((session, done.name) for session, done in heard) == [
        (session, name) for session in range(3) for name in ("again", "lantern")
    ]
    assert {(done.heard, done.said, done.fate) for _, done in heard} == {("a lantern?", ANSWER, "answered")}


def test_nothing_said_is_nothing_answered(tmp_path: Path) -> None:
    async def work(url: str) -> MeasuredExchange:
        async with Headset(url, from_client.Hello(mode="push-to-talk")) as headset:
            return await measure_exchange(headset, "silence", np.zeros(RATE // 2, np.float32), RATE)

    done = talk(tmp_path, work)
    assert done.fate == "nothing"
    assert done.first_audible is None


# --- servers that do it wrong ------------------------------------------------------------------------------------


def against(handler: Callable[[ServerConnection], Awaitable[None]], work: Callable[[str], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with serve(handler, "127.0.0.1", 0) as listening:
            port = next(iter(listening.sockets)).getsockname()[1]
            return await work(f"ws://127.0.0.1:{port}/parley")

    return run(main())


async def enter(url: str) -> None:
    async with Headset(url) as headset:
        await headset.until(lambda: False, PATIENCE)


def test_no_server() -> None:
    with pytest.raises(TransportError, match=r"no Parley server answers at ws://127\.0\.0\.1:1/.*parley serve"):
        asyncio.run(enter("ws://127.0.0.1:1/parley"))


def test_no_address() -> None:
    with pytest.raises(TransportError, match="is no address of a server"):
        asyncio.run(enter("parley.example.org"))


def test_a_refusal_is_told() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(from_server.Error(code="unauthorised", message="no token", fatal=True).model_dump_json())
        await socket.close(1008)

    with pytest.raises(TransportError, match="refuses: unauthorised: no token"):
        against(handler, enter)


def test_another_protocol_is_told() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send('{"greeting": "hi"}')
        await socket.wait_closed()

    with pytest.raises(TransportError, match="type"):
        against(handler, enter)


def test_sound_before_the_welcome_is_told() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send(pack(SOUND, 0, 0, bytes(960)))
        await socket.wait_closed()

    with pytest.raises(TransportError, match="no sound before its welcome"):
        against(handler, enter)


def test_gaps_and_concealed_frames_are_seen() -> None:
    """A server that leaves out two frames, and pauses in the middle of its answer."""
    paused = 0.0

    async def handler(socket: ServerConnection) -> None:
        nonlocal paused
        form = Format(sample_rate=24_000)
        told = {"session": "s", "key": "k", "resumable": 0, "resumed": False, "user": "", "graph": "g"}
        await socket.recv()
        await socket.send(
            from_server.Welcome(
                protocol=1, mode="push-to-talk", state="idle", audio_in=form, audio_out=form, **told
            ).model_dump_json()
        )
        async for data in socket:
            if isinstance(data, str) and from_client.FROM_CLIENT.validate_json(data) == from_client.Release():
                break
        await socket.send(from_server.Sync(turn="s/1", timestamp=0, position=0).model_dump_json())
        payload = np.full(480, 8000, "<i2").tobytes()
        for number in range(30):
            if number == 15:
                began = asyncio.get_running_loop().time()
                await asyncio.sleep(0.6)
                paused = asyncio.get_running_loop().time() - began
            if number not in (5, 6):
                await socket.send(pack(SOUND, number, 480 * number, payload))
        await socket.send(from_server.Answered(turn="s/1", fate="answered", heard="", said="").model_dump_json())
        await socket.wait_closed()

    async def work(url: str) -> MeasuredExchange:
        async with Headset(url) as headset:
            return await measure_exchange(headset, "tone", QUESTION[:3200], RATE)

    done = against(handler, work)
    assert done.lost == 2
    (gap,) = done.gaps
    assert 0.1 < gap < paused
    assert done.seconds == pytest.approx(0.6 + gap, abs=0.001)

"""Talking with a server over WebRTC."""

from __future__ import annotations

import asyncio
import gc
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import aioice.ice
import numpy as np
import pytest
from aiortc.rtcsctptransport import SCTP_DATA_FIRST_FRAG, DataChunk
from aiortc.rtp import is_rtcp
from playwright.sync_api import sync_playwright
from support.pages import browsing, write_microphone
from support.reading import read_speech, word_error_rate
from support.rtc_client import PATIENCE, RATE, RtcClient, calling, post, refusal
from support.sessions import spoken

from models.protocols import Intent, Outcome, Samples
from pipeline.devices.network.rtc import CLOCK, OpusTrack, Peer
from pipeline.graph.graph import Graph
from pipeline.runners.serve.admission import Limits
from pipeline.runners.serve.client_session import ClientSession
from pipeline.runners.serve.hosting import Hosting, hosting
from pipeline.runners.serve.parley import webrtc
from pipeline.runners.serve.parley.connection import MISTAKES, TEXT
from pipeline.runners.serve.settings import Address, Settings
from pipeline.runners.serve.tokens import SHORTEST, Secret, issue
from pipeline.testing import ScriptedIntents, ScriptedTasks, read, scripted_graph, tones

pytestmark = pytest.mark.device  # its packets take the network interfaces that there are

KEY = b"s" * SHORTEST
PRICE = "A lantern costs five coins."
STORY = "Once upon a time a lamp stood in the market, unlit."


def guide() -> Graph:
    """Answers at once, in tones."""
    intents = {"lantern": Intent("price"), "story": Intent("story")}
    outcomes = [Outcome("price", "done", PRICE), Outcome("story", "done", STORY)]
    tasks = ScriptedTasks(outcomes, looks=["price", "story"])
    return scripted_graph("assistant", engines={"intent": ScriptedIntents(intents), "task": tasks})


@asynccontextmanager
async def served(
    graph: Graph, settings: Settings | None = None, limits: Limits | None = None
) -> AsyncIterator[Hosting]:
    settings = settings or Settings(Address(port=0))
    async with hosting(graph, settings, limits, secret=Secret(Path("nowhere"), KEY)) as host, host.open():
        yield host


def talking(work: Callable[[Hosting], Awaitable[None]], **options: Any) -> None:
    """Do `work` with a server of scripted engines."""

    async def main() -> None:
        graph = guide()
        await graph.load()
        async with served(graph, **options) as host, asyncio.timeout(2 * PATIENCE):
            await work(host)
        await graph.close()

    asyncio.run(main())


async def empty(host: Hosting) -> None:
    """Wait until nobody is there."""
    while host.sessions.count:  # noqa: ASYNC110  a session's end is told to nobody
        await asyncio.sleep(0.02)


async def ask(client: RtcClient, words: str) -> None:
    client.send("press")
    await client.say(tones(words, RATE))
    client.send("release")


def answers(client: RtcClient) -> list[str]:
    """What was heard of each answer, where the syncs say that it lies: a machine that is held up moves the rest."""
    syncs = [each for each in client.messages if each["type"] == "sync"]
    sound = client.heard()
    begins = [int(sync["timestamp"]) - client.packets[0][1] for sync in syncs]
    laid: list[tuple[int, Samples]] = []  # and where in the answer it begins
    for sync, begin, end in zip(syncs, begins, [*begins[1:], sound.size], strict=True):
        place = round(sync["position"] * CLOCK / 1000)
        if laid and place:
            first, before = laid.pop()
            laid.append((first, np.concatenate([before[: place - first], sound[begin:end]])))
        else:
            laid.append((place, sound[begin:end]))
    return [read(samples, CLOCK) for _, samples in laid]


def test_a_question_is_heard_and_its_answer_too() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url, user="ada") as client:
            assert client.welcome["user"] == "ada"
            assert client.welcome["audio_in"] == {"codec": "opus", "sample_rate": CLOCK}
            await ask(client, "how much is a lantern?")
            answered = await client.told("answered")
            assert answered["heard"] == "how much is a lantern?"
            assert answered["said"] == PRICE
            assert answers(client) == [PRICE.lower()]
            captions = [each["text"] for each in client.messages if each["type"] == "caption"]
            assert captions[-1].strip() == PRICE
            visemes = [shape for each in client.messages if each["type"] == "visemes" for shape in each["visemes"]]
            assert [start for start, *_ in visemes] == sorted({start for start, *_ in visemes})
            client.send("stats")
            stats = await client.told("stats")
            assert stats["sent"] == pytest.approx(len(PRICE) * 3, abs=2)
            assert stats["received"] > 60
            assert not stats["lost"]
            client.send("bye")
            await empty(host)
        assert host.sessions.totals.received == pytest.approx(stats["received"], abs=20)

    talking(work)


def test_sync_says_which_rtp_timestamp_an_answer_begins_at() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url) as client:
            for turn in (1, 2):
                client.send("text", text="lantern?")
                await client.told("answered", turn)
            assert answers(client) == [PRICE.lower()] * 2
            first = next(int(each["timestamp"]) for each in client.messages if each["type"] == "sync")
            assert not read(client.heard()[: first - client.packets[0][1]], CLOCK)

    talking(work)


def test_an_interruption_is_heard_at_once_and_remembered() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url) as client:
            client.send("text", text="a story")
            await client.told("sync")
            await asyncio.sleep(1.5)
            client.send("interrupt")
            answered = await client.told("answered")
            told = len(client.packets)
            await asyncio.sleep(0.5)
            assert np.abs(np.concatenate([sound for *_, sound in client.packets[told + 5 :]])).max() < 0.01
            assert answered["fate"] == "interrupted"
            said = answered["said"].strip()
            assert STORY.startswith(said)
            assert 5 < len(said) < 60
            (heard,) = answers(client)
            assert STORY.lower().startswith(heard[: len(said)])
            assert abs(len(heard) - len(said)) < 10
            assert any(each["type"] == "flush" for each in client.messages)

    talking(work)


def vanish(client: RtcClient) -> None:
    """Leave without a word, as a radio does that goes out of reach."""
    (transport,) = {each.receiver.transport.transport for each in client.connection.getTransceivers()}
    for protocol in transport._connection._protocols:
        protocol.transport.abort()


def test_a_client_that_was_cut_off_comes_back_and_the_answer_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url, user="ada") as client:
            client.send("text", text="lantern?")
            await client.told("answered")
            client.send("text", text="a story")
            await client.told("sync", 2)
            await asyncio.sleep(1.0)
            vanish(client)
            (served,) = host.sessions.clients.values()
            with monkeypatch.context() as hasty:
                hasty.setattr(webrtc, "QUIET", 0.5)
                while served.connection:  # noqa: ASYNC110  nor is a line's
                    await asyncio.sleep(0.02)
            session, key = client.welcome["session"], client.welcome["key"]
            async with calling(host.url, user="ada", session=session, key=key) as again:
                assert again.welcome["resumed"]
                assert again.welcome["history"] == [{"heard": "lantern?", "said": PRICE, "interrupted": False}]
                sync = await again.told("sync")
                assert sync["position"] > 500
                answered = await again.told("answered")
                assert answered["said"] == STORY
                (rest,) = answers(again)
                assert rest
                assert STORY.lower().endswith(rest)

    talking(work)


def test_coming_back_takes_the_session_from_another_client() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url) as first:
            welcome = first.welcome
            async with calling(host.url, session=welcome["session"], key=welcome["key"]) as second:
                assert (await first.told("error"))["code"] == "replaced"
                second.send("ping", id=7)
                assert (await second.told("pong"))["id"] == 7
            with pytest.raises(HTTPError) as refused:
                async with calling(host.url, session=welcome["session"], key="no"):
                    pass
            assert refusal(refused.value)["code"] == "unknown-session"

    talking(work)


async def offered() -> str:
    """What a client that never comes would send."""
    client = RtcClient()
    sdp = await client.offer()
    await client.close()
    return sdp


def without(sdp: str, *starts: str) -> str:
    return "".join(f"{line}\r\n" for line in sdp.splitlines() if not line.startswith(starts))


OFFERS: dict[str, Callable[[str], str]] = {
    "nothing": lambda _: "",
    "garbage": lambda _: "\x00\x7f m=audio \r\nm=",
    "half an offer": lambda sdp: sdp[: len(sdp) // 2],
    "no audio": lambda sdp: sdp[: sdp.index("m=audio")] + sdp[sdp.index("m=application") :],
    "no data channel": lambda sdp: sdp[: sdp.index("m=application")],
    "video only": lambda sdp: without(sdp[: sdp.index("m=application")].replace("m=audio", "m=video"), "a=rtpmap"),
    "no opus": lambda sdp: sdp.replace("opus/48000/2", "G726-32/8000"),
    "no fingerprint": lambda sdp: without(sdp, "a=fingerprint"),
    "no password": lambda sdp: without(sdp, "a=ice-pwd"),
    "no bundle": lambda sdp: without(sdp, "a=group"),
    "1000 candidates": lambda sdp: sdp + 1000 * "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n",
}


@pytest.mark.parametrize("change", OFFERS.values(), ids=OFFERS.keys())
def test_an_offer_that_cannot_be_is_refused_and_leaves_nothing(change: Callable[[str], str]) -> None:
    async def work(host: Hosting) -> None:
        body = {"sdp": change(await offered()), "type": "offer"}
        with pytest.raises(HTTPError) as refused:
            await post(host.url, body)
        told = refusal(refused.value)
        assert (refused.value.code, told["code"], told["fatal"]) == (400, "not-understood", True)
        assert len(told["message"]) < 300
        assert not host.sessions.count
        assert host.sessions.totals.refusals == {"not-understood": 1}

    talking(work)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "not-understood"),
        ({"sdp": 7}, 400, "not-understood"),
        ({"sdp": "", "hello": {"mode": "shouting"}}, 400, "not-understood"),
        ({"sdp": "x" * TEXT}, 413, "too-long"),
        ({"hello": {"protocol": 99}}, 400, "unknown-protocol"),
        ({"hello": {"audio_out": {"sample_rate": 44_100}}}, 400, "bad-audio"),
        ({"hello": {"session": "gone", "key": "gone"}}, 400, "unknown-session"),
    ],
)
def test_a_hello_that_cannot_be_is_refused(body: Any, status: int, code: str) -> None:
    async def work(host: Hosting) -> None:
        whole = body if isinstance(body, bytes) else {"sdp": await offered(), **body}
        with pytest.raises(HTTPError) as refused:
            await post(host.url, whole)
        assert (refused.value.code, refusal(refused.value)["code"]) == (status, code)
        assert not host.sessions.count

    talking(work)


def test_a_machine_without_a_network_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(host: Hosting) -> None:
        sdp = await offered()
        monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: [])
        with pytest.raises(HTTPError) as refused:
            await post(host.url, {"sdp": sdp})
        assert refusal(refused.value)["code"] == "failed"
        assert not host.sessions.count

    talking(work)


def test_strangers_need_a_token_and_sessions_have_a_limit() -> None:
    async def work(host: Hosting) -> None:
        for token in ("", "no", issue(b"x" * SHORTEST, "ada", 60)):
            with pytest.raises(HTTPError) as refused:
                await post(host.url, {"sdp": await offered()}, token)
            assert (refused.value.code, refusal(refused.value)["code"]) == (401, "unauthorised")
        async with calling(host.url, token=issue(KEY, "ada", 60)) as client:
            assert client.welcome["user"] == "ada"
            with pytest.raises(HTTPError) as refused:
                await post(host.url, {"sdp": await offered()}, issue(KEY, "ben", 60))
            assert (refused.value.code, refusal(refused.value)["code"]) == (429, "too-many-sessions")

    settings = Settings(Address(port=0), require_token=True)
    talking(work, settings=settings, limits=Limits(sessions=1))


def test_a_peer_that_never_connects_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webrtc, "CONNECT", 0.3)
    monkeypatch.setattr(webrtc, "WATCH", 0.1)

    async def work(host: Hosting) -> None:
        await post(host.url, {"sdp": await offered()})
        assert host.sessions.count == 1
        await empty(host)

    talking(work)


def test_a_server_that_ends_says_so_and_hangs_up() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url) as client:
            closed = asyncio.Event()
            client.channel.on("close", closed.set)
            await host.sessions.close()
            assert (await client.told("error"))["code"] == "shutting-down"
            await closed.wait()

    talking(work)


def test_nonsense_on_the_data_channel_is_borne_for_a_while() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url) as client, calling(host.url) as other:
            client.connection.createDataChannel("other")
            for nonsense in ("", "{", "[]", '{"type": "dance"}', "\ud7ff" * 1000, b"\x00\x01", '{"type": "hello"}'):
                client.channel.send(nonsense)
            await client.told("error", 6)
            client.send("ping", id=3)
            assert (await client.told("pong"))["id"] == 3
            for _ in range(MISTAKES):
                client.channel.send("{")
            assert (await client.told("error", MISTAKES))["fatal"]
            other.send("ping", id=4)
            assert (await other.told("pong"))["id"] == 4

    talking(work)


def test_a_message_without_end_is_cut_short() -> None:
    async def work(host: Hosting) -> None:
        async with calling(host.url) as client:
            association: Any = client.connection.sctp
            chunk = DataChunk(SCTP_DATA_FIRST_FRAG)
            chunk.user_data = bytes(1100)
            first = association._local_tsn
            while "too-fast" not in host.sessions.totals.refusals:
                for _ in range(20):
                    chunk.tsn = first
                    first = (first + 1) % 2**32
                    await association._send_chunk(chunk)
                await asyncio.sleep(0.005)

    talking(work)


def test_many_calls_leave_nothing_behind() -> None:
    async def work(host: Hosting) -> None:
        async def call() -> None:
            async with calling(host.url) as client:
                client.send("bye")

        async def settled() -> tuple[int, int]:
            await empty(host)
            await asyncio.sleep(2 * webrtc.WATCH + webrtc.FAREWELL)
            gc.collect()
            things = gc.get_objects()
            return len(asyncio.all_tasks()), sum(type(thing) in {Peer, ClientSession, OpusTrack} for thing in things)

        for _ in range(3):
            await call()
        before = await settled()
        for _ in range(5):
            await asyncio.gather(*(call() for _ in range(5)))
        after = await settled()
        while after > before:  # a slow machine takes its time
            after = await settled()
        assert after == before

    talking(work)


def lose(client: RtcClient, every: int) -> None:
    """Let each so-manieth packet of the microphone be lost on its way."""
    transport = client.connection.getTransceivers()[0].sender.transport
    send, numbers = transport._send_rtp, itertools.count(1)

    async def lossy(data: bytes) -> None:
        if is_rtcp(data) or next(numbers) % every:
            await send(data)

    transport._send_rtp = lossy  # type: ignore[method-assign]  # it is the network that loses them


def test_a_spoken_question_is_answered_by_real_engines_over_a_bad_line(assistant: Graph) -> None:
    async def main() -> None:
        question = await spoken("price.flac")
        async with served(assistant) as host, calling(host.url) as client:
            lose(client, 20)
            client.send("press")
            await client.say(question)
            client.send("release")
            answered = await client.told("answered")
            assert "telescope" in answered["heard"].lower()
            assert word_error_rate(answered["said"], read_speech(client.heard(), CLOCK)) < 0.2
            client.send("stats")
            stats = await client.told("stats")
            assert 0.03 < stats["lost"] / (stats["lost"] + stats["received"]) < 0.07
            assert not stats["late"]

    asyncio.run(main())


IN_A_BROWSER = """async () => {
    const peer = new RTCPeerConnection();
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const [microphone] = (await navigator.mediaDevices.getUserMedia({ audio: raw })).getTracks();
    const opened = performance.now();
    peer.addTrack(microphone);
    const context = new AudioContext({ sampleRate: 16000 });
    const player = new Audio();
    const sound = [];
    peer.ontrack = ({ track }) => {
        const stream = new MediaStream([track]);
        player.muted = true;  // Chromium hands a remote stream on only where an element plays it
        player.srcObject = stream;
        player.play();
        const recorder = context.createScriptProcessor(1024, 1, 1);
        recorder.onaudioprocess = ({ inputBuffer }) => sound.push(...inputBuffer.getChannelData(0));
        context.createMediaStreamSource(stream).connect(recorder).connect(context.destination);
    };
    const channel = peer.createDataChannel("parley");
    const answered = new Promise((resolve) => {
        channel.onmessage = ({ data }) => JSON.parse(data).type === "answered" && resolve(JSON.parse(data));
    });
    const send = (message) => channel.send(JSON.stringify(message));
    const open = new Promise((resolve) => (channel.onopen = resolve));
    await peer.setLocalDescription();
    const body = JSON.stringify({ ...peer.localDescription.toJSON(), hello: { type: "hello", user: "ada" } });
    await peer.setRemoteDescription(await (await fetch("/rtc", { method: "POST", body })).json());
    await open;
    send({ type: "press" });
    await new Promise((resolve) => setTimeout(resolve, opened + 6000 - performance.now()));
    send({ type: "release" });
    const turn = await answered;
    await new Promise((resolve) => setTimeout(resolve, 300));
    peer.close();
    return { turn, sound };
}"""


def in_a_browser(url: str, microphone: Path) -> dict[str, Any]:
    """Ask what the microphone plays: the turn that came of it, and what was heard at `RATE`."""
    with sync_playwright() as playwright, browsing(playwright, microphone=microphone) as browser:
        page = browser.new_page()
        page.goto(f"{url}healthz")
        came: dict[str, Any] = page.evaluate(IN_A_BROWSER)
        return came


@pytest.mark.model
@pytest.mark.browser
def test_a_browser_talks(tmp_path: Path) -> None:
    quiet = np.zeros(3 * RATE, np.float32)  # in which the two connect
    microphone = write_microphone(tmp_path / "said.wav", quiet, tones("a lantern?", RATE))

    async def work(host: Hosting) -> None:
        came = await asyncio.to_thread(in_a_browser, host.url, microphone)
        assert came["turn"]["heard"] == "a lantern?"
        assert came["turn"]["said"] == PRICE
        heard = read(np.array(came["sound"], np.float32), RATE)
        # Chromium stretches and shrinks sound to keep its buffer short, which may cost a tone that stands for a letter.
        assert SequenceMatcher(None, heard, PRICE.lower()).ratio() >= 0.9

    talking(work)

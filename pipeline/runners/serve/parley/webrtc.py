"""The Parley protocol over WebRTC: one HTTP POST for signalling, sound in Opus, messages on a data channel."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from models.protocols import Samples
from pipeline.devices.network.rtc import CLOCK, OpusTrack, Peer
from pipeline.errors import MediaError
from pipeline.runners.serve.parley.connection import TEXT, ParleyConnection, mistakes, read_message
from pipeline.runners.serve.refusal import Refused
from pipeline.runners.serve.security import AccessControl, bearer
from pipeline.runners.serve.sessions import Sessions
from pipeline.wire import from_client, from_server
from pipeline.wire.fields import Format, Message
from pipeline.wire.frames import WRAP, Frame

CONNECT = 10.0
"""Seconds in which a peer that got an answer must connect and open the data channel."""
QUIET = 5.0
"""Seconds without a packet after which a peer counts as lost. Sound and reports come more often (RFC 3550, section
6.2)."""
WATCH = 0.5
"""Seconds between two checks of a connection."""
FAREWELL = 0.5
"""Seconds in which the last message must arrive."""
UNSENT = 256 * 1024
"""Bytes of messages that wait to be sent at most."""
HEARD = 0.06
"""Seconds from sending a packet until it is heard on a good network: Chromium takes 0.04, a loudspeaker the rest."""


class SessionOffer(BaseModel):
    """The body of a client's POST."""

    sdp: str
    type: Literal["offer"] = "offer"
    hello: from_client.Hello = from_client.Hello()


def routes(sessions: Sessions, access: AccessControl) -> list[BaseRoute]:
    """Return the route at which WebRTC peers connect."""

    async def rtc(request: Request) -> Response:
        try:
            offer = _offer(await _body(request), bearer(request.headers.get("authorization", "")))
            connection = WebRtcConnection(sessions, access)
            answer = await connection.answer(offer)
        except Refused as refusal:
            sessions.totals.refusals[refusal.code] += 1
            raise
        sessions.spawn(connection.serve())
        return JSONResponse(answer)

    return [Route("/rtc", rtc, methods=["POST"])]


class WebRtcConnection(ParleyConnection):
    """A connection over WebRTC. Frames wait on the track, which sends them in time and reports how far it is."""

    def __init__(self, sessions: Sessions, access: AccessControl) -> None:
        super().__init__(sessions, access)
        self._peer = Peer(self._heard, self._said)
        self._welcome: from_server.Welcome | None = None
        self._track: OpusTrack | None = None
        self._rate = 0
        self._closing = False
        self._wake = asyncio.Event()
        self._base = 0, 0.0  # of the latest sync: the sample of the sender's stream, and the second of the answer
        self._start: int | None = None  # the RTP timestamp of the answer's beginning, as the client knows it

    async def answer(self, offer: SessionOffer) -> dict[str, Any]:
        """Admit the client, and return the answer to its offer; call `serve` next. Raises Refused."""
        hello = offer.hello
        try:
            self._access.user(hello.token, hello.user)  # before an unknown client costs anything
            sdp = await self._peer.answer(offer.sdp)
            if "a=candidate:" not in sdp:
                raise Refused(
                    "failed", "the server has no network but loopback, which WebRTC does not use; take /parley"
                )
            self.greet(
                hello.model_copy(
                    update={
                        "audio_in": Format(codec="opus", sample_rate=CLOCK),
                        "audio_out": Format(codec="opus", sample_rate=hello.audio_out.sample_rate),
                        "reports": True,  # the track reports
                        "heard": None,
                    }
                )
            )
        except BaseException as error:
            await self._peer.close()
            if isinstance(error, MediaError):
                raise Refused("not-understood", str(error)) from error
            raise
        assert self._welcome  # noqa: S101  told to mypy
        return {"sdp": sdp, "type": "answer", "welcome": self._welcome.model_dump(mode="json")}

    async def serve(self) -> None:
        """Serve the client until it leaves or is refused."""
        try:
            await self._watch()
            if self._closing:
                await asyncio.sleep(FAREWELL)
        finally:
            if not self._peer.opened and self.client and self._welcome and not self._welcome.resumed:
                self.client.end()
            self.leave()
            await self._peer.close()

    async def _watch(self) -> None:
        """Return when the connection is over."""
        now = asyncio.get_running_loop().time
        began = at = now()
        received = 0
        while not (self._closing or self._peer.over) and self.client:
            with suppress(TimeoutError):
                async with asyncio.timeout(WATCH):
                    await self._wake.wait()
            before, received = received, await self._peer.received()
            if received != before:
                at = now()
            since, patience = (at, QUIET) if self._peer.opened else (began, CONNECT)
            if now() - since > patience:
                break
            if self._peer.flooding:
                self._refuse(Refused("too-fast", "more on the data channel than it takes, or too many channels"))

    # --- what the client says ----------------------------------------------------------------------------------------

    def _heard(self, frame: Frame) -> None:
        if (client := self.client) and not self._closing:
            with self._closing_on_refusal():
                self.hear(client, frame)

    def _said(self, data: str | bytes) -> None:
        if (client := self.client) and not self._closing:
            with self._closing_on_refusal():
                if isinstance(data, bytes):
                    raise Refused("not-understood", "bytes on the data channel; sound travels on the audio track")
                self.do(client, read_message(data))

    @contextmanager
    def _closing_on_refusal(self) -> Iterator[None]:
        """Close the connection where the block raises Refused."""
        try:
            with self.forgiving():
                yield
        except Refused as refusal:
            self._refuse(refusal)

    def played(self, report: from_client.Played) -> None:
        """Ignore the client's report: the track knows better."""

    # --- what the client is told -------------------------------------------------------------------------------------

    def welcome(self, welcome: from_server.Welcome) -> None:
        self._welcome, self._rate = welcome, welcome.audio_out.sample_rate
        self._track = OpusTrack(self._rate, self._went)
        self._peer.speak(self._track)

    def tell(self, message: Message) -> None:
        if self._closing:
            return
        if self._track and isinstance(message, from_server.StateIs):
            self._track.expecting = message.state == "thinking"
        self._peer.send(message.model_dump_json())
        if self._peer.unsent > UNSENT:
            self._sessions.totals.refusals["too-slow"] += 1
            self._close()

    def close(self, error: from_server.Error) -> None:
        self.tell(error)
        self._close()

    def _close(self) -> None:
        self._closing = True
        self._wake.set()

    def sync(self, timestamp: int, position: float) -> None:
        """Keep where the answer lies in the sender's stream; the client is told when the first frame goes out."""
        self._base = timestamp, position

    def sound(self, timestamp: int, samples: Samples) -> None:
        if self._track:
            base, position = self._base
            since = (timestamp - base) % WRAP * CLOCK // self._rate
            self._track.put(timestamp, round(position * CLOCK) + since, samples)

    def flush(self) -> None:
        if self._track:
            self._track.flush()
        self.tell(from_server.Flush())

    def _went(self, timestamp: int, position: int, rtp: int) -> None:
        """Note that a frame goes out, and tell the client where the answer lies if that has changed."""
        if self._player is None or self.client is None:
            return
        if self._start != (start := (rtp - position) % WRAP):
            self._start = start
            self.client.events.sync(rtp, position / CLOCK)
        self._player.played((timestamp - round(HEARD * self._rate)) % WRAP, playing=True)


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > TEXT:
                raise Refused("too-long", f"an offer of more than {TEXT} bytes")
    except ClientDisconnect:
        raise Refused("not-understood", "the offer did not come as a whole") from None
    return body


def _offer(body: bytes, token: str) -> SessionOffer:
    try:
        offer = SessionOffer.model_validate_json(body)
    except ValidationError as error:
        raise Refused("not-understood", mistakes(error)) from None
    if token and not offer.hello.token:
        return offer.model_copy(update={"hello": offer.hello.model_copy(update={"token": token})})
    return offer

"""What every connection of the Parley protocol does, over a WebSocket as over WebRTC."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from models.context import User
from models.protocols import Samples
from pipeline.devices.network.sender import Sender
from pipeline.devices.opus import RATES
from pipeline.errors import MediaError
from pipeline.packets import Picture
from pipeline.runners.serve.brought_skills import card_of
from pipeline.runners.serve.client_calls import ClientCall
from pipeline.runners.serve.client_session import ClientSession
from pipeline.runners.serve.rate_limit import RateLimit
from pipeline.runners.serve.refusal import Refused
from pipeline.runners.serve.security import AccessControl
from pipeline.runners.serve.sessions import Sessions
from pipeline.wire import from_client, from_server
from pipeline.wire.fields import SPOKEN, Format, Message
from pipeline.wire.frames import BadFrame, Frame

log = logging.getLogger(__name__)

TEXT = 64 * 1024
"""Bytes of a message at most."""
MISTAKES = 100
"""Messages that are not understood before the connection is closed."""
LEAST = 0.0025
"""Seconds of sound that every frame counts as at least, including one that comes twice or too late."""


class ParleyConnection(ABC):
    """Connects a client to its session: the session's `Connection`, and the `Downlink` of its sender."""

    def __init__(self, sessions: Sessions, access: AccessControl) -> None:
        self._sessions, self._access = sessions, access
        self._client: ClientSession | None = None
        self._player: Sender | None = None
        self._mistakes = 0
        self._rate_limit = RateLimit()

    # --- coming and going --------------------------------------------------------------------------------------------

    def greet(self, hello: from_client.Hello) -> None:
        """Admit the client to a new session or to its old one. Raises Refused."""
        if hello.protocol not in SPOKEN:
            known = ", ".join(str(version) for version in sorted(SPOKEN))
            raise Refused("unknown-protocol", f"protocol {hello.protocol} is not spoken here; {known} is")
        user = self._access.user(hello.token, hello.user)
        if hello.session:
            self._come_back(hello)
        else:
            self._come_in(hello, user)

    def leave(self) -> None:
        """Note that the client is gone; it may come back."""
        if self._player and (client := self.client):
            self._player.detach()
            client.detach(self)

    @property
    def client(self) -> ClientSession | None:
        """The client's session, while it lasts and uses this connection."""
        client = self._client
        return client if client and client.connection is self and not client.ended else None

    def _come_in(self, hello: from_client.Hello, user: User) -> None:
        form = _playable(hello.audio_out)
        player = Sender(form.sample_rate)
        client = ClientSession(self._sessions, user, _playable(hello.audio_in), hello.mode, hello.language)
        client.use_sink(player)
        self._sessions.start(client)
        self._join(client, player, hello, form)

    def _come_back(self, hello: from_client.Hello) -> None:
        client = self._sessions.find(hello.session, hello.key)
        player = client.sink
        if not isinstance(player, Sender):
            raise Refused("unknown-session", "that session uses another kind of connection; it cannot come here")
        form = _playable(Format(codec=hello.audio_out.codec, sample_rate=player.sample_rate))
        client.receiver.begin(_playable(hello.audio_in))
        player.detach(hello.heard)
        self._join(client, player, hello, form)

    def _join(self, client: ClientSession, player: Sender, hello: from_client.Hello, form: Format) -> None:
        resumed = bool(hello.session)
        client.attach(self, hello.wants)
        self._client, self._player = client, player
        session = client.session
        log.info("client came", extra={"session": session.name, "client": hello.client, "resumed": resumed})
        said = session.dialogue.exchanges
        past = (from_server.Past(heard=e.heard, said=e.said, interrupted=e.interrupted) for e in said)
        self.welcome(
            from_server.Welcome(
                protocol=hello.protocol,
                session=session.name,
                key=client.key,
                resumable=round(1000 * self._sessions.limits.resumable),
                resumed=resumed,
                user=client.user,
                graph=session.graph.name,
                language=session.language,
                languages=session.graph.languages,
                mode=client.floor.policy,
                state=session.state.value,
                audio_in=client.receiver.form,
                audio_out=form,
                history=tuple(past) if resumed else (),
            )
        )
        if hello.skills:
            for mistake in client.bring(card_of(skill) for skill in hello.skills):
                self._mistake(Refused("not-understood", mistake))
        player.attach(self, reports=hello.reports)

    # --- what the client says ----------------------------------------------------------------------------------------

    @contextmanager
    def forgiving(self) -> Iterator[None]:
        """Tell the client of a harmless mistake, and go on. A grave mistake, or one too many, is raised as Refused."""
        try:
            yield
        except (BadFrame, MediaError) as error:
            self._mistake(Refused("bad-audio", str(error)))
        except Refused as refusal:
            if refusal.code not in {"not-understood", "too-fast"} or self._rate_limit.exceeded:
                raise
            self._mistake(refusal)

    def hear(self, client: ClientSession, frame: Frame) -> None:
        """Hear a frame of the user's sound. Raises Refused, and MediaError where the frame holds no sound."""
        before = client.receiver.received
        client.receiver.frame(frame)
        self._rate_limit.sound(max(LEAST, client.receiver.received - before))

    def look(self, client: ClientSession, picture: Picture) -> None:
        """Give the session a picture that the user sees. Raises Refused."""
        self._rate_limit.message()
        client.floor.notice(picture)

    def do(self, client: ClientSession, message: Message) -> None:
        """Do what the client asks for. Raises Refused."""
        self._rate_limit.message()
        if isinstance(message, from_client.Played):
            self.played(message)
        else:
            client.handle(message)

    def played(self, report: from_client.Played) -> None:
        """Note how far the client has played the answer."""
        if self._player:
            self._player.played(report.timestamp, playing=report.playing)

    def _refuse(self, refusal: Refused) -> None:
        """Count the refusal, tell the client, and close the connection."""
        self._sessions.totals.refusals[refusal.code] += 1
        self.close(refusal.message())

    def _mistake(self, refusal: Refused) -> None:
        self._mistakes += 1
        if self._mistakes >= MISTAKES:
            raise refusal
        self._sessions.totals.refusals[refusal.code] += 1
        self.tell(refusal.message(fatal=False))

    # --- what the client is told -------------------------------------------------------------------------------------

    @abstractmethod
    def welcome(self, welcome: from_server.Welcome) -> None:
        """Answer the hello; from now on sound may travel both ways."""

    @abstractmethod
    def tell(self, message: Message) -> None:
        """Send a message without waiting."""

    def call(self, call: ClientCall) -> None:
        """Ask the client to carry out one of its skills."""
        self.tell(from_server.Call(turn=call.turn, id=call.id, skill=call.skill, slots=dict(call.slots)))

    @abstractmethod
    def close(self, error: from_server.Error) -> None:
        """Tell the client why, and close the connection."""

    @abstractmethod
    def sound(self, timestamp: int, samples: Samples) -> None:
        """Send a frame of the answer, shape (n,), whose first sample is number `timestamp` of the stream."""

    @abstractmethod
    def flush(self) -> None:
        """Make the client silent at once."""

    def sync(self, timestamp: int, position: float) -> None:
        """Tell the client where an answer lies in the stream of sound."""
        if self._client:
            self._client.events.sync(timestamp, position)

    def show(self, packet: Any) -> None:
        """Send what the client shows of the answer."""
        if self._client:
            self._client.events.show(packet)


def read_message(text: str) -> Message:
    """Return the message that the client sent. Raises Refused."""
    if len(text) > TEXT:
        raise Refused("too-long", f"a message of {len(text)} characters; {TEXT} is the most")
    try:
        message = from_client.FROM_CLIENT.validate_json(text)
    except ValidationError as error:
        raise Refused("not-understood", mistakes(error)) from None
    assert isinstance(message, Message)  # noqa: S101  told to mypy
    return message


def mistakes(error: ValidationError) -> str:
    """Return what is wrong with a message, without its contents."""
    found = [f"{'.'.join(str(part) for part in each['loc']) or 'message'}: {each['msg']}" for each in error.errors()]
    return "; ".join(found[:3])


def _playable(form: Format) -> Format:
    if form.codec == "opus" and form.sample_rate not in RATES:
        raise Refused("bad-audio", f"Opus knows no {form.sample_rate} Hz, only {', '.join(map(str, RATES))}")
    return form

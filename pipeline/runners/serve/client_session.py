"""One user's session at a server, whatever protocol it uses: it outlives a connection that is cut for a while."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Protocol

from models.cards import SkillCard
from models.context import User
from models.protocols import Outcome
from pipeline.devices.network.receiver import Receiver
from pipeline.devices.network.sender import Sender
from pipeline.errors import PipelineError
from pipeline.graph.turns import Policy
from pipeline.packets import Gaze, Pointing, Scene, Thing
from pipeline.runners.serve.admission import Admission
from pipeline.runners.serve.brought_skills import usable
from pipeline.runners.serve.client_calls import ClientCall, ClientCalls
from pipeline.runners.serve.client_events import ClientEvents
from pipeline.runners.serve.refusal import Refused
from pipeline.runtime.dialogue import skill_cards
from pipeline.runtime.session import Session
from pipeline.runtime.sink import Sink
from pipeline.runtime.turn_taking.conversation import Conversation
from pipeline.runtime.turn_taking.floor import Floor
from pipeline.wire import from_client, from_server
from pipeline.wire.fields import Format, Message

log = logging.getLogger(__name__)


class Connection(Protocol):
    """What a client session needs of the connection that serves it."""

    def tell(self, message: Message) -> None:
        """Send a message; never waits."""
        ...

    def call(self, call: ClientCall) -> None:
        """Ask the client to carry out one of its skills; never waits."""
        ...

    def close(self, error: from_server.Error) -> None:
        """Tell the client why, and close."""
        ...


class ClientSession:
    """A session with a client: what the client sends reaches the session, and what the session does reaches the client.

    A protocol makes it, gives it a sink, hands it what the client sends, and starts it with `Sessions.start`."""

    def __init__(
        self, admission: Admission, user: User, form: Format, mode: Policy | None = None, language: str = ""
    ) -> None:
        """`form` is the format of the user's sound; `language` the one to answer in, the graph's where it is empty.
        Raises Refused where no more sessions are admitted, and for a language that the graph does not speak."""
        self._admission = admission
        self._stack = ExitStack()
        self.session: Session = self._stack.enter_context(admission.open(user, language))
        self.key = secrets.token_urlsafe(24)
        """The secret with which the client may come back."""
        self.floor = Floor(admission.graph, mode)
        self.receiver = Receiver(admission.graph.sample_rate, self.session.now, form)
        self.events = ClientEvents(self._tell)
        self.session.observers.append(self.events)
        self.calls = ClientCalls(self.session, self._call)
        self._learning: asyncio.Task[None] | None = None
        self.conversation: Conversation | None = None
        self.connection: Connection | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self.ended = False
        """Whether the session is over or about to be, so that no client may come back to it."""
        self.sink: Sink | None = None

    @property
    def user(self) -> str:
        """The user who speaks."""
        return self.session.user.id

    def use_sink(self, sink: Sink) -> None:
        """Play answers into `sink`; called once, before the session starts."""
        self.sink = sink
        self.conversation = Conversation(self.session, self.floor, sink)

    async def run(self) -> None:
        """Converse until the session is over."""
        assert self.conversation  # noqa: S101  told to mypy
        self._task = asyncio.current_task()
        with self._stack:
            try:
                if not self.ended:
                    await self.conversation.run(self.receiver.audio())
            except Exception:
                log.exception("a session failed", extra={"session": self.session.name})
                self.disconnect(Refused("failed", "the session cannot go on; the server's log says why"))
            finally:
                self.ended = True
                if self._admission.closing:
                    self.disconnect(Refused("shutting-down", "the server ends; come back later"))
                self._forget_expiry()
                self.connection = None
                if self._learning:
                    self._learning.cancel()

    # --- connections -------------------------------------------------------------------------------------------------

    def attach(self, connection: Connection, wants: frozenset[str]) -> None:
        """Serve this connection from now on; an older one is told that it was replaced."""
        self.disconnect(
            Refused("replaced", "another client came back to this session; this connection is not needed any more")
        )
        self._forget_expiry()
        self.connection, self.events.wants = connection, wants

    def detach(self, connection: Connection) -> None:
        """Note that the connection is gone; the session waits `Limits.resumable` seconds for another one."""
        if connection is not self.connection:
            return
        self.connection = None
        self.release()
        self._expiry = asyncio.get_running_loop().call_later(self._admission.limits.resumable, self.end)

    def disconnect(self, refusal: Refused) -> None:
        """Close the connection, if there is one."""
        if self.connection:
            self._admission.totals.refusals[refusal.code] += 1
            self.connection.close(refusal.message())
            self.connection = None

    def finish(self) -> None:
        """Listen no more; what was said is still answered where a client is connected."""
        if self.connection is None:
            self.end()
        self.floor.close()
        self.receiver.close()

    def end(self) -> None:
        """End the session at once."""
        self.ended = True
        self._forget_expiry()
        if self._task:
            self._task.cancel()

    def _forget_expiry(self) -> None:
        if self._expiry:
            self._expiry.cancel()
            self._expiry = None

    def _tell(self, message: Message) -> None:
        if self.connection:
            self.connection.tell(message)

    # --- what the client can do --------------------------------------------------------------------------------------

    def bring(self, skills: Iterable[SkillCard]) -> list[str]:
        """Take the skills that the client brings, and return a sentence for each one that cannot be taken. They are
        learnt while the client goes on."""
        taken, mistakes = usable(skills, skill_cards(self.session.graph))
        self.session.bring(taken, self.calls.call)
        if self._learning:
            self._learning.cancel()
        self._learning = asyncio.create_task(self.session.meet())
        return mistakes

    def _call(self, call: ClientCall) -> bool:
        if self.connection is None:
            return False
        self.connection.call(call)
        return True

    # --- what the client does ----------------------------------------------------------------------------------------

    def press(self) -> None:
        """Let the user begin to talk after all sound so far was heard."""
        self.receiver.do(self.floor.press)

    def release(self) -> None:
        """Let the user finish after all sound so far was heard."""
        self.receiver.do(self.floor.release)

    def handle(self, message: Message) -> None:
        """Do what the client asks for, in order with its sound. Raises Refused where that cannot be done."""
        assert self.conversation  # noqa: S101  told to mypy
        match message:
            case from_client.Press():
                self.press()
            case from_client.Release():
                self.release()
            case from_client.SetMode(mode=mode):
                self.receiver.do(lambda: self.floor.take_turns(mode))
            case from_client.Text(text=text):
                self._type(text)
            case from_client.Interrupt():
                self.conversation.interrupt()
            case from_client.Scene() | from_client.Gaze() | from_client.Point():
                self.floor.notice(_surroundings(message, self.session.now()))
            case from_client.Result():
                self._take(message)
            case from_client.Bye():
                self.end()
            case _:
                self._reply(message)

    def stats(self) -> from_server.Stats:
        """Return how well sound travels between the client and the server."""
        counts = self.receiver.counts
        player = self.sink if isinstance(self.sink, Sender) else None
        return from_server.Stats(
            received=counts.received,
            lost=counts.lost,
            late=counts.late,
            dropped=counts.dropped,
            delay=round(1000 * self.receiver.delay),
            sent=player.sent if player else 0,
            waiting=round(1000 * player.waiting) if player else 0,
        )

    def _reply(self, message: Message) -> None:
        """Tell the client what it asks of the line."""
        match message:
            case from_client.Ping(id=number):
                self._tell(from_server.Pong(id=number))
            case from_client.AskStats():
                self._tell(self.stats())
            case _:
                raise Refused("not-understood", f"{type(message).__name__.lower()} does not belong here")

    def _take(self, result: from_client.Result) -> None:
        if not self.calls.answer(result.id, Outcome("", result.status, result.say, result.facts)):
            raise Refused("not-understood", "result: no call with that id waits for an answer")

    def _type(self, text: str) -> None:
        if not text.strip():
            return
        try:
            self.floor.type(text.strip())
        except PipelineError as error:
            raise Refused("too-fast", str(error)) from None


def _surroundings(
    message: from_client.Scene | from_client.Gaze | from_client.Point, now: float
) -> Scene | Gaze | Pointing:
    match message:
        case from_client.Scene(place=place, things=things):
            return Scene(place, tuple(Thing(thing.name, thing.position) for thing in things), now)
        case from_client.Gaze(target=target):
            return Gaze(target, now)
        case from_client.Point(target=target, position=position):
            return Pointing(target, position, now)

"""One user's stay, whatever line it came by: a session with ears and a mouth, kept for a while when the line is cut."""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import ExitStack
from typing import Protocol

from pipeline.devices.network.receiver import Receiver
from pipeline.devices.network.sender import Sender
from pipeline.errors import PipelineError
from pipeline.graph.turns import Policy
from pipeline.packets import Gaze, Pointing, Scene, Thing
from pipeline.runners.serve.client_events import Telling
from pipeline.runners.serve.refusal import Refused
from pipeline.runners.serve.sessions import Parlour
from pipeline.runtime.session import Session
from pipeline.runtime.sink import Sink
from pipeline.runtime.turn_taking.conversation import Conversation
from pipeline.runtime.turn_taking.floor import Floor
from pipeline.wire import messages as wire

log = logging.getLogger(__name__)


class Line(Protocol):
    """What a visit needs of a connection."""

    def tell(self, message: wire.Message) -> None:
        """Send a message; never waits."""
        ...

    def close(self, error: wire.Error) -> None:
        """Say why, and close."""
        ...


class Visit:
    """A session with a client.

    Made by a transport, which gives it a sink, hands it what the client says, and runs it by `Parlour.receive`."""

    def __init__(self, parlour: Parlour, user: str, form: wire.Format, mode: Policy | None = None) -> None:
        """`form` is how the user's sound comes. Raises Refused where the parlour is full."""
        self._parlour = parlour
        self._stack = ExitStack()
        self.session: Session = self._stack.enter_context(parlour.session(user))
        self.key = secrets.token_urlsafe(24)
        self.floor = Floor(parlour.graph, mode)
        self.ears = Receiver(parlour.graph.sample_rate, self.session.now, form)
        self.telling = Telling(self._tell)
        self.session.observers.append(self.telling)
        self.conversation: Conversation | None = None
        self.line: Line | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self.left = False
        """It is over, or about to be: nobody may come back to it."""
        self.sink: Sink | None = None

    @property
    def user(self) -> str:
        """Who speaks."""
        return self.session.user

    def give(self, sink: Sink) -> None:
        """The mouth, before the visit is received."""
        self.sink = sink
        self.conversation = Conversation(self.session, self.floor, sink)

    async def run(self) -> None:
        """Converse until the visit is over."""
        assert self.conversation  # noqa: S101  told to mypy
        self._task = asyncio.current_task()
        with self._stack:
            try:
                if not self.left:
                    await self.conversation.run(self.ears.audio())
            except Exception:
                log.exception("a session failed", extra={"session": self.session.name})
                self.dismiss(Refused("failed", "the session cannot go on; the server's log says why"))
            finally:
                self.left = True
                if self._parlour.closing:
                    self.dismiss(Refused("shutting-down", "the server ends; come back later"))
                self._forget_expiry()
                self.line = None

    # --- lines -------------------------------------------------------------------------------------------------------

    def attach(self, line: Line, wants: frozenset[str]) -> None:
        """Serve this line from now on; an older one is told that it was replaced."""
        self.dismiss(Refused("replaced", "another client came back to this session; this line is not needed any more"))
        self._forget_expiry()
        self.line, self.telling.wants = line, wants

    def detach(self, line: Line) -> None:
        """That line is gone; the session waits for another one."""
        if line is not self.line:
            return
        self.line = None
        self.release()
        self._expiry = asyncio.get_running_loop().call_later(self._parlour.limits.resumable, self.leave)

    def dismiss(self, refusal: Refused) -> None:
        """Close the line, if there is one."""
        if self.line:
            self._parlour.totals.refusals[refusal.code] += 1
            self.line.close(refusal.message())
            self.line = None

    def wind_up(self) -> None:
        """Nothing more is heard; what was said is still answered, where somebody listens."""
        if self.line is None:
            self.leave()
        self.floor.close()
        self.ears.close()

    def leave(self) -> None:
        """End the visit at once."""
        self.left = True
        self._forget_expiry()
        if self._task:
            self._task.cancel()

    def _forget_expiry(self) -> None:
        if self._expiry:
            self._expiry.cancel()
            self._expiry = None

    def _tell(self, message: wire.Message) -> None:
        if self.line:
            self.line.tell(message)

    # --- what the client does ----------------------------------------------------------------------------------------

    def press(self) -> None:
        """The user begins to talk, once all sound so far was heard."""
        self.ears.do(self.floor.press)

    def release(self) -> None:
        """The user has finished, once all sound so far was heard."""
        self.ears.do(self.floor.release)

    def take(self, message: wire.Message) -> None:
        """Do what the client asks for; in order with its sound. Raises Refused where that cannot be."""
        assert self.conversation  # noqa: S101  told to mypy
        match message:
            case wire.Press():
                self.press()
            case wire.Release():
                self.release()
            case wire.SetMode(mode=mode):
                self.ears.do(lambda: self.floor.take_turns(mode))
            case wire.Text(text=text):
                self._type(text)
            case wire.Interrupt():
                self.conversation.interrupt()
            case wire.Scene() | wire.Gaze() | wire.Point():
                self.floor.notice(_surroundings(message, self.session.now()))
            case wire.Ping(id=number):
                self._tell(wire.Pong(id=number))
            case wire.AskStats():
                self._tell(self.stats())
            case wire.Bye():
                self.leave()
            case _:
                raise Refused("not-understood", f"{type(message).__name__.lower()} does not belong here")

    def stats(self) -> wire.Stats:
        """How the line does."""
        counts = self.ears.counts
        player = self.sink if isinstance(self.sink, Sender) else None
        return wire.Stats(
            received=counts.received,
            lost=counts.lost,
            late=counts.late,
            dropped=counts.dropped,
            delay=round(1000 * self.ears.delay),
            sent=player.sent if player else 0,
            waiting=round(1000 * player.waiting) if player else 0,
        )

    def _type(self, text: str) -> None:
        if not text.strip():
            return
        try:
            self.floor.type(text.strip())
        except PipelineError as error:
            raise Refused("too-fast", str(error)) from None


def _surroundings(message: wire.Scene | wire.Gaze | wire.Point, now: float) -> Scene | Gaze | Pointing:
    match message:
        case wire.Scene(place=place, things=things):
            return Scene(place, tuple(Thing(thing.name, thing.position) for thing in things), now)
        case wire.Gaze(target=target):
            return Gaze(target, now)
        case wire.Point(target=target, position=position):
            return Pointing(target, position, now)

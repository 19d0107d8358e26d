"""What the events of a Realtime client do to its session."""

from __future__ import annotations

import asyncio

import numpy as np

from models.context import User
from pipeline.errors import PipelineError
from pipeline.runners.serve.client_calls import ClientCall
from pipeline.runners.serve.client_session import ClientSession
from pipeline.runners.serve.realtime import api_events
from pipeline.runners.serve.realtime.audio_format import from_base64
from pipeline.runners.serve.realtime.event_error import EventError
from pipeline.runners.serve.realtime.input_buffer import InputBuffer
from pipeline.runners.serve.realtime.items import Item, Send, new_id
from pipeline.runners.serve.realtime.observer import RealtimeObserver
from pipeline.runners.serve.realtime.session_settings import Complain, SessionSettings
from pipeline.runners.serve.realtime.tools import ClientTools
from pipeline.runners.serve.sessions import Sessions
from pipeline.runtime.record import State
from pipeline.wire.fields import LINE, Format
from pipeline.wire.from_client import SetMode

TYPED = 16
"""Typed lines that wait for an answer at most."""
TAKEN_UP = 0.02
"""Seconds in which a conversation certainly begins to attend to what the receiver has passed on."""
MUTED = 2.0
"""Seconds without sound after which a client that was speaking counts as silent; perhaps it was muted."""


class EventHandler:
    """Handles the events of one client, and owns its session."""

    def __init__(self, sessions: Sessions, user: User, send: Send, complain: Complain) -> None:
        """Open a session for `user`. Raises Refused where no more sessions are admitted."""
        self._graph, self._send, self._complain = sessions.graph, send, complain
        self.client = ClientSession(sessions, user, Format(sample_rate=24_000), SessionSettings().policy)
        self._buffer = InputBuffer(self.client.receiver)
        self._observer = RealtimeObserver(self.client.session, self._buffer, send, complain, self._interrupt)
        self.client.use_sink(self._observer.sink)
        self.client.session.observers.append(self._observer)
        self._tools = ClientTools(self.client, self._observer)
        self._typed: list[str] = []
        self._muted: asyncio.TimerHandle | None = None
        self._tell_session("session.created")

    def close(self) -> None:
        """End the session, because the client is gone."""
        if self._muted:
            self._muted.cancel()
        self.client.connection = None
        self.client.end()

    async def handle(self, event: api_events.Known) -> None:
        """Do what an event asks for. Raises EventError where that cannot be done."""
        match event:
            case api_events.Append():
                await self._append(event.audio)
            case api_events.SessionUpdate():
                await self._update(event.session)
            case api_events.Commit():
                self._commit(event.event_id)
            case api_events.Clear():
                self._buffer.clear()
                self._send("input_audio_buffer.cleared")
            case api_events.ItemCreate():
                self._create(event.item)
            case api_events.ItemRetrieve():
                self._send("conversation.item.retrieved", item=self._observer.items.find(event.item_id).as_dict())
            case api_events.ItemTruncate():
                self._truncate(event)
            case api_events.ResponseCreate():
                await self._respond(event.response or api_events.ResponseWishes())
            case api_events.ResponseCancel():
                self._cancel(event.response_id)

    # --- the session -------------------------------------------------------------------------------------------------

    async def _update(self, wishes: api_events.Wishes) -> None:
        observer = self._observer
        before, observer.settings = observer.settings, observer.settings.updated(wishes, self._complain)
        if observer.settings.tools != before.tools:
            for mistake in self._tools.bring(observer.settings.tools):
                self._complain(mistake)
        if observer.settings.instructions != before.instructions:
            self.client.session.instruct(observer.settings.instructions)
        if observer.settings.hears != before.hears or observer.settings.policy != before.policy:
            self._buffer.forget()
            observer.committed = None
        if observer.settings.policy != before.policy:
            self.client.handle(SetMode(mode=observer.settings.policy))
            await self._buffer.heard()  # so that what the user has just said is answered first
            await asyncio.sleep(TAKEN_UP)
        self._tell_session("session.updated")

    def _tell_session(self, kind: str) -> None:
        self._send(kind, session=self._observer.settings.as_dict(self.client.session.name, self._graph))

    def call(self, call: ClientCall) -> None:
        """Tell the client that the user wants one of its tools."""
        self._tools.call(call)

    # --- what the user says ------------------------------------------------------------------------------------------

    async def _append(self, audio: str) -> None:
        form = self._observer.settings.hears
        samples = form.decode(from_base64(audio))
        await self._buffer.admit(samples, form.rate)
        if self._observer.settings.detection:
            await self._buffer.hear(samples, form.rate)
            self._listen_on()
        else:
            self._buffer.keep(samples, form.rate)

    def _listen_on(self) -> None:
        """Watch for a client that sends no more sound."""
        if self._muted:
            self._muted.cancel()
        self._muted = asyncio.get_running_loop().call_later(MUTED, self._hear_silence)

    def _hear_silence(self) -> None:
        if self._observer.speech:
            turns, rate = self._graph.turns, self._graph.sample_rate
            pause = max(turns.pause, turns.hesitation) + 2 * turns.hint
            self.client.receiver.hear(np.zeros(round(pause * rate), np.float32), rate)

    def _commit(self, event_id: str | None) -> None:
        if self._observer.settings.detection:
            self.client.receiver.do(lambda: self._finish(event_id))
        elif self._observer.committed:
            raise EventError("what was committed before waits for a response.create", code="buffer_committed")
        elif self._typed:
            raise EventError("a line waits for a response.create", code="line_waits")
        else:
            self._buffer.commit()
            self._observer.committed = self._observer.commit(new_id("item"))

    def _finish(self, event_id: str | None) -> None:
        """End the user's utterance, because the client says so."""
        if self._observer.speech:
            self.client.floor.press()
            self.client.floor.release()
        else:
            self._complain(
                EventError("nobody speaks just now", code="input_audio_buffer_commit_empty", event_id=event_id)
            )

    def _create(self, item: api_events.NewItem) -> None:
        if item.type == "function_call_output":
            self._tools.take(item)
            return
        texts = [part.text or "" for part in item.content if part.type == "input_text"]
        if item.type != "message" or item.role != "user" or not any(texts) or len(texts) < len(item.content):
            raise EventError(
                "item: only messages of the user made of input_text, and outputs of calls, can be added; the server "
                "keeps the history, and the graph says who the avatar is",
                code="unsupported_parameter",
                param="item",
            )
        text, items = " ".join(texts).strip(), self._observer.items
        if len(self._typed) >= TYPED or sum(map(len, (*self._typed, text))) > LINE:
            raise EventError(f"{TYPED} lines, or {LINE} characters, wait for a response.create", param="item")
        if self._observer.committed:
            raise EventError("what was committed waits for a response.create", code="buffer_committed")
        if item.id and item.id in items:
            raise EventError(f"there is an item {item.id!r} already", param="item.id")
        self._typed.append(text)
        added = Item(item.id or new_id("item"), "input_text", text)
        items.add(added)
        items.done(added)

    # --- responses ---------------------------------------------------------------------------------------------------

    async def _respond(self, wishes: api_events.ResponseWishes) -> None:
        """Let what was committed or typed be answered, or a turn go on whose calls were answered."""
        if self._tools.go_on(wishes.output_modalities):
            return
        self._check(wishes)
        if self._typed:
            self._type()
        self._observer.ask(wishes.output_modalities)
        if self._observer.committed:
            self.client.press()
            await self._buffer.speak(self._observer.settings.hears.rate)
            self.client.release()

    def _check(self, wishes: api_events.ResponseWishes) -> None:
        """Check that there is something to answer and that nothing prevents it. Raises EventError."""
        if wishes.conversation != "auto" or wishes.input is not None:
            raise EventError(
                "response: there is one conversation, and all that is said belongs to it; leave 'conversation' and "
                "'input' out",
                code="unsupported_parameter",
                param="response.conversation",
            )
        if active := self._observer.active:
            raise EventError(
                f"response {active.id!r} is not over; wait for its response.done, or send response.cancel",
                code="conversation_already_has_active_response",
            )
        if self.client.session.state is State.LISTENING:
            raise EventError("the user speaks just now; that is answered when they have finished", code="user_speaks")
        if not self._observer.committed and not self._typed:
            raise EventError("nothing was said or typed since the last answer", code="nothing_to_answer")

    def _type(self) -> None:
        lines, self._typed = self._typed, []
        try:
            self.client.floor.type(" ".join(lines))
        except PipelineError as error:
            raise EventError(str(error), code="rate_limit_exceeded") from error

    def _cancel(self, response_id: str | None) -> None:
        active = self._observer.active
        if active is None or response_id not in {None, active.id}:
            raise EventError("no such response is active", code="response_cancel_not_active")
        self._observer.cancel()

    def _truncate(self, event: api_events.ItemTruncate) -> None:
        """Note that the client stopped playing: the user never heard the rest."""
        item, sink = self._observer.items.find(event.item_id), self._observer.sink
        plays = sink.plays(item)
        heard, item.text = sink.stop(item, event.audio_end_ms / 1000)
        told = event.model_dump(include={"item_id", "content_index", "audio_end_ms"})
        self._send("conversation.item.truncated", **told)
        if plays:
            self._observer.cancel()
        self._observer.amend(item, heard)

    def _interrupt(self) -> None:
        assert self.client.conversation  # noqa: S101  told to mypy
        self.client.conversation.interrupt()

"""One client's conversation, in the words of the Realtime API."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

from pipeline.devices.sounding import Sounding
from pipeline.errors import PipelineError
from pipeline.packets import Transcript
from pipeline.runners.serve.parlour import Parlour
from pipeline.runners.serve.realtime import events
from pipeline.runners.serve.realtime.buffer import Buffer
from pipeline.runners.serve.realtime.items import Item, Items, Response, Send, new_id
from pipeline.runners.serve.realtime.mistakes import Mistake
from pipeline.runners.serve.realtime.settings import Complain, Settings
from pipeline.runners.serve.realtime.sound import unpacked
from pipeline.runners.serve.realtime.voice import Voice
from pipeline.runners.serve.visit import Visit
from pipeline.runtime.record import Fate, Record, State, Watcher
from pipeline.stages.stage import Exchange, Turn
from pipeline.wire.messages import LINE, Format, SetMode

TYPED = 16
"""Lines that wait to be answered at most."""
AMENDED = 8
"""Latest answers of which a client may still tell how much was heard."""


class Talk(Watcher):
    """Takes a client's events, and tells it what happens.

    A response begins when the user has finished, or when the client asks for it, and holds what is said at one go."""

    def __init__(self, parlour: Parlour, user: str, send: Send, complain: Complain) -> None:
        """Raises Refused where the parlour is full."""
        self._graph, self._send, self._complain = parlour.graph, send, complain
        self._settings = Settings()
        self.visit = Visit(parlour, user, Format(sample_rate=24_000), self._settings.policy)
        self._items, self._conversation = Items(send), new_id("conv")
        self._voice = Voice(self._take_response, self._cut)
        self.visit.give(self._voice)
        self.visit.session.watchers.append(self)
        # What the client gave, and nobody was asked to answer yet:
        self._buffer = Buffer(self.visit.ears)
        self._committed: Item | None = None
        self._typed: list[str] = []
        # What goes on:
        self._response: Response | None = None  # the latest
        self._untaken = False  # the voice has not taken it yet
        self._asked = False  # the client asked for what is heard just now, so it is not the user's voice that began it
        self._cancelled = False  # the client wants what is said to end
        self._speech = ""  # id of the item that the user is saying
        self._listening = self._playing = ""  # turns, while they last
        self._unclaimed: Item | None = None  # said in a turn that is about to begin
        self._transcripts: dict[str, Transcript] = {}  # by turn
        self._user_items: dict[str, Item] = {}  # likewise
        self._said: deque[tuple[Sounding, Exchange]] = deque(maxlen=AMENDED)
        self._tell_session("session.created")

    async def take(self, event: events.Known) -> None:
        """Obey an event. Raises Mistake where that cannot be."""
        match event:
            case events.Append():
                await self._append(event.audio)
            case events.SessionUpdate():
                self._update(event.session)
            case events.Commit():
                self._commit(event.event_id)
            case events.Clear():
                self._buffer.clear()
                self._send("input_audio_buffer.cleared")
            case events.ItemCreate():
                self._create(event.item)
            case events.ItemRetrieve():
                self._send("conversation.item.retrieved", item=self._items.find(event.item_id).told())
            case events.ItemTruncate():
                self._truncate(event)
            case events.ResponseCreate():
                await self._respond(event.response or events.ResponseWishes())
            case events.ResponseCancel():
                self._cancel(event.response_id)

    # --- the session -------------------------------------------------------------------------------------------------

    def _update(self, wishes: events.Wishes) -> None:
        before, self._settings = self._settings, self._settings.updated(wishes, self._complain)
        if self._settings.hears != before.hears or self._settings.policy != before.policy:
            self._buffer.clear()
        if self._settings.policy != before.policy:
            self.visit.take(SetMode(mode=self._settings.policy))
        self._tell_session("session.updated")

    def _tell_session(self, kind: str) -> None:
        self._send(kind, session=self._settings.told(self.visit.session.name, self._graph))

    # --- what the user says ------------------------------------------------------------------------------------------

    async def _append(self, audio: str) -> None:
        form = self._settings.hears
        samples = form.decode(unpacked(audio))
        await self._buffer.admit(samples, form.rate)
        if self._settings.detection:
            await self._buffer.hear(samples, form.rate)
        else:
            self._buffer.keep(samples, form.rate)

    def _commit(self, event_id: str | None) -> None:
        if self._settings.detection:
            self.visit.ears.do(lambda: self._finish_speech(event_id))
        elif self._committed:
            raise Mistake("what was committed before waits for a response.create", code="buffer_committed")
        elif not self._buffer:
            raise Mistake("nothing was appended since the last commit", code="input_audio_buffer_commit_empty")
        else:
            self._committed = self._add_speech(new_id("item"))

    def _finish_speech(self, event_id: str | None) -> None:
        """The client says that the user has finished."""
        if self._speech:
            self.visit.floor.press()
            self.visit.floor.release()
        else:
            self._complain(Mistake("nobody speaks just now", code="input_audio_buffer_commit_empty", event_id=event_id))

    def _add_speech(self, item_id: str) -> Item:
        """What the user said becomes an item."""
        item = Item(item_id, "input_audio")
        self._send("input_audio_buffer.committed", item_id=item.id, previous_item_id=self._items.last)
        self._items.add(item)
        self._items.done(item)
        return item

    def _create(self, item: events.NewItem) -> None:
        texts = [part.text or "" for part in item.content if part.type == "input_text"]
        if item.type != "message" or item.role != "user" or not any(texts) or len(texts) < len(item.content):
            raise Mistake(
                "item: only messages of the user made of input_text can be added; the server keeps the history, and "
                "the graph says who the avatar is",
                code="unsupported_parameter",
                param="item",
            )
        text = " ".join(texts).strip()
        if len(self._typed) >= TYPED or sum(map(len, (*self._typed, text))) > LINE:
            raise Mistake(f"{TYPED} lines, or {LINE} characters, wait for a response.create", param="item")
        if item.id and item.id in self._items:
            raise Mistake(f"there is an item {item.id!r} already", param="item.id")
        self._typed.append(text)
        added = Item(item.id or new_id("item"), "input_text", text)
        self._items.add(added)
        self._items.done(added)

    # --- responses ---------------------------------------------------------------------------------------------------

    async def _respond(self, wishes: events.ResponseWishes) -> None:
        """Answer what was committed or typed."""
        if wishes.conversation != "auto" or wishes.input is not None:
            raise Mistake(
                "response: there is one conversation, and all that is said belongs to it; leave 'conversation' and "
                "'input' out",
                code="unsupported_parameter",
                param="response.conversation",
            )
        if self._response and not self._response.over:
            raise Mistake(
                f"response {self._response.id!r} is not over; wait for its response.done, or send response.cancel",
                code="conversation_already_has_active_response",
            )
        if self._speech:
            raise Mistake("the user speaks just now; that is answered when they have finished", code="user_speaks")
        if bool(self._committed) == bool(self._typed):
            wrong = "sound and lines wait, and go by different ways" if self._typed else "nothing was said or typed"
            raise Mistake(f"{wrong}; ask for a response after each of them", code="nothing_to_answer")
        self._asked, self._cancelled = True, False
        if self._typed:
            self._type()
        self._open(wishes.output_modalities)
        if self._committed:
            self.visit.press()
            await self._buffer.speak(self._settings.hears.rate)
            self.visit.release()

    def _type(self) -> None:
        lines, self._typed = self._typed, []
        try:
            self.visit.floor.type(" ".join(lines))
        except PipelineError as error:
            raise Mistake(str(error), code="rate_limit_exceeded") from error

    def _open(self, modalities: events.Modalities | None = None) -> Response:
        text = self._settings.text if modalities is None else "audio" not in modalities
        self._response = Response(
            self._send, self._items, self._settings.speaks, text=text, conversation=self._conversation
        )
        self._untaken = True
        return self._response

    def _take_response(self) -> Response:
        """For the voice: that which waits for an answer, or where the avatar speaks of its own accord, a new one."""
        self._end_speech()  # where the avatar goes on: what was heard was nothing
        response = self._response if self._untaken and self._response else self._open()
        self._untaken = False
        return response

    def _cancel(self, response_id: str | None) -> None:
        if self._response is None or self._response.over or response_id not in {None, self._response.id}:
            raise Mistake("no such response is active", code="response_cancel_not_active")
        self._interrupt()

    def _truncate(self, event: events.ItemTruncate) -> None:
        item = self._items.find(event.item_id)
        plays = self._voice.plays(item)
        heard, item.text = self._voice.stop(item, event.audio_end_ms / 1000)
        self._send(
            "conversation.item.truncated",
            item_id=item.id,
            content_index=event.content_index,
            audio_end_ms=event.audio_end_ms,
        )
        if plays:
            self._interrupt()
        for place, (answer, exchange) in enumerate(self._said):
            if answer is item.answer:
                self._said[place] = answer, self._amend(exchange, said=heard, interrupted=True)

    def _amend(self, exchange: Exchange, **changes: Any) -> Exchange:
        """The client knows better how an answer ended."""
        history, amended = self.visit.session.history, replace(exchange, **changes)
        for place, kept in enumerate(history):
            if kept is exchange:
                history[place] = amended
        return amended

    def _interrupt(self) -> None:
        assert self.visit.conversation  # noqa: S101  told to mypy
        self._cancelled = True
        self.visit.conversation.interrupt()

    def _cut(self) -> str:
        """For the voice: somebody makes the avatar stop."""
        if self._cancelled:
            return "client_cancelled"
        self._begin_speech()
        return "turn_detected" if self._speech else ""

    # --- what the session tells --------------------------------------------------------------------------------------

    def state(self, state: State, at: float) -> None:
        if state is State.LISTENING:
            self._begin_speech()
        elif state is State.THINKING:
            self._confirm(self._end_speech())
        else:
            self._end_speech()

    def _begin_speech(self) -> None:
        """The user's voice is heard; a client falls silent when it is told."""
        if not self._speech and not self._asked and self._settings.detection:
            self._speech = new_id("item")
            start = max(0, round(1000 * (self._buffer.received - self._graph.turns.lead)))
            self._send("input_audio_buffer.speech_started", item_id=self._speech, audio_start_ms=start)

    def _end_speech(self) -> str:
        """The user's voice is heard no more; gives the id of the item that it makes, if it was heard."""
        speech, self._speech = self._speech, ""
        if speech:
            ended = round(1000 * self._buffer.received)
            self._send("input_audio_buffer.speech_stopped", item_id=speech, audio_end_ms=ended)
        return speech

    def _confirm(self, speech: str) -> None:
        """The user has finished: the turn that listens, or is about to begin, is answered."""
        item = self._add_speech(speech) if speech else self._committed
        self._committed, self._asked, self._cancelled = None, False, False
        if item and self._listening:
            self._user_items[self._listening] = item
            self._tell_transcript(self._listening)
        else:
            self._unclaimed = item
        if self._response is None or self._response.over:
            self._open()

    def began(self, turn: Turn, at: float) -> None:
        if not turn.prompt:
            self._listening = turn.id
            if self._unclaimed:
                self._user_items[turn.id], self._unclaimed = self._unclaimed, None

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        if isinstance(packet, Transcript):
            self._transcripts[turn] = packet
            self._tell_transcript(turn)

    def _tell_transcript(self, turn: str) -> None:
        """What the user said, once both are known: the words, and that they are all."""
        item, said = self._user_items.get(turn), self._transcripts.get(turn)
        if item and said:
            item.text = said.text
            if self._settings.transcribes:
                kind, place = "conversation.item.input_audio_transcription", {"item_id": item.id, "content_index": 0}
                self._send(f"{kind}.delta", **place, delta=said.text)
                usage = {"type": "duration", "seconds": round(said.end - said.start, 3)}
                self._send(f"{kind}.completed", **place, transcript=said.text, usage=usage)

    def plays(self, turn: str, at: float) -> None:
        self._playing = turn

    def ended(self, record: Record, at: float) -> None:
        self._transcripts.pop(record.turn, None)
        if record.turn == self._listening:
            self._listening = ""
        item = self._user_items.pop(record.turn, None)
        if item and record.fate is Fate.SUPERSEDED:
            self._items.delete(item)  # the whole of it follows as another one
        if record.turn == self._playing:
            if self._remembered(record):
                exchange = self.visit.session.history[-1]
                if self._voice.whole:
                    exchange = self._amend(exchange, interrupted=False)
                self._said.append((self._voice.answer, exchange))
        elif record.error or (record.confirmed is not None and record.fate is Fate.INTERRUPTED):
            self._end_unheard(record)
        if record.error:
            self._asked, self._committed = False, None
            self._complain(Mistake(f"{record.error.stage}: this turn failed; the server's log says why", code="failed"))

    @staticmethod
    def _remembered(record: Record) -> bool:
        """Whether the session's history ends with that turn."""
        return bool(record.transcript and record.transcript.text) and record.fate is not Fate.SUPERSEDED

    def _end_unheard(self, record: Record) -> None:
        """The voice never had that turn's answer."""
        if self._response and self._untaken:
            self._untaken = False
            if record.fate is Fate.FAILED:
                self._response.end("failed", {"error": {"type": "server_error", "code": "failed"}})
            else:
                self._response.end("cancelled", {"reason": "client_cancelled" if self._cancelled else "turn_detected"})

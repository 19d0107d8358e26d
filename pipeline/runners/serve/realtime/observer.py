"""What goes on in a session, told in the words of the Realtime API."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from pipeline.packets import Transcript
from pipeline.runners.serve.realtime.answer_sink import AnswerSink
from pipeline.runners.serve.realtime.api_events import Modalities
from pipeline.runners.serve.realtime.event_error import EventError
from pipeline.runners.serve.realtime.input_buffer import InputBuffer
from pipeline.runners.serve.realtime.items import Item, Items, Response, Send, new_id
from pipeline.runners.serve.realtime.session_settings import Complain, SessionSettings
from pipeline.runtime.record import Fate, Observer, Record, State
from pipeline.runtime.session import Session
from pipeline.stages.stage import Turn

AMENDED = 8
"""Latest answers of which a client may still tell how much was heard."""


class RealtimeObserver(Observer):
    """A session's observer on behalf of a client.

    A response begins when the user has finished, or when the client asks for it, and holds what is said at one go."""

    def __init__(
        self, session: Session, buffer: InputBuffer, send: Send, complain: Complain, interrupt: Callable[[], None]
    ) -> None:
        """`interrupt` stops the answer that is prepared or given."""
        self.settings = SessionSettings()
        self.items = Items(send)
        self.sink = AnswerSink(self._take, self._cut)
        self.speech = ""
        """The id of the item that the user's voice is saying."""
        self.committed: Item | None = None
        """What the client said that the user said, until somebody asks for an answer."""
        self._session, self._buffer, self._send, self._complain = session, buffer, send, complain
        self._interrupt = interrupt
        self._conversation = new_id("conv")
        self._response: Response | None = None  # the latest
        self._taken = True  # by the sink
        self._asked = False  # the client asked for what is heard next, so no speech began it
        self._cancelled = False  # the client wants what is said to end
        self._listening = self._playing = ""  # turns, while they last
        self._unclaimed: Item | None = None  # said in a turn that is about to begin
        self._transcripts: dict[str, Transcript] = {}  # by turn
        self._heard: dict[str, Item] = {}  # likewise
        self._said: deque[tuple[Item, str]] = deque(maxlen=AMENDED)

    # --- what the client does ----------------------------------------------------------------------------------------

    @property
    def active(self) -> Response | None:
        """The response that is not over."""
        return self._response if self._response and not self._response.over else None

    def ask(self, modalities: Modalities | None = None) -> None:
        """The client asks for the answer to what is heard next."""
        self._asked, self._cancelled = True, False
        self._open(modalities)

    def cancel(self) -> None:
        """The client makes the avatar stop, or not even begin."""
        self._cancelled = True
        self._interrupt()

    def commit(self, item_id: str) -> Item:
        """What the user said becomes an item."""
        item = Item(item_id, "input_audio")
        self._send("input_audio_buffer.committed", item_id=item.id, previous_item_id=self.items.last)
        self.items.add(item)
        self.items.done(item)
        return item

    def amend(self, item: Item, heard: str) -> None:
        """The client knows how much of an answer was heard, whose last item that is."""
        for said, turn in self._said:
            if said is item:
                self._session.amend(turn, said=heard, interrupted=True)

    # --- responses ---------------------------------------------------------------------------------------------------

    def _open(self, modalities: Modalities | None = None) -> Response:
        text = self.settings.text if modalities is None else "audio" not in modalities
        form, name = self.settings.speaks, self._conversation
        self._response, self._taken = Response(self._send, self.items, form, text=text, conversation=name), False
        return self._response

    def _take(self) -> Response:
        """For the sink: that which waits for an answer, or where the avatar speaks of its own accord, a new one."""
        self._end_speech()  # where the avatar goes on: what was heard was nothing
        response = self._response if self._response and not self._taken else self._open()
        self._taken = True
        return response

    def _cut(self) -> str:
        """For the sink: somebody makes the avatar stop."""
        if self._cancelled:
            return "client_cancelled"
        self._begin_speech()
        return "turn_detected" if self.speech else ""

    def _drop(self, status: str, details: dict[str, Any]) -> None:
        """The sink gets no answer for the response that waits for one."""
        if self._response and not self._taken:
            self._taken = True
            self._response.end(status, details)

    # --- what the session tells --------------------------------------------------------------------------------------

    def state(self, state: State, at: float) -> None:
        if state is State.LISTENING:
            self._begin_speech()
            return
        speech = self._end_speech()
        if state is State.THINKING:
            self._confirm(self.commit(speech) if speech else self.committed)
        elif state is State.IDLE:
            self._cancelled = False
            if not self._asked:
                self._drop("cancelled", {"reason": "turn_detected"})

    def _begin_speech(self) -> None:
        """The user's voice is heard; a client falls silent when it is told."""
        if not self.speech and not self._asked and self.settings.detection:
            self.speech = new_id("item")
            start = max(0.0, self._buffer.received - self._session.graph.turns.lead)
            self._send("input_audio_buffer.speech_started", item_id=self.speech, audio_start_ms=round(1000 * start))

    def _end_speech(self) -> str:
        """The user's voice is heard no more; gives the id of the item that it makes, if it was heard."""
        speech, self.speech = self.speech, ""
        if speech:
            ended = round(1000 * self._buffer.received)
            self._send("input_audio_buffer.speech_stopped", item_id=speech, audio_end_ms=ended)
        return speech

    def _confirm(self, item: Item | None) -> None:
        """The user has finished: the turn that listens, or is about to begin, is answered."""
        self._cancelled = self._asked and self._cancelled  # before anybody had attended to it
        self.committed, self._asked = None, False
        if item and self._listening:
            self._heard[self._listening] = item
            self._tell_transcript(self._listening)
        else:
            self._unclaimed = item
        if not self.active:
            self._open()
        if self._cancelled:
            self._interrupt()

    def began(self, turn: Turn, at: float) -> None:
        if not turn.prompt:
            self._listening = turn.id
            if self._unclaimed:
                self._heard[turn.id], self._unclaimed = self._unclaimed, None

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        if isinstance(packet, Transcript):
            self._transcripts[turn] = packet
            self._tell_transcript(turn)

    def _tell_transcript(self, turn: str) -> None:
        """What the user said, once both are known: the words, and that they are all."""
        item, said = self._heard.get(turn), self._transcripts.get(turn)
        if item and said:
            item.text = said.text
            if self.settings.transcribes:
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
        item = self._heard.pop(record.turn, None)
        if item and record.fate is Fate.SUPERSEDED:
            self.items.delete(item)  # the whole of it follows as another one
        if record.turn == self._playing:
            self._conclude(record)
        elif record.confirmed is not None and record.fate is Fate.INTERRUPTED:
            self._drop("cancelled", {"reason": "client_cancelled" if self._cancelled else "turn_detected"})
        if record.error:
            self._drop("failed", {"error": {"type": "server_error", "code": "failed"}})
            self.committed, self._asked = None, False
            self._complain(
                EventError(f"{record.error.stage}: this turn failed; the server's log says why", code="failed")
            )

    def _conclude(self, record: Record) -> None:
        """Note which turn an answer that was heard belongs to."""
        if record.transcript and record.transcript.text and record.fate is not Fate.SUPERSEDED:
            if self.sink.whole:
                self._session.amend(record.turn, interrupted=False)
            if self.sink.item:
                self._said.append((self.sink.item, record.turn))

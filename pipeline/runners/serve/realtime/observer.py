"""What happens in a session, told to a client in the events of the Realtime API."""

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
"""Latest answers of which a client may still report how much was heard."""


class RealtimeObserver(Observer):
    """Observes a session on behalf of a client.

    A response begins when the user has finished, or when the client asks for it. It holds what is said without a
    break."""

    def __init__(
        self, session: Session, buffer: InputBuffer, send: Send, complain: Complain, interrupt: Callable[[], None]
    ) -> None:
        """`interrupt` stops the answer that is being prepared or spoken."""
        self.settings = SessionSettings()
        self.items = Items(send)
        self.sink = AnswerSink(self._take, self._cut)
        self.speech = ""
        """The id of the item that the user is saying; empty while the user is silent."""
        self.committed: Item | None = None
        """The item that the client committed, until the client asks for an answer."""
        self._session, self._buffer, self._send, self._complain = session, buffer, send, complain
        self._interrupt = interrupt
        self._conversation = new_id("conv")
        self._response: Response | None = None  # the latest response
        self._taken = True  # whether the sink has taken it
        self._asked = False  # the client asked for an answer to what is heard next, which no voice began
        self._cancelled = False  # the client wants the answer to end
        self._listening = self._playing = ""  # ids of turns while they last
        self._unclaimed: Item | None = None  # an item that belongs to the turn that begins next
        self._transcripts: dict[str, Transcript] = {}  # by turn
        self._heard: dict[str, Item] = {}  # likewise
        self._said: deque[tuple[Item, str]] = deque(maxlen=AMENDED)

    # --- what the client does ----------------------------------------------------------------------------------------

    @property
    def active(self) -> Response | None:
        """The response that is not over yet; None where there is none."""
        return self._response if self._response and not self._response.over else None

    def ask(self, modalities: Modalities | None = None) -> None:
        """Open a response for the answer to what is heard next, because the client asks for it."""
        self._asked, self._cancelled = True, False
        self._open(modalities)

    def call(self, name: str, call_id: str, arguments: str) -> None:
        """Tell the client that the user wants one of its tools; `arguments` is JSON."""
        self._take().call(name, call_id, arguments)

    def go_on(self, modalities: Modalities | None = None, *, answered: bool) -> None:
        """Open a response for the rest of the answer, because the client told what came of a call. The response ends
        at once where the turn is over, so that nothing is `answered`."""
        if not self.active:
            self._open(modalities)
            if not answered:
                self._drop("cancelled", {"reason": "turn_detected"})

    def cancel(self) -> None:
        """Stop the answer, or do not begin it, because the client asks for that."""
        self._cancelled = True
        self._interrupt()

    def commit(self, item_id: str) -> Item:
        """Make an item of what the user said."""
        item = Item(item_id, "input_audio")
        self._send("input_audio_buffer.committed", item_id=item.id, previous_item_id=self.items.last)
        self.items.add(item)
        self.items.done(item)
        return item

    def amend(self, item: Item, heard: str) -> None:
        """Correct what was heard of an answer, whose last item is `item`."""
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
        """Return the response that waits for an answer, or a new one where the avatar speaks of its own accord."""
        self._end_speech()  # where the avatar goes on, what was heard meant nothing
        response = self._response if self._response and not self._taken else self._open()
        self._taken = True
        return response

    def _cut(self) -> str:
        """Tell the client that the avatar stops, and return the reason."""
        if self._cancelled:
            return "client_cancelled"
        self._begin_speech()
        return "turn_detected" if self.speech else ""

    def _drop(self, status: str, details: dict[str, Any]) -> None:
        """End the response that waits, because there is no answer for it."""
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
        """Tell the client that the user speaks, so that it falls silent."""
        if not self.speech and not self._asked and self.settings.detection:
            self.speech = new_id("item")
            start = max(0.0, self._buffer.received - self._session.graph.turns.lead)
            self._send("input_audio_buffer.speech_started", item_id=self.speech, audio_start_ms=round(1000 * start))

    def _end_speech(self) -> str:
        """Tell the client that the user has stopped, and return the id of the item; empty where none had begun."""
        speech, self.speech = self.speech, ""
        if speech:
            ended = round(1000 * self._buffer.received)
            self._send("input_audio_buffer.speech_stopped", item_id=speech, audio_end_ms=ended)
        return speech

    def _confirm(self, item: Item | None) -> None:
        """Note that the user has finished: the turn that listens, or begins next, is answered."""
        self._cancelled = self._asked and self._cancelled  # before the conversation attended to it
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
        """Send the user's words when both are known: the words, and that they are complete."""
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
            self.items.delete(item)  # the whole utterance follows as another item
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

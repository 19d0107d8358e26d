"""What happens in a session, told to a client in the messages of the Parley protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

from pipeline.devices.word_timing import Words
from pipeline.packets import Expression, Gesture, Outcome, Partial, Speech, Transcript, Viseme
from pipeline.runtime.record import Fate, Observer, Record, State
from pipeline.wire import from_server
from pipeline.wire.fields import Message

Tell: TypeAlias = Callable[[Message], None]
"""Sends a message without waiting."""

EVERYTHING = frozenset({"visemes", "captions", "expressions", "actions"})
TOLD = {Fate.ANSWERED: "answered", Fate.INTERRUPTED: "interrupted", Fate.FAILED: "failed"}
"""Fates that concern a client. The client was never told of turns with other fates."""
APOLOGY = "this turn could not be answered; the others can. The server's log says why"


class ClientEvents(Observer):
    """Observes a session on behalf of a client, and shows the client what the sink plays."""

    def __init__(self, tell: Tell, wants: Collection[str] = EVERYTHING) -> None:
        self.tell, self.wants = tell, wants
        self.turn = ""
        """The id of the turn whose answer is played."""
        self._heard = "", "", ""  # the latest turn in which the user said something, the words, and their language
        self._visemes: list[Viseme] = []
        self._words = Words()  # words of the answer that is played

    # --- what a session tells ----------------------------------------------------------------------------------------

    def state(self, state: State, at: float) -> None:
        self.tell(from_server.StateIs(state=state.value))

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        if isinstance(packet, Partial | Transcript) and packet.text:
            self._heard = turn, packet.text, packet.language if isinstance(packet, Transcript) else ""
            self._caption(final=False)

    def plays(self, turn: str, at: float) -> None:
        self.turn, self._words = turn, Words()
        self._settle(turn)

    def ended(self, record: Record, at: float) -> None:
        if record.confirmed is None or record.fate not in TOLD:
            return
        self._settle(record.turn)
        latency = None
        if record.sounded is not None and record.finished is not None:
            latency = milliseconds(record.sounded - record.finished)
        self.tell(
            from_server.Answered.model_validate(
                {
                    "turn": record.turn,
                    "fate": TOLD[record.fate],
                    "heard": record.transcript.text if record.transcript else "",
                    "said": record.heard,
                    "latency": latency,
                    "error": f"{record.error.stage}: {APOLOGY}" if record.error else "",
                }
            )
        )

    def _settle(self, turn: str) -> None:
        """Send the user's words as final: they will not change any more."""
        if self._heard[0] == turn:
            self._caption(final=True)
            self._heard = "", "", ""

    def _caption(self, *, final: bool) -> None:
        if "captions" in self.wants:
            turn, text, language = self._heard
            self.tell(from_server.Caption(turn=turn, speaker="user", text=text, final=final, language=language))

    # --- what a sink tells -------------------------------------------------------------------------------------------

    def sync(self, timestamp: int, position: float) -> None:
        """Tell the client that second `position` of the answer is sample `timestamp` of the stream of sound."""
        self.tell(from_server.Sync(turn=self.turn, timestamp=timestamp, position=milliseconds(position)))

    def show(self, packet: Any) -> None:
        """Send a packet of the answer that is played, where the client wants its kind."""
        match packet:
            case Viseme() if "visemes" in self.wants:
                if not self._visemes:  # they come in one go for each piece of sound, and go out in one message
                    asyncio.get_running_loop().call_soon(self._tell_visemes)
                self._visemes.append(packet)
            case Speech() if "captions" in self.wants:
                self._speak(packet)
            case Expression() if "expressions" in self.wants:
                self.tell(
                    from_server.Expression(
                        turn=self.turn,
                        name=packet.name,
                        start=milliseconds(packet.start),
                        duration=milliseconds(packet.duration),
                        weight=round(packet.weight, 3),
                    )
                )
            case Gesture() if "expressions" in self.wants:
                self.tell(from_server.Gesture(turn=self.turn, name=packet.name, start=milliseconds(packet.start)))
            case Outcome() if "actions" in self.wants:
                for action in packet.actions:
                    self.tell(from_server.Action(turn=self.turn, kind=action.kind, args=dict(action.args)))
            case _:
                pass

    def _speak(self, speech: Speech) -> None:
        # While the connection was lost nothing was shown, so this piece may begin later than the words before it ended.
        begin = speech.start - self._words.length
        self._words.add(speech.text, speech.voiced)
        if speech.text.strip():
            self.tell(
                from_server.Caption(
                    turn=self.turn,
                    speaker="avatar",
                    text=speech.text,
                    language=speech.language,
                    start=milliseconds(speech.start),
                    words=tuple((milliseconds(word.start), word.text) for word in self._words.latest(begin)),
                )
            )

    def _tell_visemes(self) -> None:
        visemes, self._visemes = self._visemes, []
        edges = [(milliseconds(v.start), milliseconds(v.start + v.duration)) for v in visemes]
        shapes = ((start, end - start, v.viseme, v.weight) for (start, end), v in zip(edges, visemes, strict=True))
        self.tell(from_server.Visemes(turn=self.turn, visemes=tuple(shapes)))


def milliseconds(seconds: float) -> int:
    """Return whole milliseconds, not negative, as messages carry times."""
    return max(0, round(1000 * seconds))

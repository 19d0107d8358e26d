"""The history of a replayed turn: what was said before it in the replay."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.dialogue import Exchange
from pipeline.devices.word_timing import Words
from pipeline.packets import Speech
from pipeline.runtime.journal import RecordedTurn
from pipeline.runtime.record import Record


class ReplayedExchange:
    """What the user and the avatar said in a turn, as recorded and as replayed."""

    def __init__(self, recorded: RecordedTurn, record: Record, speech: Iterable[Speech], *, alike: bool) -> None:
        then = recorded.record
        self._turn = recorded.turn.id
        self.recorded_words = then.transcript.text if then and then.transcript else ""
        self.words = record.transcript.text if record.transcript else ""
        self._alike = alike
        self._recorded_reply = then.reply if then else ""
        self._reply = record.reply
        before = [c.packet for c in recorded.crossings if isinstance(c.packet, Speech)]
        self._recorded_times, self._times = _words(before), _words(speech)

    def is_of(self, exchange: Exchange) -> bool:
        """Whether a recorded exchange belongs to this turn. In older journals only its words tell."""
        return exchange.turn == self._turn if exchange.turn else exchange.heard == self.recorded_words

    def said(self, heard: str) -> str:
        """The part of the replayed answer that sounds in the time that `heard` took in the recorded answer."""
        if self._alike or not heard:
            return heard
        if heard.strip() == self._recorded_reply.strip():
            return self._reply.strip()
        # Times at which the words before a moment become at least `heard`, in steps of a millisecond.
        moments = range(round(self._recorded_times.length * 1000) + 2)
        moment = bisect_left(moments, len(heard), key=lambda ms: len(self._recorded_times.before(ms / 1000)))
        return self._times.before(moment / 1000)


def _words(speech: Iterable[Speech]) -> Words:
    words = Words()
    for piece in speech:
        words.add(piece.text, piece.voiced)
    return words


def exchanges_of(recorded: Sequence[Exchange], replayed: Sequence[ReplayedExchange]) -> tuple[Exchange, ...]:
    """The exchanges before a turn as the replay said them, given the `recorded` ones and those `replayed` so far.

    Exchanges of an earlier session stay as they were recorded."""
    exchanges: list[Exchange] = []
    rest = len(replayed)
    for exchange in reversed(recorded):  # the latest first: a session forgets its oldest exchanges
        place = next((i for i in reversed(range(rest)) if replayed[i].is_of(exchange)), None)
        if place is None:
            exchanges.append(exchange)
            continue
        rest, again = place, replayed[place]
        exchanges.append(replace(exchange, heard=again.words, said=again.said(exchange.said)))
    return tuple(reversed(exchanges))

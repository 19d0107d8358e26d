"""What was said in the turns of a replay, for the turns behind them to remember."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.devices.word_timing import Words
from pipeline.packets import Speech
from pipeline.runtime.journal import RecordedTurn
from pipeline.runtime.record import Record
from pipeline.stages.stage import Exchange


class Told:
    """What was said in a turn, as recorded and as replayed."""

    def __init__(self, recorded: RecordedTurn, record: Record, speech: Iterable[Speech], *, alike: bool) -> None:
        then = recorded.record
        self.asked = then.transcript.text if then and then.transcript else ""
        self.asks = record.transcript.text if record.transcript else ""
        self._alike = alike
        self._whole = then.reply if then else ""
        self._replayed = record.reply
        before = [c.packet for c in recorded.crossings if isinstance(c.packet, Speech)]
        self._words, self._new_words = _words(before), _words(speech)

    def said(self, heard: str) -> str:
        """As much of the replayed answer as sounds in the time in which `heard` of the recorded one did."""
        if self._alike or not heard:
            return heard
        if heard.strip() == self._whole.strip():
            return self._replayed.strip()
        # Times at which the words before a moment become at least `heard`, in steps of a millisecond.
        moments = range(round(self._words.length * 1000) + 2)
        moment = bisect_left(moments, len(heard), key=lambda ms: len(self._words.before(ms / 1000)))
        return self._new_words.before(moment / 1000)


def _words(speech: Iterable[Speech]) -> Words:
    words = Words()
    for piece in speech:
        words.add(piece.text, piece.voiced)
    return words


def history_of(recorded: Sequence[Exchange], told: Sequence[Told]) -> tuple[Exchange, ...]:
    """What was said before, as it was said this time; what comes from an earlier session stays as it was.

    Read from the latest back: the oldest exchanges are those that a session has forgotten."""
    history: list[Exchange] = []
    rest = len(told)
    for exchange in reversed(recorded):
        place = next((i for i in reversed(range(rest)) if told[i].asked == exchange.heard), None)
        if place is not None:
            rest = place
            exchange = replace(exchange, heard=told[place].asks, said=told[place].said(exchange.said))  # noqa: PLW2901
        history.append(exchange)
    return tuple(reversed(history))

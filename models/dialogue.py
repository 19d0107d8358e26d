"""A dialogue is a value: it holds what was said, what is asked, what was named and what was done.

Values here never change: `Dialogue.add` and `Dialogue.amend` give a new one. Only the session that keeps a dialogue
replaces it. Engines and stages read it in their `models.context.Context`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

SlotValue: TypeAlias = str | int | float

Speaker: TypeAlias = Literal["user", "avatar"]

REMEMBERED = 48
"""Exchanges that a dialogue keeps at least. A language model takes as many of the latest as it has room for."""
FORGOTTEN = 8
"""Exchanges that are forgotten together. The rest then begins alike for several turns, so a model's cache stays
warm."""
FOCUS = 16
"""Mentions that a dialogue keeps at most."""
DEEDS = 16
"""Deeds that a dialogue keeps at most."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said in an earlier turn."""

    heard: str
    """The user's words."""
    said: str
    """The avatar's words, as far as they were heard."""
    interrupted: bool = False
    """Whether the user cut the avatar short."""
    turn: str = ""
    """The turn's id; empty where a journal of an earlier version did not record it."""
    language: str = "en"
    """ISO 639-1 code of the language in which the user was answered."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the avatar asked, and what it waits for."""

    skill: str
    """The skill that waits for the answer."""
    slot: str = ""
    """The slot that is missing; empty where the avatar waits for a yes."""
    filled: Mapping[str, SlotValue] = field(default_factory=dict)
    """The slots that are known so far, by name."""
    turn: str = ""
    """The id of the turn that asked."""
    asked: int = 1
    """How often it was asked."""
    say: str = ""
    """The question as it was said."""
    offers: SlotValue = ""
    """The value of the slot that a yes stands for; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing, a place, an amount or a person that was named or shown."""

    name: str
    """The name of the thing, place or person, or the amount in digits."""
    kind: str
    """The kind of the slot or the name of the fact that held it, such as ``item``, ``place`` or ``integer``. It is
    ``thing`` for what the user pointed at."""
    by: Speaker
    """The one who named or showed it."""
    turn: str = ""
    """The id of the turn in which it was mentioned last."""


@dataclass(frozen=True, slots=True)
class Undo:
    """The call of a skill that takes a deed back."""

    skill: str
    slots: Mapping[str, SlotValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deed:
    """A task that was carried out for the user."""

    turn: str
    """The id of the turn that did it."""
    skill: str
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    undo: Undo | None = None
    """The call that takes it back; None where it cannot be taken back."""
    told: bool = True
    """Whether the user heard to the end that it was done. Where the answer was interrupted or the voice failed, the
    deed was done all the same, but a user who asks for it again may not know that."""
    say: str = ""
    """The sentence that states it."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the avatar speaks."""

    rate: float = 1.0
    """Times the voice's own speaking rate; 0.8 is slower."""
    volume: float = 1.0
    """Times the voice's own loudness."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The state of a conversation between two turns."""

    exchanges: tuple[Exchange, ...] = ()
    """Earlier turns in which the user said something, oldest first."""
    question: Question | None = None
    """What the avatar asked in its latest answer; None where it asked nothing."""
    focus: tuple[Mention, ...] = ()
    """What was named or shown, the newest first, each name once."""
    deeds: tuple[Deed, ...] = ()
    """What was done and was not taken back, oldest first."""
    latest: Deed | None = None
    """The latest task, be it a deed or one that only looked something up. The next words may correct it."""
    manner: Manner = Manner()
    """How the avatar speaks."""

    def add(
        self,
        exchange: Exchange,
        question: Question | None = None,
        mentions: Iterable[Mention] = (),
        deeds: Iterable[Deed] = (),
    ) -> Dialogue:
        """The dialogue after another turn. Its `mentions` and `deeds` stand in the order in which they happened.

        A question that was open is closed. What does not fit is forgotten, the oldest first."""
        exchanges = (*self.exchanges, exchange)
        if len(exchanges) >= REMEMBERED + FORGOTTEN:
            exchanges = exchanges[FORGOTTEN:]
        return replace(self.did(deeds).named(mentions), exchanges=exchanges, question=question)

    def did(self, deeds: Iterable[Deed]) -> Dialogue:
        """The dialogue after further deeds."""
        return replace(self, deeds=(*self.deeds, *deeds)[-DEEDS:])

    def named(self, mentions: Iterable[Mention]) -> Dialogue:
        """The dialogue after further mentions."""
        return replace(self, focus=_focused(self.focus, mentions))

    def undid(self) -> Dialogue:
        """The dialogue after its latest deed was taken back."""
        last = max((at for at, deed in enumerate(self.deeds) if deed.undo), default=None)
        return self if last is None else replace(self, deeds=(*self.deeds[:last], *self.deeds[last + 1 :]))

    def amend(self, turn: str, *, said: str | None = None, interrupted: bool | None = None) -> Dialogue:
        """The dialogue with a correction to what the user heard in a turn; the same one if the turn is forgotten.

        A value of None leaves that part as it is. The deeds of the turn count as told unless it was interrupted."""
        exchanges = tuple(_heard(each, said, interrupted) if each.turn == turn else each for each in self.exchanges)
        if interrupted is None:
            return replace(self, exchanges=exchanges)
        deeds = tuple(replace(deed, told=not interrupted) if deed.turn == turn else deed for deed in self.deeds)
        return replace(self, exchanges=exchanges, deeds=deeds)


EMPTY = Dialogue()
"""A dialogue that has not begun."""


def _focused(focus: tuple[Mention, ...], mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    """The focus after further mentions. A name that is mentioned again moves to the front."""
    newest = {mention.name.casefold(): mention for mention in focus[::-1]}
    for mention in mentions:
        newest.pop(mention.name.casefold(), None)
        newest[mention.name.casefold()] = mention
    return tuple(newest.values())[: -FOCUS - 1 : -1]


def _heard(exchange: Exchange, said: str | None, interrupted: bool | None) -> Exchange:
    return replace(
        exchange,
        said=exchange.said if said is None else said,
        interrupted=exchange.interrupted if interrupted is None else interrupted,
    )

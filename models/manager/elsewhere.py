"""Skills that are carried out elsewhere: by a session's client, or by a server of tools.

The avatar knows such a skill by its card alone. It asks for what is missing and for a yes, and states the result as
data of somebody else: in a few plain sentences, without markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from models.cards import SkillCard, Slot
from models.language.clauses import sentences
from models.language.language import Language
from models.language.markup import Unmarked
from models.language.speakable import speakable
from models.manager.filling import Unfilled, fill
from models.protocols import Outcome, Request, SlotValue

SAID = 400
"""Characters of a result that are said, at most."""
FACTS = 16
"""Facts of a result that are kept, at most."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def arguments(card: SkillCard, request: Request, language: Language) -> dict[str, SlotValue]:
    """The values that the skill is called with. Raises Unfilled, whose outcome asks for a missing value or for a
    yes."""
    asks = {slot.name: slot.ask or _question(slot, language) for slot in card.slots}
    try:
        values = fill(card.slots, asks, request.intent.slots, request.things, language)
    except Unfilled as unfilled:
        raise Unfilled(_of(card, unfilled.outcome)) from None
    if card.confirm and not request.confirmed:
        deed = ", ".join([_words(card.name).capitalize(), *(f"{_words(name)} {values[name]}" for name in values)])
        raise Unfilled(Outcome(card.name, "unclear", language.phrases["sure"].format(deed=deed)))
    return values


def stated(
    skill: str, status: Literal["done", "refused"], say: str, facts: Mapping[str, str], language: Language
) -> Outcome:
    """The outcome that a result comes to. A result without words that can be said is told in one of the language's own.

    Only those facts are kept that stand in what is said."""
    said = plain(say, language) or language.phrases["done" if status == "done" else "was_refused"]
    kept = {name: value for name, value in list(facts.items())[:FACTS] if value and value in said}
    return Outcome(skill, status, said, kept)


def late(skill: str, language: Language) -> Outcome:
    """The outcome of a call that was not answered in time. Whether anything was done is not known, and not claimed."""
    return Outcome(skill, "refused", language.phrases["late"])


def gone(skill: str, language: Language) -> Outcome:
    """The outcome of a call that reached nobody."""
    return Outcome(skill, "refused", language.phrases["gone"])


def plain(text: str, language: Language, limit: int = SAID) -> str:
    """Words of somebody else as they may be said: whole sentences up to `limit` characters, without markup."""
    unmarked = Unmarked("")
    bare = unmarked.add(_CONTROL.sub(" ", text[: 4 * limit])) + unmarked.rest()
    if not speakable(bare, language):
        return ""
    kept = ""
    for sentence in sentences(" ".join(bare.split()), language):
        if len(kept) + len(sentence) > limit:
            break
        kept += sentence
    return kept.strip() or bare[:limit].rsplit(" ", 1)[0].strip()


def _question(slot: Slot, language: Language) -> str:
    phrase = "which" if slot.choices else "what"
    return language.phrases[phrase].format(slot=_words(slot.name), choices=language.either(slot.choices[:5]))


def _words(name: str) -> str:
    return " ".join(name.replace("_", " ").split())


def _of(card: SkillCard, outcome: Outcome) -> Outcome:
    return Outcome(card.name, outcome.status, outcome.say, outcome.facts, asks=outcome.asks, offers=outcome.offers)

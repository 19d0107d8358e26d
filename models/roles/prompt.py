"""What a language model reads before it answers: the role, worked examples, what is known, and the talk so far.

The role and its examples never change, so a model that keeps what it read has them read already. What users say, and
names that they give, are data: they stand in messages of their own, and no mark in them can begin another message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.dialogue import Dialogue, Exchange
from models.language.clauses import sentences
from models.language.language import Language
from models.language.marks import QUESTION_MARKS
from models.language.words import HAN
from models.protocols import Message
from models.roles.role import Persona

BLOCK = 4
"""The number of exchanges that are forgotten together."""
LONGEST_FACT = 40
"""Characters of a name or another value that is known."""
INSTRUCTIONS = 2000
"""Characters of a client's instructions that are read, at most."""
TOLD = 16
"""Sentences that are kept of what the user told in turns which are not read word for word any more."""
LONGEST_TOLD = 90
"""Characters of such a sentence; a longer one is left out."""

_HAN = re.compile(f"[{HAN}]")
_MARKS = re.compile(r"<\|[^|>\n]{0,40}\|?>?|\|>|\[/?INST\]|</?s>|<</?SYS>>", re.IGNORECASE)
"""What begins or ends a message in the templates of prompts."""


def prefix(persona: Persona, *, worked: bool = True) -> list[Message]:
    """What stands before every conversation with a role: who it is, and examples of how it talks, if `worked`."""
    examples = (
        message
        for example in (persona.examples if worked else ())
        for message in (Message("user", example.heard), Message("assistant", example.said))
    )
    return [Message("system", persona.prompt), *examples]


def known(dialogue: Dialogue, language: Language) -> str:
    """What the deeds of a dialogue tell about the user, in sentences; perhaps nothing.

    A language words it in its phrases: ``fact_navigate`` for the slots of the latest deed of the skill ``navigate``."""
    latest = {deed.skill: deed.slots for deed in dialogue.deeds}
    facts = []
    for skill, slots in sorted(latest.items()):
        if wording := language.phrases.get(f"fact_{skill}"):
            values = {name: data(str(value))[:LONGEST_FACT] for name, value in slots.items()}
            try:
                facts.append(wording.format_map(values))
            except KeyError:  # a slot that was left out: there is nothing to tell
                continue
    return " ".join(facts)


def remembered(dialogue: Dialogue, language: Language, budget: int, instructions: str = "") -> list[Message]:
    """What the model reads of a dialogue: what the session's client wishes (`instructions`), what is known, what the
    user told in turns that do not fit, and the latest turns word for word, as far as `budget` characters hold them."""
    told = [exchange for exchange in dialogue.exchanges if exchange.heard and exchange.said]
    start = _start(told, budget)
    facts = [instructed(instructions, language), known(dialogue, language), _earlier(told[:start], language)]
    notes = " ".join(fact for fact in facts if fact)
    return [*([Message("system", notes)] if notes else []), *recall(told[start:], budget)]


def instructed(instructions: str, language: Language) -> str:
    """The instructions of a session's client as a wish, which the role's own rules go before; perhaps nothing."""
    told = data(instructions)[:INSTRUCTIONS]
    return language.phrases["instructed"].format(told=told) if told else ""


def recall(exchanges: Sequence[Exchange], budget: int) -> list[Message]:
    """Earlier turns as messages, the latest ones, as far as `budget` characters hold them. A Chinese character counts
    twice, because it takes a model as long to read as two letters or more.

    Old ones are dropped in fours. So the messages begin alike for several turns, and a model that keeps what it read
    profits."""
    told = [exchange for exchange in exchanges if exchange.heard and exchange.said]
    return [
        message
        for exchange in told[_start(told, budget) :]
        for message in (Message("user", data(exchange.heard)), Message("assistant", _said(exchange)))
    ]


def _start(told: Sequence[Exchange], budget: int) -> int:
    """The index of the first exchange that is read word for word."""
    costs = [_cost(data(exchange.heard)) + _cost(_said(exchange)) for exchange in told]
    start, total = 0, sum(costs)
    while total > budget:
        total -= sum(costs[start : start + BLOCK])
        start += BLOCK
    return start


def _cost(text: str) -> int:
    return len(text) + len(_HAN.findall(text))


def _earlier(exchanges: Sequence[Exchange], language: Language) -> str:
    """What the user told about themselves, in their own words, in turns that are not read word for word any more."""
    about = language.talk.about_user
    told = [
        sentence.strip()
        for exchange in exchanges
        for sentence in sentences(data(exchange.heard), language)
        if about.search(sentence.replace("’", "'")) and sentence.strip()[-1:] not in QUESTION_MARKS
    ]
    kept = [fact for fact in dict.fromkeys(told) if len(fact) <= LONGEST_TOLD][-TOLD:]
    return language.phrases["earlier"].format(told=" ".join(kept)) if kept else ""


def data(text: str) -> str:
    """Somebody's words without the marks of a prompt's template, on one line."""
    return " ".join(_MARKS.sub(" ", text).split())


def _said(exchange: Exchange) -> str:
    """The avatar's words. A dash ends words that the user interrupted, as it does in print."""
    said = data(exchange.said)
    return f"{said.rstrip(' ,;:–—')} —" if exchange.interrupted else said

"""What a language model reads before it answers: the role, worked examples, what is known, and the talk so far.

The role and its examples never change, so a model that keeps what it read has them read already. What users say, and
names that they give, are data: they stand in messages of their own, and no mark in them can begin another message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.dialogue import Dialogue, Exchange
from models.language.language import Language
from models.protocols import Message
from models.roles.role import Persona

BLOCK = 4
"""The number of exchanges that are forgotten together."""
LONGEST_FACT = 40
"""Characters of a name or another value that is known."""

_MARKS = re.compile(r"<\|[^|>\n]{0,40}\|?>?|\|>|\[/?INST\]|</?s>|<</?SYS>>", re.IGNORECASE)
"""What begins or ends a message in the templates of prompts."""


def prefix(persona: Persona) -> list[Message]:
    """What stands before every conversation with a role: who it is, and examples of how it talks."""
    examples = (
        message
        for example in persona.examples
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


def recall(exchanges: Sequence[Exchange], budget: int) -> list[Message]:
    """Earlier turns as messages, the latest ones, as far as `budget` characters hold them.

    Old ones are dropped in fours. So the messages begin alike for several turns, and a model that keeps what it read
    profits."""
    told = [(data(exchange.heard), _said(exchange)) for exchange in exchanges if exchange.heard and exchange.said]
    start = 0
    while sum(len(heard) + len(said) for heard, said in told[start:]) > budget:
        start += BLOCK
    return [message for heard, said in told[start:] for message in (Message("user", heard), Message("assistant", said))]


def data(text: str) -> str:
    """Somebody's words without the marks of a prompt's template, on one line."""
    return " ".join(_MARKS.sub(" ", text).split())


def _said(exchange: Exchange) -> str:
    """The avatar's words. A dash ends words that the user interrupted, as it does in print."""
    said = data(exchange.said)
    return f"{said.rstrip(' ,;:–—')} —" if exchange.interrupted else said

"""The table of what utterances do in a dialogue, and how commands are compared with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from support.phrasings import canonical

from models.context import Context
from models.dialogue import Deed, Dialogue, Exchange, Question
from models.protocols import UNKNOWN, Intent

ACTS = Path(__file__).parents[1] / "data" / "acts.yaml"
TALK = (UNKNOWN, "small_talk")
"""What words that ask for nothing are taken for."""


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance, what the avatar asked or did before it, and the commands that are right."""

    state: str
    text: str
    context: Context
    wanted: Sequence[Mapping[str, Any]]
    """Each command's act with the name of its skill, and then its slots."""

    def is_met_by(self, intents: Sequence[Intent]) -> bool:
        """Whether the commands are the right ones. Small talk beside them does not count."""
        if all(command.get("do") == UNKNOWN for command in self.wanted):
            return all(intent.act == "do" and intent.name in TALK for intent in intents)
        told = [intent for intent in intents if intent.act != "do" or intent.name not in TALK]
        return len(told) == len(self.wanted) and all(map(_same, told, self.wanted))


def read_acts(path: Path = ACTS) -> list[Line]:
    """Every line of the table."""
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Line(state, text, _context(table["states"][state]), wanted)
        for state, lines in table["lines"].items()
        for text, wanted in lines.items()
    ]


def _context(state: Mapping[str, Any]) -> Context:
    asked, did = state.get("asked"), state.get("did")
    question = (
        Question(asked["skill"], asked["slot"], asked.get("filled", {}), "1", offers=asked.get("offers", ""))
        if asked
        else None
    )
    latest = Deed("1", did["skill"], did["slots"]) if did else None
    exchanges = (Exchange("Hm?", "What?" if asked else "Done.", turn="1"),) if state else ()
    return Context(dialogue=Dialogue(exchanges=exchanges, question=question, latest=latest))


def _same(intent: Intent, wanted: Mapping[str, Any]) -> bool:
    act, name = next(iter(wanted.items()))
    if intent.act != act or (name and intent.name not in (name, "" if act != "do" else name)):
        return False
    told = {slot: canonical(value) for slot, value in intent.slots.items() if (slot, value) != ("quantity", 1)}
    right = {slot: canonical(value) for slot, value in wanted.items() if slot not in (act, "quantity")}
    right |= {"quantity": canonical(wanted["quantity"])} if wanted.get("quantity", 1) != 1 else {}
    return told == right or (
        act == "amend" and intent.slots == {"quantity": 1} == {k: wanted[k] for k in wanted if k != act}
    )

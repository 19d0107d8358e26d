"""Function tools of others as skills: what a JSON schema says of a function, as a card that the avatar understands.

Both OpenAI's Realtime API and the Model Context Protocol describe tools so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from models.cards import SkillCard, Slot
from models.language.clauses import sentences
from models.language.language import Language
from models.protocols import SlotValue

SLOTS = 8
"""Properties of a tool that become slots, at most: the required ones first."""
CHOICES = 64
"""Values of an enumeration that are kept, at most."""
LONGEST = 200
"""Characters of a description that are read, at most."""
TOLD = 6
"""Values of a result without sentences that are said, at most."""

Status: TypeAlias = Literal["done", "refused"]

_LOOKS = frozenset(
    {"calculate", "check", "compute", "count", "describe", "fetch", "find", "get", "has", "is", "list", "look"}
    | {"lookup", "query", "read", "search", "show", "tell"}
)
"""First words in the names of functions that only look something up."""
_KINDS = {"integer": "integer", "number": "number"}
_PAIRS = ("switched", "affirmed")
"""The phrases that hold the words for the two values of a switch, the true one first."""
_NOTHING = frozenset(("", "ok", "okay", "done", "success", "true", "null", "none"))
"""Results that say no more than that it is done, and what `json` makes of them."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of others, and the skill that stands for it."""

    card: SkillCard
    properties: Mapping[str, Mapping[str, Any]]
    """The JSON schemas of the parameters that are slots."""

    def arguments(self, slots: Mapping[str, SlotValue], language: Language) -> dict[str, Any]:
        """The values of the slots as the function takes them."""
        return {name: _value(self.properties.get(name, {}), value, language) for name, value in slots.items()}


def tool(
    name: str,
    description: str,
    schema: Mapping[str, Any],
    language: Language,
    *,
    called: str = "",
    looks: bool | None = None,
) -> Tool:
    """The skill for a function with that JSON schema for its parameters. The skill's name is `called`, or the tool's.

    `looks` says whether it only looks something up; None takes that from its name."""
    properties = schema.get("properties")
    known = {key: part for key, part in properties.items() if isinstance(part, Mapping)} if properties else {}
    needed = [key for key in schema.get("required") or () if key in known]
    order = [*needed, *(key for key in known if key not in needed)][:SLOTS]
    slots = tuple(_slot(key, known[key], key in needed, language) for key in order)
    about = plain_text(description)
    words = spaced(name)
    if looks is None:
        looks = words.split(" ")[0] in _LOOKS
    examples = tuple(dict.fromkeys(_examples(words, about, slots, looks, language)))
    card = SkillCard(called or name, about or words, examples, slots, effects=not looks)
    return Tool(card, {key: known[key] for key in order})


def told(output: str) -> tuple[Status, str]:
    """What came of a call, and what may be said of it, from the text that a tool gave; an empty text says no more than
    the status.

    Of JSON, the sentences in it are said, or else its first values with their names."""
    try:
        data = json.loads(output)
    except (ValueError, RecursionError):
        return "done", "" if output.strip().casefold().rstrip(".!") in _NOTHING else output.strip()
    status: Status = "refused" if _failed(data) else "done"
    texts = list(_sentences(data))
    return status, " ".join(texts) if texts else ", ".join(_values(data))


def spaced(name: str) -> str:
    """The words of a name in a program: ``setLight`` and ``set_light`` are ``set light``."""
    return " ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+", " ", name).split()).lower()


def plain_text(text: str) -> str:
    """A description on one line, without braces, which stand for slots in examples."""
    return " ".join(re.sub(r"[{}]", "", text).split())[:LONGEST]


# --- the card ------------------------------------------------------------------------------------------------------


def _slot(name: str, schema: Mapping[str, Any], required: bool, language: Language) -> Slot:
    about = plain_text(str(schema.get("description") or ""))
    kind = _type(schema)
    if kind == "boolean":
        return Slot(name, "choice", required, _two(f"{name} {about}", language), about)
    choices = tuple(str(value) for value in schema.get("enum") or () if isinstance(value, str | int | float))
    if choices:
        return Slot(name, "choice", required, choices[:CHOICES], about)
    return Slot(name, _KINDS.get(kind, "text"), required, about=about)


def _two(told: str, language: Language) -> tuple[str, ...]:
    """What the two values of a switch are called: what its description calls them, if it does."""
    switched = tuple(language.phrases["switched"].split("|"))
    return switched if set(switched) & set(spaced(told).split()) else tuple(language.phrases["affirmed"].split("|"))


def _type(schema: Mapping[str, Any]) -> str:
    """The type of a value; of several, the first one that is not null."""
    kind = schema.get("type")
    options = kind if isinstance(kind, list) else [kind] if kind else []
    for part in schema.get("anyOf") or ():
        if isinstance(part, Mapping):
            options.append(_type(part))
    return next((str(option) for option in options if option != "null"), "")


def _examples(words: str, about: str, slots: tuple[Slot, ...], looks: bool, language: Language) -> Iterator[str]:
    deeds = [words]
    if first := next(sentences(about, language), "").strip(" .!").strip():
        deeds.append(language.imperative(first))
    if looks and (thing := words.partition(" ")[2]):
        yield from (wording.format(thing=thing) for wording in language.phrases["tool_questions"].split("|"))
    holes = [f"{{{slot.name}}}" for slot in slots if slot.required and slot.name.isidentifier()]
    yield from _around(words, [slot for slot in slots if slot.name.isidentifier()], language)
    for deed in deeds:
        for wording in language.phrases["tool_examples"].split("|"):
            yield wording.format(deed=deed).strip()
            if holes:
                yield f"{wording.format(deed=deed).strip()} {' '.join(holes)}"


def _around(words: str, slots: Sequence[Slot], language: Language) -> Iterator[str]:
    """How users may name a thing together with the values of slots, from the words of a tool's name."""
    verb, _, thing = words.partition(" ")
    needed = [f"{{{slot.name}}}" for slot in slots if slot.required]
    if not thing or not needed:
        return
    phrases = language.phrases
    switched = tuple(phrases["switched"].split("|"))
    switch = next((f"{{{slot.name}}}" for slot in slots if slot.choices == switched), "")
    if not switch:
        for wording in phrases["tool_slots"].split("|"):
            yield wording.format(verb=verb, thing=thing, slots=" ".join(needed))
        return
    others = " ".join(hole for hole in needed if hole != switch)
    named = phrases["tool_thing"].split("|") if others else phrases["tool_thing"].split("|")[:1]
    for form in named:
        for wording in phrases["tool_switch"].split("|"):
            yield wording.format(thing=form.format(thing=thing, slots=others), switch=switch)
    bare = phrases["tool_thing"].split("|")[0].format(thing=thing)
    for value in switched:  # what switches something off has a mood of its own, which its examples must show
        yield from (wording.format(thing=bare, switch=value) for wording in phrases["tool_switch"].split("|"))


# --- values --------------------------------------------------------------------------------------------------------


def _value(schema: Mapping[str, Any], value: SlotValue, language: Language) -> Any:
    kind = _type(schema)
    if kind == "boolean":
        return any(value == language.phrases[pair].split("|")[0] for pair in _PAIRS)
    if kind == "array":
        return [value]
    return next((option for option in schema.get("enum") or () if str(option) == str(value)), value)


def _failed(data: Any) -> bool:
    if not isinstance(data, Mapping):
        return data is False
    says_no = any(data.get(name) is False for name in ("ok", "success", "done"))
    status = str(data.get("status", "")).casefold()
    return bool(data.get("error")) or says_no or status in ("error", "failed", "failure", "refused")


def _sentences(data: Any, depth: int = 3) -> Iterator[str]:
    """The texts in a value of JSON that have several words, in order."""
    if isinstance(data, str):
        if " " in data.strip() or any(char > "\u2e80" for char in data):
            yield data.strip() if data.strip()[-1:] in ".!?。！？" else f"{data.strip()}."
    elif depth and isinstance(data, Mapping | list):
        for part in data.values() if isinstance(data, Mapping) else data:
            yield from _sentences(part, depth - 1)


def _values(data: Any) -> list[str]:
    """The first plain values of a result without sentences, with their names."""
    if isinstance(data, Mapping):
        named = [(spaced(str(name)), value) for name, value in data.items() if name not in ("ok", "success", "status")]
        return [f"{name} {value}" for name, value in named if _plain(value)][:TOLD]
    if isinstance(data, list):
        return [str(value) for value in data if _plain(value)][:TOLD]
    return [] if not _plain(data) or str(data).casefold() in _NOTHING else [str(data)]


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and str(value) != ""

"""Recognises intents by a language model, which names the skill and its slots as JSON under a strict schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

from models.context import DEFAULT, Context
from models.errors import ModelError
from models.intent.commands import Commands
from models.intent.examples import background, filled
from models.intent.readings import is_text
from models.intent.skillset import Skillset, find_openers
from models.intent.slots import SlotReader, normalise, read_slots
from models.intent.wording import stems
from models.language.finding import find_language
from models.language.language import Language
from models.protocols import UNKNOWN, Intent, IntentRecogniser, LanguageModel, Message, SkillCard, Slot, SlotValue

T = TypeVar("T")

DEFAULT_MODEL = "qwen2.5-coder-1.5b-instruct"

SHOWN = 2
"""Examples of each skill in the prompt."""
SHOWN_UNKNOWN = 1
"""Examples of ``unknown`` in the prompt, for each skill. With fewer, the model hardly ever answers ``unknown``."""
LONGEST = 300
"""Characters of an utterance that are read. A request stands at the beginning."""
MOST_TOKENS = 160
"""Tokens of an answer: enough for its longest slot."""
LONGEST_SLOT = 200
"""Characters that a slot may have."""

RIGHT_SKILL, RIGHT_UNKNOWN = 0.9, 0.5
"""How often the default model was right when it named a skill (102 of 113), and when it named none (17 of 36). Both
were measured on the calibration part of tests/data/phrasings.yaml."""


class Llm(IntentRecogniser):
    """Asks a language model which skill an utterance asks for."""

    languages: ClassVar[frozenset[str]] = frozenset({"en"})
    requires: ClassVar[tuple[str, ...]] = ("xllamacpp", "text_to_num", "rapidfuzz")

    def __init__(self, *, model: str = DEFAULT_MODEL) -> None:
        """`model` is a GGUF file: a name in the catalogue, a path or a hub id. A response stage that names the same
        model shares it."""
        if not model:
            raise ValueError("model: expected a name in the catalogue, a path or a hub id, but found nothing")
        from models.response.llama_cpp import LlamaCpp

        self.model = model
        self._language = find_language("en")
        self._model: LanguageModel = LlamaCpp(model=model)
        self._skills: Mapping[str, SkillCard] = {}
        self._readers: Mapping[str, SlotReader] = {}
        self._openers = frozenset[str]()
        self._prompt = ""
        self._schema: dict[str, Any] = {}

    def weights(self) -> tuple[str, ...]:
        """The name of the language model."""
        return self._model.weights()

    def load(self) -> None:
        """Open the language model. Raises ModelError."""
        self._model.load()

    def close(self) -> None:
        """Leave the language model. It is freed when no other engine uses it."""
        self._model.close()

    def learn(self, skills: Sequence[SkillCard]) -> None:
        """Write the prompt and the schema, and let the model read the prompt, which it keeps."""
        skills = [card for card in skills if card.examples]
        self._skills = {card.name: card for card in skills}
        self._readers = read_slots(skills, self._language)
        self._openers = find_openers(skills, self._language)
        self._prompt, self._schema = prompt(skills, self._readers, self._language), schema(skills)
        self.classify("hello")

    def understand(self, text: str, context: Context = DEFAULT) -> tuple[Intent, ...]:
        """The commands of the utterance, each with the skill that the model names. Raises ModelError."""
        skillset = Skillset(lru_cache(self.classify), self._readers, self._skills, self._openers, self._language)
        return Commands(skillset).read(text, context)

    def classify(self, text: str) -> Intent:
        """The skill that the model names for words, whatever was said before, with its slots. Raises ModelError."""
        if not self._skills:
            return Intent(UNKNOWN)
        messages = [Message("system", self._prompt), Message("user", text[:LONGEST])]
        answer = "".join(self._model.complete(messages, max_tokens=MOST_TOKENS, schema=self._schema))
        try:
            said = json.loads(answer)
        except json.JSONDecodeError as error:
            raise ModelError(
                f"{self.model}: no whole JSON object in {MOST_TOKENS} tokens; try another model"
            ) from error
        name = said.pop("skill")
        if name == UNKNOWN:
            return Intent(UNKNOWN, {}, RIGHT_UNKNOWN)
        return Intent(name, self._slots(name, text, said), RIGHT_SKILL)

    def _slots(self, name: str, text: str, said: Mapping[str, SlotValue]) -> dict[str, SlotValue]:
        """The model's values as the parsers would give them. The parsers read what the model left out or made up."""
        slots = self._readers[name].read(text)
        heard = stems(text, self._language)
        for slot in self._skills[name].slots:
            value = said.get(slot.name, "")
            said_too = stems(str(value), self._language) & heard
            read = normalise(slot, value, self._language) if said_too else None
            words = self._language.split_words(str(value))
            if slot.choices and read not in slot.choices and self._readers[name].is_wording(words):
                continue
            # A model guesses at slots that may stay empty: "do I need an umbrella" asks for no place called umbrella.
            if read is not None and (slot.required or not slot.choices or read in slot.choices):
                slots[slot.name] = read
        return slots


def prompt(skills: Sequence[SkillCard], readers: Mapping[str, SlotReader], language: Language) -> str:
    """What the model is told before every utterance, word for word the same, so that it is read only once."""
    listed = "\n".join(f"- {card.name}: {card.about}" for card in skills)
    lines = [language.phrases["understand"].format(unknown=UNKNOWN, skills=listed)]
    others = _spread(background(language), SHOWN_UNKNOWN * len(skills))
    for number, card in enumerate(skills):
        shown = [(sentence, card.name, said) for sentence, said in _shown(card, readers[card.name], language)]
        shown += [(sentence, UNKNOWN, {}) for sentence in others[number :: len(skills)]]
        lines += [f"{sentence} -> {json.dumps({'skill': name, **said})}" for sentence, name, said in shown]
    return "\n".join(lines)


def _shown(card: SkillCard, reader: SlotReader, language: Language) -> list[tuple[str, dict[str, str]]]:
    """Some examples of a skill, with their slots in the words of the example."""
    texts = {slot.name for slot in card.slots if is_text(slot)}
    examples = filled(card, language)
    whole = []  # examples that were written with a text make more sense than those with a filled hole
    for sentence, said in examples:
        read = reader.read(sentence)
        if not texts & said.keys() and read.keys() <= texts | said.keys():
            whole.append((sentence, said | {name: str(read[name]) for name in texts & read.keys()}))
    return _spread(whole if len(whole) >= SHOWN else examples, SHOWN)


def schema(skills: Sequence[SkillCard]) -> dict[str, Any]:
    """The JSON schema of an answer: a skill's name, and its slots in the order of its card."""
    return {"anyOf": [_answer(card.name, card.slots) for card in skills] + [_answer(UNKNOWN, ())]}


def _answer(name: str, slots: Sequence[Slot]) -> dict[str, Any]:
    # Every slot is a string, because the parsers read amounts better, and a name that the world lacks must get through.
    text = {"type": "string", "minLength": 1, "maxLength": LONGEST_SLOT}
    return {
        "type": "object",
        "properties": {"skill": {"const": name}} | {slot.name: text for slot in slots},
        "required": ["skill"],
        "additionalProperties": False,
    }


def _spread(all_of_them: Sequence[T], count: int) -> list[T]:
    """`count` items of a sequence, spread evenly from its beginning to its end."""
    step = max(1, len(all_of_them) // count)
    return list(all_of_them[::step][:count])

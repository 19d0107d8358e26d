"""What a skill is: a plain typed function, and everything else derived from it.

    @skill(examples=["take me to the {place}", "walk with me to the {place}"])
    def navigate(world: World, place: Annotated[Place, Hint("where to", ask="Where would you like to go?")]) -> Outcome:
        '''Walk the user to a place.'''

Without examples, phrasings and questions stand in a YAML file for each language beside the module
(`models.task.texts`), and with them the messages that the skill says (`models.task.sentences.Say`).

The name, the docstring's first line and the parameters make the `SkillCard` that intent recognition learns from. A
parameter annotated with a kind (`models.kinds`), such as the types below, int or float, is a slot, optional where it
has a default; any other is a service, handed in by its type (`models.task.services`): `World`, `Setting`, `Request`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import Parameter, getdoc, signature
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Generic, ParamSpec, TypeAlias, Union, get_args, get_origin, get_type_hints

from models.dialogue import Manner, Undo
from models.errors import ModelError
from models.kinds import DAY, DURATION, INTEGER, ITEM, MANNERS, NAME, NUMBER, PLACE, REGION, SIGHT, TEXT, Kind
from models.protocols import Action, Outcome, SkillCard, Slot, SlotValue
from models.task.texts import Texts, differences, names, texts_beside

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Hint:
    """What a slot means, and the question for a user who left it out."""

    about: str
    """For a language model."""
    ask: str = ""
    """For the user; every required slot needs it, here or in the pack's file for the language."""


Item: TypeAlias = Annotated[str, ITEM]
"""Something on sale in the world."""
Place: TypeAlias = Annotated[str, PLACE]
"""Somewhere in the world."""
Sight: TypeAlias = Annotated[str, SIGHT]
"""Something that the user sees: its name, or a word such as "this"."""
Region: TypeAlias = Annotated[str, REGION]
"""Somewhere that the weather provider knows."""
Text: TypeAlias = Annotated[str, TEXT]
"""Words as the user said them."""
Duration: TypeAlias = Annotated[int, DURATION]
"""Seconds."""

Manners: TypeAlias = Annotated[str, MANNERS]
"""A change of how the avatar speaks: a code of `models.kinds.CHANGES`."""
Name: TypeAlias = Annotated[str, NAME]
"""The name of a person, as the user said it."""
Day: TypeAlias = Annotated[str, DAY]
"""A day that is told from today: a code of `models.language.days`."""

_PLAIN_KINDS = {int: INTEGER.name, float: NUMBER.name}


class SkillFailed(ModelError):
    """A skill raised, which is a bug of the skill; the cause is chained."""


@dataclass(frozen=True, slots=True)
class Skill(Generic[P]):
    """A skill, called like the function that it was made from."""

    function: Callable[P, Outcome]
    about: str
    """What it does, in one sentence."""
    texts: Mapping[str, Texts]
    """What is said to it and by it, by ISO 639-1 code: the languages that it speaks."""
    slots: tuple[Slot, ...]
    """Without choices, which only the world knows."""
    provided: Mapping[str, type[Any]]
    """The parameters that are no slots, and their types."""
    effects: bool
    """Whether a call changes anything. An `Action` is no change: it leaves with the outcome."""
    acts: bool | None = None
    """As in `SkillCard.acts`."""
    hidden: bool = False
    """Whether no words ask for it, so that only another skill's `Undo` calls it."""

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Outcome:
        return replace(self.function(*args, **kwargs), task=self.name)

    def card(self, vocabulary: Mapping[str, Sequence[str]], language: str = "en") -> SkillCard:
        """What intent recognition knows of it in a language that it speaks, with the names that `vocabulary` holds for
        each kind of slot."""
        slots = tuple(choose(slot, vocabulary) for slot in self.slots)
        offers = {code: text.offer for code, text in self.texts.items() if text.offer}
        texts = self.texts[language]
        return SkillCard(
            self.name, self.about, texts.examples, slots, self.effects, self.acts, offers, phrasings=texts.phrasings
        )


def choose(slot: Slot, vocabulary: Mapping[str, Sequence[str]]) -> Slot:
    """The slot with the names it may take; a kind whose names are open takes any text."""
    if slot.kind not in vocabulary:
        return slot
    names = tuple(vocabulary[slot.kind])
    return replace(slot, choices=names) if names else replace(slot, kind="text")


def skill(
    *,
    examples: Sequence[str] = (),
    language: str = "en",
    effects: bool = True,
    acts: bool | None = None,
    hidden: bool = False,
) -> Callable[[Callable[P, Outcome]], Skill[P]]:
    """Make a skill of a function. Raises TypeError for a function that does not say what a skill must say, and
    WrongData for mistakes in the files beside it.

    `examples` are phrasings in `language` for a skill that speaks one language only. Without them the files beside the
    function's module say what it hears and says.

    `effects` is False for a function that changes nothing, neither in the world nor outside. It may be called before
    the user is known to have finished, and for words that are taken back, so its answer is there sooner.

    `acts` is True for a function without effects whose outcome carries an `Action` that the user must have ordered.

    `hidden` is True for a function that only takes back what another one did. It has no examples, and its slots need no
    questions."""

    def decorate(function: Callable[P, Outcome]) -> Skill[P]:
        told = {language: tuple(examples)} if examples else None
        return _derive(function, told, effects, acts, hidden)

    return decorate


def done(say: str, *actions: Action, **facts: str) -> Outcome:
    """It is done; `say` states every fact."""
    return Outcome("", "done", say, facts, actions)


def undone_by(outcome: Outcome, skill: str, **slots: SlotValue) -> Outcome:
    """The outcome of a deed that a call of `skill` with these slots takes back."""
    return replace(outcome, undo=Undo(skill, slots))


def with_manner(outcome: Outcome, manner: Manner) -> Outcome:
    """The outcome, after which the avatar speaks in that manner."""
    return replace(outcome, manner=manner)


def refused(say: str, **facts: str) -> Outcome:
    """It was understood, but cannot be done; `say` states why."""
    return Outcome("", "refused", say, facts)


def unclear(question: str, slot: str, *, offers: SlotValue = "", **facts: str) -> Outcome:
    """The value of a slot is missing, and `question` asks for it. A yes to the question means `offers`."""
    return Outcome("", "unclear", question, facts, asks=slot, offers=offers)


def confirm(question: str, **facts: str) -> Outcome:
    """The skill is called again, with `Request.confirmed`, if the user says yes to `question`."""
    return Outcome("", "unclear", question, facts)


def direct(direction: str, opening: str = "") -> Outcome:
    """Nothing to state: the language model talks, as `direction` tells it; `opening` is said while it begins."""
    return Outcome("", "open", direction, opening=opening)


def _derive(
    function: Callable[P, Outcome],
    examples: Mapping[str, tuple[str, ...]] | None,
    effects: bool,
    acts: bool | None,
    hidden: bool,
) -> Skill[P]:
    name = function.__name__
    about = (getdoc(function) or "").partition("\n")[0]
    if not about:
        raise TypeError(f"skill '{name}' needs a docstring: its first line tells what the skill does")
    slots, asks, provided = _parameters(function)
    module = Path(function.__globals__.get("__file__", ""))
    if examples is None:
        texts = {code: found[name] for code, found in texts_beside(module).items() if name in found}
    else:
        texts = {code: Texts(examples=given, asks=asks) for code, given in examples.items()}
    if not texts:
        files = ", ".join(sorted(file.name for file in module.parent.glob("??.yaml"))) or "none"
        raise TypeError(
            f"skill '{name}' needs examples, from which intent recognition learns: give @skill(examples=[...]), or "
            f"write '{name}:' with examples into a language's file such as en.yaml beside {module} (there: {files})"
        )
    first = next(iter(texts.values()))
    for code, text in texts.items():
        _check_texts(name, text, slots, hidden=hidden)
        if differ := differences(first, text):
            raise TypeError(f"skill '{name}': {code}.yaml differs from {next(iter(texts))}.yaml in {', '.join(differ)}")
    return Skill(function, about, texts, slots, provided, effects, acts, hidden)


def _parameters(function: Callable[..., Any]) -> tuple[tuple[Slot, ...], dict[str, str], dict[str, type[Any]]]:
    """The slots, the questions that their hints hold, and the parameters that are services."""
    name, hints = function.__name__, get_type_hints(function, include_extras=True)
    slots: list[Slot] = []
    asks: dict[str, str] = {}
    provided: dict[str, type[Any]] = {}
    for parameter in signature(function).parameters.values():
        if parameter.name not in hints:
            raise TypeError(f"skill '{name}': parameter '{parameter.name}' has no type annotation")
        base, marks = _unwrap(hints[parameter.name])
        kind = next((mark.name for mark in marks if isinstance(mark, Kind)), _PLAIN_KINDS.get(base))
        if kind is None:
            provided[parameter.name] = base
            continue
        hint = next((mark for mark in marks if isinstance(mark, Hint)), Hint(""))
        slots.append(Slot(parameter.name, kind, parameter.default is Parameter.empty, (), hint.about))
        if hint.ask:
            asks[parameter.name] = hint.ask
    return tuple(slots), asks, provided


def _unwrap(annotation: Any) -> tuple[Any, tuple[object, ...]]:
    """The type itself and its marks: None taken out of a union, `Annotated` opened."""
    marks: tuple[object, ...] = ()
    if get_origin(annotation) is Annotated:
        annotation, *rest = get_args(annotation)
        marks = tuple(rest)
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            base, inner = _unwrap(members[0])
            return base, (*marks, *inner)
    return annotation, marks


def _check_texts(name: str, texts: Texts, slots: Sequence[Slot], *, hidden: bool) -> None:
    known = {slot.name for slot in slots}
    if bool(texts.examples) == hidden:
        raise TypeError(
            f"skill '{name}' needs examples in each language that it speaks, from which intent recognition learns"
            if not hidden
            else f"skill '{name}' is hidden, so no words ask for it: take its examples out"
        )
    if hidden:
        return
    for slot in slots:
        if slot.required and not texts.asks.get(slot.name):
            raise TypeError(
                f"skill '{name}': required slot '{slot.name}' needs a question, as in Hint(..., ask=...), or under "
                "'asks' in the pack's file for the language"
            )
    for example in (*texts.examples, *texts.phrasings):
        if unknown := names(example) - known:
            raise TypeError(f"skill '{name}': example {example!r} names no slot of it: {', '.join(sorted(unknown))}")


__all__ = [
    "Action",
    "Day",
    "Duration",
    "Hint",
    "Item",
    "Kind",
    "Manners",
    "Name",
    "Outcome",
    "Place",
    "Region",
    "Sight",
    "Skill",
    "SkillFailed",
    "Text",
    "choose",
    "confirm",
    "direct",
    "done",
    "refused",
    "skill",
    "unclear",
    "undone_by",
    "with_manner",
]

"""What a pack of skills says and hears in a language: a YAML file for each, beside the pack's code.

    buy:
      offer: buy things for you # completes "I can ...", for a user whose wish nobody can meet
      examples:                 # phrasings that ask for it; {slot} stands for any value of that slot
        - buy {quantity} {item}s
      asks:                     # the question for each required slot
        item: What would you like to buy?
      says:                     # messages, with named facts
        bought: You bought {what} for {cost}. You have {coins} left.

A skill speaks the languages of the files that name it. Many more phrasings may stand in ``phrasings.en.yaml`` beside
``en.yaml``, a list for each skill. Only recognisers learn from them; the examples also show in which moods a skill is
asked for.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import Field, TypeAdapter

from models.data import Entry, read_data
from models.errors import WrongData


class Texts(Entry):
    """One skill in one language."""

    examples: tuple[str, ...] = ()
    """Phrasings that ask for it; empty only for a skill that no words ask for."""
    phrasings: tuple[str, ...] = ()
    """Further phrasings, which stand in a file of their own, such as ``phrasings.en.yaml``."""
    asks: dict[str, str] = Field({})
    says: dict[str, str] = Field({})
    offer: str = ""
    """The end of a sentence that begins "I can": what the skill does for the user, such as ``buy things for you``. A
    skill without one is never offered."""

    def message(self, key: str, facts: Mapping[str, str]) -> str:
        """The message of that key with its facts. Raises WrongData for a key, or a fact, that is not there."""
        if key not in self.says:
            raise WrongData(
                f"a skill says {key!r}, and its texts have {', '.join(self.says) or 'no message'}; "
                "add it under 'says' in each language's file of the pack"
            )
        if missing := names(self.says[key]) - facts.keys():
            raise WrongData(
                f"says.{key}: {{{min(missing)}}} is no fact that the skill gives ({', '.join(facts) or 'none'}); "
                "mend it in each language's file of the pack"
            )
        return self.says[key].format_map(facts)


@cache
def texts_beside(module: Path) -> Mapping[str, Mapping[str, Texts]]:
    """By ISO 639-1 code and skill: the texts in the folder of a pack's module. Raises WrongData."""
    files = sorted(module.parent.glob("??.yaml"), key=lambda file: (file.stem != "en", file.stem))
    return {file.stem: _with_phrasings(file) for file in files}


def _with_phrasings(file: Path) -> dict[str, Texts]:
    texts = read_data(file, TypeAdapter(dict[str, Texts]))
    more = file.with_name(f"phrasings.{file.name}")
    if not more.exists():
        return texts
    phrasings = read_data(more, TypeAdapter(dict[str, tuple[str, ...]]))
    if strange := phrasings.keys() - texts.keys():
        raise WrongData(f"{more}: {min(strange)}: is no skill of {file.name}; there are {', '.join(texts)}")
    return {name: text.model_copy(update={"phrasings": phrasings.get(name, ())}) for name, text in texts.items()}


def differences(one: Texts, other: Texts) -> list[str]:
    """What a skill says in one language and not in the other: keys of messages, and facts in them."""
    found = [f"says.{key}" for key in sorted(one.says.keys() ^ other.says.keys())]
    return found + [
        f"says.{key} {{{fact}}}"
        for key in sorted(one.says.keys() & other.says.keys())
        for fact in sorted(names(one.says[key]) ^ names(other.says[key]))
    ]


def names(template: str) -> set[str]:
    """The names in braces."""
    return {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}

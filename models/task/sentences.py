"""Saying what came of a skill: its messages in the language of the answer, with names and amounts in it."""

from __future__ import annotations

from dataclasses import dataclass

from models.language.language import Language
from models.task.texts import Texts
from models.task.world.setting import Site, Ware


@dataclass(frozen=True, slots=True)
class Say:
    """A skill's messages in one language: a service that a skill asks for by type."""

    texts: Texts
    language: Language

    def __call__(self, message: str, **facts: str) -> str:
        """The message of that key, as it stands in the pack's file for the language, with these facts in it."""
        return self.texts.message(message, facts)

    def name(self, thing: Site | Ware) -> str:
        """What a place or a ware is called."""
        return thing.names.get(self.language.code, thing.name)

    def counted(self, number: int, ware: Ware) -> str:
        """So many of a ware: ``1 apple``, ``2 apples``."""
        english = self.language.code not in ware.names
        plural, measure = ware.plural if english else "", ware.measures.get(self.language.code, "")
        return self.language.counted(number, self.name(ware), plural, measure)

    def some(self, number: int, ware: Ware) -> str:
        """Likewise, but for one of it ``an apple``."""
        measure = ware.measures.get(self.language.code, "")
        return self.language.one(self.name(ware), measure) if number == 1 else self.counted(number, ware)

    def amount(self, number: int, unit: str) -> str:
        """So many units; `unit` is the key of the message that names one of them."""
        return self.language.counted(number, self(unit))

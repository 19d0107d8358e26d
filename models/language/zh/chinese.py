"""Mandarin Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from models.language.backchannel import Listener
from models.language.faithfulness import Wording
from models.language.guardrails import TalkRules
from models.language.language import Language
from models.language.mood import Mood, Told
from models.language.references import Reference
from models.language.words import HAN, Found, Word
from models.language.zh import amounts, references, sentences, vocabulary
from models.language.zh.listener import LISTENER
from models.language.zh.spoken import spoken_chinese
from models.language.zh.talk import TALK, WORDING
from models.protocols import Position

_OPEN_END = re.compile(rf"(?:{'|'.join(vocabulary.OPEN_ENDS.split())})$")
_TELLING = re.compile(rf"[{HAN}]+|[^\W{HAN}]+")
_WORDS = re.compile(r"[^\W_]+")


class Chinese(Language):
    """Mandarin, in simplified characters. A character is a word here, since words are not parted by spaces."""

    code: ClassVar[str] = "zh"
    script: ClassVar[re.Pattern[str]] = re.compile(f"[{HAN}]")
    joint: ClassVar[str] = ""
    fillers: ClassVar[frozenset[str]] = vocabulary.FILLERS
    stop_words: ClassVar[frozenset[str]] = vocabulary.STOP_WORDS
    demonstratives: ClassVar[frozenset[str]] = vocabulary.DEMONSTRATIVES
    places: ClassVar[frozenset[str]] = vocabulary.PLACES
    pronouns: ClassVar[frozenset[str]] = vocabulary.PRONOUNS
    shown: ClassVar[str] = "这个"
    confirm: ClassVar[frozenset[str]] = vocabulary.CONFIRM
    deny: ClassVar[frozenset[str]] = vocabulary.DENY
    cancel: ClassVar[frozenset[str]] = vocabulary.CANCEL
    determiners: ClassVar[frozenset[str]] = vocabulary.DETERMINERS
    leading: ClassVar[frozenset[str]] = vocabulary.LEADING
    anything: ClassVar[frozenset[str]] = vocabulary.ANYTHING
    all_of_them: ClassVar[frozenset[str]] = vocabulary.ALL
    vague: ClassVar[frozenset[str]] = vocabulary.VAGUE
    beside: ClassVar[frozenset[str]] = vocabulary.BESIDE
    around: ClassVar[frozenset[str]] = vocabulary.AROUND
    samples: ClassVar[Mapping[str, tuple[str, ...]]] = vocabulary.SAMPLES
    manner_names: ClassVar[Mapping[str, str]] = vocabulary.MANNERS
    day_names: ClassVar[Mapping[str, str]] = vocabulary.DAYS
    listener: ClassVar[Listener] = LISTENER
    wording: ClassVar[Wording] = WORDING
    talk: ClassVar[TalkRules] = TALK

    def find_numbers(self, words: Sequence[Word]) -> list[Found[float]]:
        return amounts.find_numbers(words)

    def find_durations(self, words: Sequence[Word]) -> list[Found[int]]:
        return amounts.find_durations(words)

    def search_tokens(self, text: str) -> list[str]:
        """Characters that tell something, and every two of them that stand together; other words whole.

        Pairs stand in for words: what is indexed in the same way is found without a dictionary."""
        return list(dict.fromkeys(self._tokens(text)))

    def _tokens(self, text: str) -> Iterator[str]:
        for phrase in vocabulary.STOP_PHRASES:
            text = text.replace(phrase, " ")
        for piece in _TELLING.findall(text.casefold()):
            if not self.script.match(piece):
                yield piece
                continue
            for part in "".join(" " if char in self.stop_words else char for char in piece).split():
                yield from part
                yield from (part[at : at + 2] for at in range(len(part) - 1))

    def mood(self, text: str) -> Told:
        from models.language.zh import mood  # its patterns take some 40 ms to compile

        return mood.mood(text)

    @property
    def mood_answers(self) -> Mapping[Mood, str]:
        from models.language.zh import mood

        return mood.ANSWERS

    def reference(self, words: str) -> Reference | None:
        return super().reference(words) or references.reference(self.plain(words))

    def breaks_off(self, text: str) -> bool:
        words = _WORDS.findall(text)
        return not words or _OPEN_END.search(words[-1]) is not None

    def spoken(self, text: str) -> str:
        return spoken_chinese(text)

    def listed(self, parts: Sequence[str]) -> str:
        return sentences.listed(parts)

    def either(self, parts: Sequence[str]) -> str:
        return sentences.listed(parts, "或者")

    def counted(self, number: int, unit: str, plural: str = "", measure: str = "") -> str:
        return sentences.counted(number, unit, measure)

    def one(self, name: str, measure: str = "") -> str:
        return (
            f"一{measure or sentences.MEASURE}{name}" if self.script.search(name) else name
        )  # a name in Latin letters is somebody's, or foreign

    def whereabouts(self, position: Position) -> str:
        return sentences.whereabouts(position)

    def duration(self, seconds: int) -> str:
        return sentences.spoken_duration(seconds)

    def to_listener(self, text: str) -> str:
        return sentences.to_listener(text)

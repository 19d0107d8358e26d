"""English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from models.language.backchannel import Listener
from models.language.en import amounts, references, repair, sentences, vocabulary, words
from models.language.en.listener import LISTENER
from models.language.en.spoken import spoken_english
from models.language.en.talk import TALK
from models.language.en.wording import WORDING
from models.language.faithfulness import Wording
from models.language.guardrails import TalkRules
from models.language.language import Language
from models.language.mood import Mood, Told
from models.language.references import Reference
from models.language.sums import Conversion, Sum
from models.language.words import Found, Word
from models.protocols import Position


class English(Language):
    """English, as it is spoken to Parley and by it."""

    code: ClassVar[str] = "en"
    abbreviations: ClassVar[frozenset[str]] = vocabulary.SHORTENED
    numbering: ClassVar[frozenset[str]] = frozenset({"no"})
    fillers: ClassVar[frozenset[str]] = words.FILLERS
    stop_words: ClassVar[frozenset[str]] = vocabulary.STOP_WORDS
    open_words: ClassVar[frozenset[str]] = vocabulary.OPEN_WORDS
    demonstratives: ClassVar[frozenset[str]] = vocabulary.DEMONSTRATIVES
    places: ClassVar[frozenset[str]] = vocabulary.PLACES
    plurals: ClassVar[frozenset[str]] = vocabulary.PLURALS
    pronouns: ClassVar[frozenset[str]] = vocabulary.PRONOUNS
    shown: ClassVar[str] = "this"
    confirm: ClassVar[frozenset[str]] = vocabulary.CONFIRM
    deny: ClassVar[frozenset[str]] = vocabulary.DENY
    cancel: ClassVar[frozenset[str]] = vocabulary.CANCEL
    determiners: ClassVar[frozenset[str]] = vocabulary.DETERMINERS
    leading: ClassVar[frozenset[str]] = vocabulary.LEADING
    anything: ClassVar[frozenset[str]] = vocabulary.ANYTHING
    one_by_one: ClassVar[tuple[str, ...]] = ("the first one", "the second one")
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

    def split_words(self, text: str) -> list[Word]:
        return words.split_words(text)

    def stem(self, word: str) -> str:
        return words.stem(word)

    def singulars(self, word: str) -> list[str]:
        return words.singulars(word)

    def find_numbers(self, words: Sequence[Word]) -> list[Found[float]]:
        return amounts.find_numbers(words)

    def find_durations(self, words: Sequence[Word]) -> list[Found[int]]:
        return amounts.find_durations(words)

    def mood(self, text: str) -> Told:
        from models.language.en import mood  # its patterns take some 40 ms to compile

        return mood.mood(text)

    @property
    def mood_answers(self) -> Mapping[Mood, str]:
        from models.language.en import mood

        return mood.ANSWERS

    def free_answer(self, text: str) -> str:
        return words.free_answer(text)

    def repaired(self, text: str) -> str:
        return repair.repaired(text, self.acts)

    def corrected(self, text: str) -> str:
        return words.corrected(text)

    def find_sum(self, text: str) -> Sum | None:
        from models.language.en import sums  # its patterns take milliseconds to compile

        return sums.find_sum(text)

    def find_conversion(self, text: str) -> Conversion | None:
        from models.language.en import sums

        return sums.find_conversion(text)

    def reference(self, words: str) -> Reference | None:
        return super().reference(words) or references.reference(self.plain(words))

    def breaks_off(self, text: str) -> bool:
        return words.last_word(text) in vocabulary.OPEN_WORDS | {""}

    def spoken(self, text: str) -> str:
        return spoken_english(text)

    def listed(self, parts: Sequence[str]) -> str:
        return sentences.listed(parts)

    def either(self, parts: Sequence[str]) -> str:
        return sentences.listed(parts, "or")

    def counted(self, number: int, unit: str, plural: str = "", measure: str = "") -> str:
        return sentences.counted(number, unit, plural)

    def one(self, name: str, measure: str = "") -> str:
        return sentences.one(name)

    def the(self, name: str) -> str:
        return sentences.the(name)

    def bare(self, name: str) -> str:
        return sentences.bare(name)

    def whereabouts(self, position: Position) -> str:
        return sentences.whereabouts(position)

    def duration(self, seconds: int) -> str:
        return sentences.spoken_duration(seconds)

    def imperative(self, text: str) -> str:
        return sentences.imperative(text)

    def to_listener(self, text: str) -> str:
        return sentences.to_listener(text)

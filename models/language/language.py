"""What is known of one natural language: one value a language, found by its code (`models.language.finding`).

A language is a class that derives from `Language` and states what it knows; the rest is inherited, so that little must
be written to begin one. It is registered by an entry point whose name is its ISO 639-1 code:

    [project.entry-points."parley.languages"]
    eo = "esperanto:Esperanto"
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from importlib import import_module
from importlib.resources import files
from typing import ClassVar

import yaml

from models.language.acts import Acts
from models.language.amounts import durations, numbers
from models.language.backchannel import Listener
from models.language.faithfulness import Wording
from models.language.guardrails import TalkRules
from models.language.mood import Mood, Told
from models.language.references import Reference
from models.language.sums import Conversion, Sum
from models.language.words import Found, Word, found_phrases, split
from models.protocols import Position

NONE: frozenset[str] = frozenset()
LONGEST_REFERENCE = 7
"""Words of a phrase that refers to something: ``the one that i just bought``."""
FALLBACK = "models.language.en"
"""The package whose phrases a language uses that lacks some."""


class Language:
    """One natural language. Without a word of its own: text is left as it is, and numbers are read in digits only."""

    code: ClassVar[str] = ""
    """ISO 639-1."""
    script: ClassVar[re.Pattern[str] | None] = None
    """A character that shows that a text is in this language and in no other; none where its script is shared."""
    joint: ClassVar[str] = " "
    """What stands between two words."""

    # --- marks -------------------------------------------------------------------------------------------------------
    abbreviations: ClassVar[frozenset[str]] = NONE
    """Words after which a full stop ends no sentence; lower case, without that full stop."""
    numbering: ClassVar[frozenset[str]] = NONE
    """Likewise before a number: ``no`` as in ``No. 5``."""

    # --- words that mean little --------------------------------------------------------------------------------------
    fillers: ClassVar[frozenset[str]] = NONE
    """Words that change nothing about what is asked for."""
    stop_words: ClassVar[frozenset[str]] = NONE
    """Words of a question that say nothing of what it is about."""
    open_words: ClassVar[frozenset[str]] = NONE
    """Words with which few sentences end."""

    # --- words that refer --------------------------------------------------------------------------------------------
    demonstratives: ClassVar[frozenset[str]] = NONE
    """Words that stand for a thing that the user shows, or has before them."""
    places: ClassVar[frozenset[str]] = NONE
    """Words that stand for a place that the user shows."""
    plurals: ClassVar[frozenset[str]] = NONE
    """Those of the words that refer which stand for several things."""
    pronouns: ClassVar[frozenset[str]] = NONE
    """Words that stand for a thing that the user shows, or that was spoken of."""
    shown: ClassVar[str] = ""
    """The demonstrative that stands for what the user looks at, where they said none."""

    # --- words that answer -------------------------------------------------------------------------------------------
    confirm: ClassVar[frozenset[str]] = NONE
    """Phrases that agree to what was asked; in lower case, without punctuation."""
    deny: ClassVar[frozenset[str]] = NONE
    """Phrases that refuse it."""
    cancel: ClassVar[frozenset[str]] = NONE
    """Phrases that drop what was begun."""

    # --- words around a value (see models.intent.slots) --------------------------------------------------------------
    determiners: ClassVar[frozenset[str]] = NONE
    """What may stand before a name."""
    leading: ClassVar[frozenset[str]] = NONE
    """What stands before a free text and is no part of it, such as ``about``."""
    anything: ClassVar[frozenset[str]] = NONE
    """Words for no thing in particular."""
    one_by_one: ClassVar[tuple[str, ...]] = ()
    """Words for each of two things that were named."""
    all_of_them: ClassVar[frozenset[str]] = NONE
    """Words for every one of some things, such as ``all``."""
    vague: ClassVar[frozenset[str]] = NONE
    """Words that name nothing, those for no thing in particular among them."""
    beside: ClassVar[frozenset[str]] = NONE
    """What may stand beside a word such as ``there``."""
    around: ClassVar[frozenset[str]] = NONE
    """What may stand around a value and is no part of it."""
    samples: ClassVar[Mapping[str, tuple[str, ...]]] = {"text": ("x",)}
    """What people say for a slot, by its kind; ``text`` for any words."""
    number_words: ClassVar[Mapping[str, float]] = {}
    """Numbers of one word."""
    time_units: ClassVar[Mapping[str, int]] = {}
    """Seconds in each unit of time, by every form of its name."""

    day_names: ClassVar[Mapping[str, str]] = {}
    """The codes of days (`models.language.days`) by what they are called."""

    manner_names: ClassVar[Mapping[str, str]] = {}
    """The codes of changes of how the avatar speaks (`models.kinds.Manners`), by what they are called."""

    # --- conversation ------------------------------------------------------------------------------------------------
    listener: ClassVar[Listener] = Listener()
    """What somebody says who only listens, and how people take the floor."""
    wording: ClassVar[Wording] = Wording()
    """How a model's wording is compared with what it has to say."""
    talk: ClassVar[TalkRules] = TalkRules()
    """What a language model may not say, and how users ask for deeds."""

    @cached_property
    def referring(self) -> frozenset[str]:
        """All words that stand for something else."""
        return self.demonstratives | self.places | self.pronouns

    @cached_property
    def naming_nothing(self) -> frozenset[str]:
        """All words that can stand where a name is expected, and are none."""
        return self.vague | self.determiners | self.leading | self.beside

    # --- text that is heard ------------------------------------------------------------------------------------------

    def split_words(self, text: str) -> list[Word]:
        """The words of an utterance, without punctuation; of Chinese the characters."""
        return split(text)

    def stem(self, word: str) -> str:
        """A word without its ending, near enough to lay its forms beside each other."""
        return word

    def singulars(self, word: str) -> list[str]:
        """What a word may be the plural of, itself first."""
        return [word]

    def plain(self, text: str) -> str:
        """The words of `text` in lower case and without fillers: what is compared, embedded and looked up."""
        words = [word.text for word in self.split_words(text)]
        return self.joint.join([word for word in words if word not in self.fillers] or words)

    def find_numbers(self, words: Sequence[Word]) -> list[Found[float]]:
        """Every number, in order."""
        return numbers(words, self.number_words)

    def find_durations(self, words: Sequence[Word]) -> list[Found[int]]:
        """Every length of time, in whole seconds, in order."""
        return durations(words, self.find_numbers(words), self.time_units)

    def find_sum(self, text: str) -> Sum | None:
        """The arithmetical problem in a text; None where it holds none."""
        return None

    def find_conversion(self, text: str) -> Conversion | None:
        """The conversion of units that a text asks for; None where it asks for none."""
        return None

    def means_all(self, text: str) -> bool:
        """Whether words mean every one of some things."""
        return not {word.text for word in self.split_words(text)}.isdisjoint(self.all_of_them)

    def free_answer(self, text: str) -> str:
        """An answer in free words, without what only leads to it."""
        return text.strip().rstrip(".!?。！？")

    def repaired(self, text: str) -> str:
        """The text without what its speaker took back, as in "two, no, three maps"."""
        return text

    def corrected(self, text: str) -> str:
        """The text with words in place of those that sound like them and that a recogniser mistook for them."""
        return text

    def find_references(self, words: Sequence[Word]) -> list[Found[str]]:
        """Every phrase that refers to something (`reference`), the longest at each place, as it was said."""
        return list(_references(self, tuple(words)))

    def refers_further(self, text: str) -> bool:
        """Whether a text refers to more than what was named last: to another one, the second one, two of them."""
        words = self.split_words(text)
        kinds = {each.kind for found in self.find_references(words) if (each := self.reference(found.value))}
        return bool(kinds - {"same", "place"}) or (bool(kinds) and bool(self.find_numbers(words)))

    def find_days(self, words: Sequence[Word]) -> list[Found[str]]:
        """Every day that is named, as a code of `models.language.days`, in order."""
        return found_phrases(words, self.day_names)

    def search_tokens(self, text: str) -> list[str]:
        """The telling words of a text, as they are indexed and looked up; perhaps none."""
        words = re.findall(r"\w{2,}", text.casefold())
        return [word for word in words if word not in self.stop_words]

    def indexed(self, text: str) -> str:
        """A text as it is indexed: what `search_tokens` looks for, parted by spaces."""
        return text if self.joint else " ".join(self.search_tokens(text))

    def reference(self, words: str) -> Reference | None:
        """What words in place of a name refer to, such as ``it`` or ``the second one``; None for a name."""
        plain = self.plain(words)
        if plain in self.places:
            return Reference("place")
        return Reference("same") if plain in self.demonstratives | self.pronouns else None

    def breaks_off(self, text: str) -> bool:
        """Whether words stop where no sentence ends; also where there is no word at all."""
        words = self.split_words(text)
        return not words or words[-1].text in self.open_words

    def mood(self, text: str) -> Told:
        """What `text` does with the deed that it names; a language without rules takes all words for orders."""
        return Told(Mood.ORDER, text)

    @property
    def mood_answers(self) -> Mapping[Mood, str]:
        """What is said where a deed was named and, for its mood, not done."""
        return {}

    # --- text that is said -------------------------------------------------------------------------------------------

    def spoken(self, text: str) -> str:
        """`text` with its numbers, units, amounts, dates and signs in words."""
        return text

    def listed(self, parts: Sequence[str]) -> str:
        """The parts, at least one, as a spoken list of all of them."""
        return ", ".join(parts)

    def either(self, parts: Sequence[str]) -> str:
        """The parts, at least one, as a spoken choice of one of them."""
        return ", ".join(parts)

    def counted(self, number: int, unit: str, plural: str = "", measure: str = "") -> str:
        """So many of a thing or a unit, in digits; `plural` is for one whose plural is not made by the rule, `measure`
        for a language that counts with measure words."""
        return f"{number} {unit}"

    def one(self, name: str, measure: str = "") -> str:
        """Some thing of that name; `measure` is as for `counted`."""
        return name

    def the(self, name: str) -> str:
        """The thing of that name."""
        return name

    def bare(self, name: str) -> str:
        """A name in lower case, without its article."""
        return name.casefold()

    def whereabouts(self, position: Position) -> str:
        """Direction and distance on the ground, from the user's origin."""
        right, _, back = position
        return f"{right:.0f} m, {-back:.0f} m"

    def duration(self, seconds: int) -> str:
        """A length of time."""
        return f"{seconds} s"

    def imperative(self, text: str) -> str:
        """A description such as "Opens a door" as somebody would order it."""
        return text

    def to_listener(self, text: str) -> str:
        """What the user said, said back to them inside a sentence: ``my sister`` is ``your sister``."""
        return text

    # --- sentences of Parley -----------------------------------------------------------------------------------------

    @cached_property
    def acts(self) -> Acts:
        """What words do in a dialogue.

        They stand in ``acts.yaml`` in the package of the language's class; perhaps none."""
        written = yaml.safe_load(_read(type(self).__module__, "acts.yaml")) or {}
        return Acts.read(written, spaced=bool(self.joint))

    @property
    def background(self) -> Sequence[str]:
        """Things that people say to assistants and characters which are no request to an avatar's usual skills.

        They stand in ``background.txt`` in the package of the language's class, one a line; perhaps none."""
        return _read(type(self).__module__, "background.txt").splitlines()

    @cached_property
    def phrases(self) -> Mapping[str, str]:
        """What code itself says, and asks of language models, by name.

        They stand in ``phrases.yaml`` in the package of the language's class. What is not there is said in English."""
        parts = (yaml.safe_load(_read(module, "phrases.yaml")) for module in (FALLBACK, type(self).__module__))
        return {name: phrase for part in parts for name, phrase in (part or {}).items()}


@lru_cache(256)
def _references(language: Language, words: tuple[Word, ...]) -> tuple[Found[str], ...]:
    """See `Language.find_references`, which is asked several times for the words of an utterance."""
    found: list[Found[str]] = []
    at = 0
    while at < len(words):
        sizes = range(min(LONGEST_REFERENCE, len(words) - at), 0, -1)
        texts = ((size, language.joint.join(word.text for word in words[at : at + size])) for size in sizes)
        size, text = next(((size, text) for size, text in texts if language.reference(text)), (0, ""))
        if size:
            found.append(Found(text, at, at + size))
        at += size or 1
    return tuple(found)


def _read(module: str, name: str) -> str:
    """A file in the package of a module, or that is it; empty where there is none."""
    package = module if hasattr(import_module(module), "__path__") else module.rpartition(".")[0]
    file = files(package) / name if package else None
    return file.read_text(encoding="utf-8") if file and file.is_file() else ""

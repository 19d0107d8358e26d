"""What a language model may not say aloud when it talks freely, and where its talk ends.

Small models leak their instructions, write lists and stage directions, claim deeds that nobody did, and go round in
circles. Each of these is caught in the clause where it happens, before that clause leaves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from models.language.courtesies import Courtesy
from models.language.marks import PAUSES, ends_sentence
from models.language.words import HAN

_STAGE_DIRECTION = re.compile(r"(?<![\w*])\*[^*\n]{1,60}\*(?![\w*])")
_MARKUP = re.compile(r"[*_#`~|>\\]+|[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]+")
"""Markdown and emoji."""
_CODE = "```"
_LIST_MARK = re.compile(r"^\s*(?:[-•]|\d+[.)])\s+")
_TEMPLATE = re.compile(r"<\|?\w|\[/?INST|https?:", re.IGNORECASE)
"""Marks of a prompt's template, and addresses."""
_WORD = re.compile(rf"[{HAN}]|[^\W{HAN}]+")
_PHRASES = 2
"""So many phrases of the prompt in a row are a leak of it."""
_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True)
class TalkRules:
    """What talk in one language may not hold, and what a user's words ask for."""

    leaks: re.Pattern[str] = _NOTHING
    """Words with which a model speaks of itself or of its instructions."""
    claims: re.Pattern[str] = _NOTHING
    """Words with which the avatar says that it did something, or is about to; but only tasks do things."""
    requests: re.Pattern[str] = _NOTHING
    """The beginning of words that ask for something to be done, rather than chat: ``could you book me a flight``."""
    courtesies: tuple[Courtesy, ...] = ()
    """Small talk that phrases can answer, the most particular first; the last one may answer anything."""
    full_stop: str = "."
    """What closes a sentence that was cut off."""
    phrase: int = 3
    """The words of a phrase: a clause that says one of this length three times goes round in circles."""

    def asks_for_deed(self, text: str) -> bool:
        """Whether words ask for something to be done."""
        return self.requests.match(text + " ") is not None


@dataclass(slots=True)
class Guardrails:
    """Watches over one answer, clause by clause."""

    rules: TalkRules
    name: str
    """The avatar's, which small models like to write before what it says."""
    prompt: str
    sentences: int
    """The most that are spoken."""
    spoken: str = ""
    """What was admitted so far."""
    over: bool = False
    """Nothing more of this answer is wanted."""
    _ended: int = 0
    _seen: set[str] = field(default_factory=set)

    @property
    def dangling(self) -> bool:
        """Whether the last clause admitted left its sentence open."""
        return bool(self.spoken) and not ends_sentence(self.spoken)

    def admit(self, clause: str) -> str:
        """What may be spoken of `clause`, perhaps nothing."""
        text = self._undress(clause)
        words = _plain(text)
        if self.over or not words:
            return ""
        if _CODE in clause or self._is_unfit(text, words):
            self.over = True
            return ""
        self._seen.add(words)
        self.spoken += text
        self._ended += ends_sentence(text)
        self.over = self._ended >= self.sentences
        return text

    def finish(self, rest: str) -> str:
        """What may be spoken of the last words, in which the model may have been cut off; closes the sentence."""
        if self.over or ends_sentence(rest):
            return self.admit(rest)
        if self.spoken and not self.dangling:
            return ""  # a new sentence was cut off, and nobody has heard its beginning
        text = self.admit(rest.rstrip(f" \n-{PAUSES}"))
        if text:
            self.spoken += self.rules.full_stop
        return text + self.rules.full_stop if text else ""

    def _undress(self, clause: str) -> str:
        """The clause without what is written and never said."""
        text = _LIST_MARK.sub(" ", _MARKUP.sub("", _STAGE_DIRECTION.sub("", clause)))
        text = re.sub(r"\s+", " ", text)
        if not self.spoken:
            return text.lstrip().removeprefix(f"{self.name}:").lstrip()
        return text.lstrip() if self.spoken.endswith(" ") else text

    def _is_unfit(self, text: str, words: str) -> bool:
        straight = text.replace("’", "'")
        searches = (_TEMPLATE, text), (self.rules.leaks, text), (self.rules.claims, straight)
        caught = any(pattern.search(searched) for pattern, searched in searches)
        return caught or words in self._seen or self._goes_round(words) or self._echoes(words)

    def _goes_round(self, words: str) -> bool:
        phrase = " ".join([r"\w+"] * self.rules.phrase)
        return re.search(rf"\b({phrase})\b(?:.*\b\1\b){{2}}", words) is not None

    def _echoes(self, words: str) -> bool:
        """Whether the words repeat the prompt."""
        row, prompt, size = words.split(), _plain(self.prompt), _PHRASES * self.rules.phrase
        return any(" ".join(row[at : at + size]) in prompt for at in range(len(row) - size + 1))


def _plain(text: str) -> str:
    """The words of a text for comparison; a Chinese character is a word."""
    return " ".join(_WORD.findall(text.lower()))

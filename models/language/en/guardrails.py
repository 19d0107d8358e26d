"""What a language model may not say aloud when it talks freely, and where its talk ends.

Small models leak their instructions, write lists and stage directions, claim deeds that nobody did, and go round in
circles. Each of these is caught in the clause where it happens, before that clause leaves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from models.language.clauses import ends_sentence

_LEAK = re.compile(
    r"language model|\ban? AI\b|\bAI assistant\b|\bsystem prompt|\bmy (?:instructions|prompt)\b|\btext-based\b"
    r"|\b(?:user|assistant|system|human)\s*:|^\W*[a-z]+: [\"“]|<\|?\w|\[/?INST|https?:",
    re.IGNORECASE,
)
_STATES = (
    "think thought believe feel felt love loved like liked enjoy enjoyed hope wish know knew heard hear seen see been "
    "always never often had have be wonder imagine remember agree not no met missed understand admit a an the one my"
)
_CLAIM = re.compile(
    r"\b(?:I|we)(?:'ve|'ll| have| will| am going to|'m going to) (?:already |now |just )?"
    rf"(?!(?:{_STATES.replace(' ', '|')})\b)[a-z]+"
    r"|\b(?:I|we) (?:just )?(?:bought|sold|sent|booked|ordered|called|added|gave|put|opened|closed|deleted|paid|set)\b"
    r"|\b(?:it is|it's|that is|that's|all|consider it) done\b"
    r"|\blet me (?!think|see|know|tell|say)[a-z]+",
    re.IGNORECASE,
)
"""The avatar says that it did something, or is about to; but only tasks do things."""
_STAGE_DIRECTION = re.compile(r"(?<![\w*])\*[^*\n]{1,60}\*(?![\w*])")
_MARKUP = re.compile(r"[*_#`~|>\\]+|[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]+")
"""Markdown and emoji."""
_CODE = "```"
_LIST_MARK = re.compile(r"^\s*(?:[-•]|\d+[.)])\s+")
_TRIPLE = re.compile(r"\b(\w+ \w+ \w+)\b(?:.*\b\1\b){2}")
_ECHO_WORDS = 6
"""So many words of the prompt in a row are a leak of it."""

_ADDRESS = r"(?:(?:um+|uh+|er+|so|well|okay|ok|hey|hi|hello|and|then|now|please)\b\W*)*"
_DEEDS = (
    "book sell call send open close play turn switch make order find add delete remove cancel change read write bring "
    "give get put start translate search email text message remind schedule print drive fly pay transfer sing draw "
    "convert calculate record download install update unlock lock dim raise lower increase decrease mute check"
)
_REQUEST = re.compile(
    rf"\W*{_ADDRESS}(?:(?:can|could|would|will) you (?!hear|believe|imagine|like)|i (?:want|need) |i(?:'d| would) like "
    rf"|i wanna |help me |(?:{_DEEDS.replace(' ', '|')}) )",
    re.IGNORECASE,
)


def asks_for_deed(text: str) -> bool:
    """Whether words ask for something to be done, rather than chat: ``could you book me a flight``."""
    return _REQUEST.match(text + " ") is not None


@dataclass(slots=True)
class Manners:
    """Watches over one answer, clause by clause."""

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
        text = self.admit(rest.rstrip(" \n,;:-–—"))
        if text:
            self.spoken += "."
        return f"{text}." if text else ""

    def _undress(self, clause: str) -> str:
        """The clause without what is written and never said."""
        text = _LIST_MARK.sub(" ", _MARKUP.sub("", _STAGE_DIRECTION.sub("", clause)))
        text = re.sub(r"\s+", " ", text)
        if not self.spoken:
            return text.lstrip().removeprefix(f"{self.name}:").lstrip()
        return text.lstrip() if self.spoken.endswith(" ") else text

    def _is_unfit(self, text: str, words: str) -> bool:
        caught = _LEAK.search(text) or _CLAIM.search(text.replace("’", "'")) or _TRIPLE.search(words)
        return caught is not None or words in self._seen or _echoes(words, _plain(self.prompt))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _echoes(words: str, prompt: str) -> bool:
    row = words.split()
    return any(" ".join(row[at : at + _ECHO_WORDS]) in prompt for at in range(len(row) - _ECHO_WORDS + 1))

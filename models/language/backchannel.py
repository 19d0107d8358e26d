"""Whether words that were said while the avatar spoke are meant to interrupt it.

Listeners say "uh-huh", "right" and "I see" to show that they follow, and want nothing: these are backchannels (Yngve
1970, "On getting a word in edgewise"). They cough and laugh. And the avatar's own voice comes back through the
microphone. All three reach a recogniser, which writes words for them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from models.language.words import HAN

GUESSED = 0.5
"""Confidence below which words are a guess at what nobody could understand, such as an echo under noise."""
DOUBTED = 0.65
"""Likewise for a few words: recognisers write hums and laughter as words that resemble them, such as "Amend them" or
"Better", and are unsure of them."""
FEW = 3
"""Words."""
ALIKE, SHORT_ALIKE = 78.0, 90.0
"""Similarity of letters, 0 to 100, from which words are the avatar's own. "Go to the bakery" is much like "we go south
to the bakery", so short texts must be more so."""
SHORT = 24
"""Letters."""

Phrase: TypeAlias = tuple[str, ...]
"""The words of a phrase, without case and punctuation."""

_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+(?:['’][^\W_]+)*")
"""A word, or a Chinese character."""
_NOTE = re.compile(r"\[[^\]]*\]|\([^)]*\)|（[^）]*）|\*[^*]*\*")
"""Whisper's way to describe what is no speech: ``[coughs]``, ``(laughter)``."""
_HUM = re.compile(r"[hm]+|[ao]+h+|u+[hm]+")


def phrases(text: str) -> frozenset[Phrase]:
    """The phrases of a list with commas: ``right, i see``."""
    return frozenset(tuple(_words(phrase)) for phrase in text.split(","))


@dataclass(frozen=True)
class Listener:
    """What somebody says who listens, in one language."""

    sounds: re.Pattern[str] = _HUM
    """A word that is written as it sounds, such as a hum or laughter."""
    listening: frozenset[Phrase] = frozenset()
    """What listeners say to show that they follow."""
    fragments: frozenset[Phrase] = frozenset()
    """Words that say nothing on their own: what is left of a hum, of a cough, or of a sentence that was given up."""
    floor: frozenset[Phrase] = frozenset()
    """Words with which people take the floor."""
    _begun: frozenset[Phrase] = field(init=False)
    _longest: int = field(init=False)

    def __post_init__(self) -> None:
        begun = {phrase[:size] for phrase in self.listening for size in range(1, len(phrase))}
        object.__setattr__(self, "_begun", frozenset(begun))
        object.__setattr__(self, "_longest", max(map(len, self.listening), default=1))

    def is_backchannel(self, text: str, confidence: float | None = None) -> bool:
        """Whether a transcript only shows that somebody listens, or coughs, or says nothing: the avatar may go on.

        `confidence` is the recogniser's, 0 to 1: it tells words that were said from words that stand for another sound.
        Who takes the floor does so however unclear it came."""
        words = _words(text)
        rest = self._after_listening(words)
        if not rest or tuple(words) in self.fragments:
            return True
        if confidence is None or (rest[0],) in self.floor:
            return False
        return confidence < (DOUBTED if len(words) <= FEW else GUESSED)

    def has_word(self, text: str, confidence: float | None = None) -> bool:
        """Whether the words so far, of somebody who still speaks, can no longer become a backchannel."""
        rest = tuple(self._after_listening(_words(text)))
        return rest not in self._begun and not self.is_backchannel(text, confidence)

    def is_echo(self, text: str, spoken: str) -> bool:
        """Whether words are the avatar's own; `spoken` is what it said of late, to the word that is playing.

        The user's are words that mostly take the floor, also where the avatar has said the same, and words with one
        among them that takes the floor and that the avatar has not said."""
        from rapidfuzz.fuzz import partial_ratio  # not before there is something to compare

        words, own = _words(text), _words(spoken)
        taking = [word for word in words if (word,) in self.floor]
        if not words or 2 * len(taking) >= len(words) or not set(taking) <= set(own):
            return False
        heard, said = f" {' '.join(words)} ", f" {' '.join(own)} "
        alike = SHORT_ALIKE if len(heard) < SHORT else ALIKE
        return len(heard) <= len(said) and partial_ratio(heard, said) >= alike

    def _after_listening(self, words: Sequence[str]) -> Sequence[str]:
        """What is left after the sounds and phrases of a listener with which the words begin."""
        at = 0
        while at < len(words):
            sizes = range(min(self._longest, len(words) - at), 0, -1)
            size = next((size for size in sizes if tuple(words[at : at + size]) in self.listening), 0)
            if not size and not self.sounds.fullmatch(words[at]):
                break
            at += size or 1
        return words[at:]


def _words(text: str) -> list[str]:
    """The words of a text, without case and punctuation, and without notes about sounds."""
    return [word.replace("’", "'") for word in _WORD.findall(_NOTE.sub(" ", text).casefold())]

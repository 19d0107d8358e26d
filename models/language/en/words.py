"""English utterances as words."""

from __future__ import annotations

import re

from models.language.words import Word, lowered, split

# Digits and letters are split, so that "10-minute", "1h30" and "20min" are words of a number and a unit.
# "what's" and "I'm" are split as well, to be the words of "what is" and "I am".
_WORD = re.compile(
    r"""\d+(?:,\d{3})+(?:\.\d+)? | \d+(?:\.\d+)?    # 1,000  2.5
    | (?<=[^\W\d_])'(?:s|m|re|ve|ll|d)\b            # what's
    | (?<!\S)[-\N{MINUS SIGN}](?=\d)                # -2
    | [^\W\d_]+(?:'(?:t|[^\W\d_]{3,})\b)?          # don't  o'clock""",
    re.VERBOSE,
)
_WHOLE_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_CONTRACTED = {
    "-": "minus",
    "\N{MINUS SIGN}": "minus",
    "'s": "is",
    "'m": "am",
    "'re": "are",
    "'ve": "have",
    "'ll": "will",
    "'d": "would",
}

FILLERS = frozenset(
    {"um", "uh", "uhm", "er", "erm", "hm", "hmm", "mm", "mhm", "ah", "oh", "okay", "ok", "please", "hey", "well", "so"}
)
"""Words that change nothing about what is asked for."""


def split_words(text: str) -> list[Word]:
    """The words of `text`, without punctuation."""
    return [Word(_CONTRACTED.get(word.text, word.text), word.start, word.end) for word in split(text, _WORD)]


def stem(word: str) -> str:
    """A word without its English ending, near enough to lay ``understanding`` beside ``understand``."""
    for ending in ("ing", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 3:
            return word.removesuffix(ending)
    return word


def singulars(word: str) -> list[str]:
    """What `word` may be the plural of, itself first: ``cherries``, ``torches``, ``gallery's``."""
    forms = [word]
    for ending, singular in (("'s", ""), ("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            forms.append(word.removesuffix(ending) + singular)
    return forms


def last_word(text: str) -> str:
    """The last word, contractions as they were said; empty where there is none."""
    found = _WHOLE_WORD.findall(lowered(text))
    return found[-1] if found else ""


_START = r"(^|[.!?,]\s*|\b(?:to|and|then|please|me|will|can you|could you|would you)\s+)"
_SOME = r"(?:a|an|the|some|\d+|one|two|three|four|five|six|it|another)"
_SOUNDS_LIKE = tuple(
    (re.compile(pattern, re.IGNORECASE), meant)
    for pattern, meant in (
        (rf"{_START}(?:by|bye)(?=\s+{_SOME}\b)", r"\1buy"),
        (rf"{_START}cell(?=\s+(?:{_SOME}|my)\b)", r"\1sell"),
        (r"\b(timer|remind me|wait|set it|alarm)\s+four(?=\s+(?:\d+|an?|one|two|three|five|ten|half)\b)", r"\1 for"),
        (r"\b(buy|sell|get|take|want|need|have)\s+(?:to|too)(?=\s+\w+s\b)", r"\1 two"),
    )
)


def corrected(text: str) -> str:
    """The text with the words that were meant, where others that sound like them make no sense."""
    for pattern, meant in _SOUNDS_LIKE:
        text = pattern.sub(meant, text)
    return text


_LEADING_TO = re.compile(
    r"^(?:(?:um+|uh+|er+|oh|well|okay|ok|so|yes|yeah|please|just|say|remember|note|that|to|it is|it's|about|of|"
    r"how about|"
    r"let's say|let us say|i would like|i'd like|i want|i guess|i think|maybe|the fact that|my name is|i am|call me)"
    r"\b[,:]?\s*)+",
    re.IGNORECASE,
)


def free_answer(text: str) -> str:
    """An answer in free words, without what only leads to it: of "Um, that I like tea." it is "I like tea"."""
    said = re.sub(r",?\s*\b(?:please|thanks|thank you)[.!]*$", "", text.strip(), flags=re.IGNORECASE).rstrip(".!?")
    return _LEADING_TO.sub("", said).strip() or said

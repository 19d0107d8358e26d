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
    {"um", "uh", "uhm", "er", "erm", "hmm", "mm", "ah", "oh", "okay", "ok", "please", "hey", "well", "so"}
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

"""How English wordings of an outcome are compared with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from models.language.faithfulness import Wording


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TOKEN = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|[^\W\d_]+(?:'[^\W\d_]+)*")
_CONTRACTIONS = {"can't": ("can", "not"), "cannot": ("can", "not"), "won't": ("will", "not"), "i'm": ("i", "am")}
_ENDINGS = {"n't": "not", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would", "'s": ""}

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {word: value for value, word in enumerate(_SMALL.split())}
_VALUES |= {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
_SCALES = _set("hundred thousand")


def tokens(text: str) -> Iterator[str]:
    """Words in lower case and the singular, contractions spelled out, numbers in digits."""
    words = list(_words(text))
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and _counts_on(words, at, end):
            end += 1
        yield words[at] if end == at else str(_number(words[at:end]))
        at = max(end, at + 1)


WORDING = Wording(
    tokens=tokens,
    courtesies=_set(
        "a an the and of to in on at for is are it that this you your my now just here there so please okay ok well "
        "right great good nice lovely wonderful excellent perfect alright sorry hello hi dear friend"
    ),
    social=_set(
        "i me am be have do can may would like love want need hope know let take see help with if what how more next "
        "again always soon anything else enjoy fun happy glad pleasure welcome luck care day time thank thanks"
    ),
    negations=_set("not no never none nothing neither nor nobody nowhere without"),
    persons=_set("i you we he she they"),
    adverbs=_set("now just here there"),
    ones=_set("a an"),
)


def _counts_on(words: Sequence[str], start: int, at: int) -> bool:
    """Whether the word `at` belongs to the number that began at `start`: ``one hundred and five``."""
    if words[at] in _VALUES:
        return True
    if words[at] == "and":
        return at > start and words[at - 1] in _SCALES and at + 1 < len(words) and words[at + 1] in _VALUES
    return at > start and words[at] in _SCALES


def _words(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text.lower().replace("’", "'")):
        word = match[0]
        if word in _CONTRACTIONS:
            yield from _CONTRACTIONS[word]
            continue
        ending = next((ending for ending in _ENDINGS if word.endswith(ending)), "")
        if stem := word.removesuffix(ending):
            yield stem.replace(",", "") if stem[0].isdigit() else _singular(stem)
        if ending and _ENDINGS[ending]:
            yield _ENDINGS[ending]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _number(words: Iterable[str]) -> int:
    """The value of number words: ``two hundred fifty one`` is 251."""
    total = part = 0
    for word in words:
        if word == "thousand":
            total, part = total + part * 1000, 0
        elif word == "hundred":
            part *= 100
        else:
            part += _VALUES.get(word, 0)  # ``and`` adds nothing
    return total + part

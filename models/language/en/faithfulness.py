"""Whether a language model's wording of an outcome says what the outcome says.

Small models add, drop and swap facts in every second sentence, so this errs on the safe side: wording that is not
plainly the same is refused, and the outcome's own sentence is spoken. What passes may leave out small words and add
courtesies from a closed list; it cannot bring in a number, a thing, a place, a negation or a condition.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from models.protocols import Outcome


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_COURTESIES = _set(
    "a an the and of to in on at for is are it that this you your my now just here there so please okay ok well right "
    "great good nice lovely wonderful excellent perfect alright sorry hello hi dear friend"
)
"""What may be added to any outcome without changing what it states."""
_SOCIAL = _COURTESIES | _set(
    "i me am be have do can may would like love want need hope know let take see help with if what how more next again "
    "always soon anything else enjoy fun happy glad pleasure welcome luck care day time thank thanks"
)
"""Words of a closing sentence that states nothing."""
_CLOSING_WORDS = 12

_NEGATIONS = _set("not no never none nothing neither nor nobody nowhere without")
_PERSONS = _set("i you we he she they")
_FILLERS = _set("now just here there")

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


def objection(answer: str, outcome: Outcome) -> str | None:
    """Why `answer` may not be spoken in place of ``outcome.say``, or None where it may. Holds no word of either."""
    said, say = list(_tokens(answer)), list(_tokens(outcome.say))
    facts = {name: list(_tokens(value)) for name, value in outcome.facts.items()}
    in_facts = set(itertools.chain.from_iterable(facts.values()))
    bound = in_facts - _COURTESIES
    checks = (
        (not all(_holds(said, fact) for fact in facts.values()), "a fact is missing"),
        (("?" in answer) != ("?" in outcome.say), "a question is missing, or is asked where there is none"),
        (_negations(said) != _negations(say), "a negation is missing, or was added"),
        (bool(set(said) - _COURTESIES - set(say) - in_facts), "something is said that the outcome does not say"),
        (not _follows(_bound(said, bound), _bound(say, bound)), "facts stand in another order: whose are they?"),
        (not set(_deeds(said)) <= set(_deeds(say)), "somebody else does what is done"),
    )
    return next((reason for wrong, reason in checks if wrong), None)


def is_courtesy(sentence: str) -> bool:
    """Whether a closing sentence is short and states nothing: no number, no thing, no place, nothing done."""
    tokens = list(_tokens(sentence))
    return 0 < len(tokens) <= _CLOSING_WORDS and _SOCIAL.issuperset(tokens)


def _tokens(text: str) -> Iterator[str]:
    """Words in lower case and the singular, contractions spelled out, numbers in digits."""
    words = list(_words(text))
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and _counts_on(words, at, end):
            end += 1
        yield words[at] if end == at else str(_number(words[at:end]))
        at = max(end, at + 1)


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


def _negations(tokens: Sequence[str]) -> int:
    return sum(token in _NEGATIONS for token in tokens)


def _bound(tokens: Iterable[str], facts: set[str]) -> Iterator[str]:
    """Numbers and words of facts, in their order."""
    return (token for token in tokens if token in facts or token[0].isdigit())


def _holds(said: Sequence[str], fact: Sequence[str]) -> bool:
    """Whether `fact` stands in `said`, word after word; ``a`` counts as 1."""
    return any(
        all(one == other or (one == "1" and other in {"a", "an"}) for one, other in zip(fact, said[at:], strict=False))
        for at in range(len(said) - len(fact) + 1)
    )


def _follows(said: Iterable[str], say: Iterable[str]) -> bool:
    """Whether `said` is `say` with parts left out."""
    rest = iter(say)
    return all(token in rest for token in said)


def _deeds(tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Who does what: each person with the word that follows."""
    plain = [token for token in tokens if token not in _FILLERS]
    return ((one, other) for one, other in itertools.pairwise(plain) if one in _PERSONS)

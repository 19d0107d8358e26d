"""Whether a language model's wording of an outcome says what the outcome says.

Small models add, drop and swap facts in every second sentence, so this errs on the safe side: wording that is not
plainly the same is refused, and the outcome's own sentence is spoken. What passes may leave out small words and add
courtesies from a closed list; it cannot bring in a number, a thing, a place, a negation or a condition.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.language.marks import QUESTION_MARKS
from models.language.words import split
from models.protocols import Outcome

CLOSING_WORDS = 12
"""A closing sentence has at most so many words."""


def plain_tokens(text: str) -> Iterator[str]:
    """The words of a text in lower case, for a language that has no better way to compare them."""
    return (word.text for word in split(text))


@dataclass(frozen=True)
class Wording:
    """How wordings are compared in one language."""

    tokens: Callable[[str], Iterable[str]] = plain_tokens
    """The words of a text in the form in which they are compared: numbers in digits, contractions in full."""
    courtesies: frozenset[str] = frozenset()
    """What may be added to any outcome without changing what it states."""
    social: frozenset[str] = frozenset()
    """Words of a closing sentence that states nothing."""
    negations: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    """Words for those who do something."""
    adverbs: frozenset[str] = frozenset()
    """What may stand between a person and the deed."""
    ones: frozenset[str] = frozenset()
    """Words that count as 1 before a thing."""

    def objection(self, answer: str, outcome: Outcome) -> str | None:
        """Why `answer` may not be spoken in place of ``outcome.say``, or None where it may. Holds no word of either."""
        said, say = list(self.tokens(answer)), list(self.tokens(outcome.say))
        facts = {name: list(self.tokens(value)) for name, value in outcome.facts.items()}
        in_facts = set(itertools.chain.from_iterable(facts.values()))
        bound = in_facts - self.courtesies
        checks = (
            (not all(self._holds(said, fact) for fact in facts.values()), "a fact is missing"),
            (_asks(answer) != _asks(outcome.say), "a question is missing, or is asked where there is none"),
            (self._negations(said) != self._negations(say), "a negation is missing, or was added"),
            (bool(set(said) - self.courtesies - set(say) - in_facts), "something is said that is not in it"),
            (not _follows(_bound(said, bound), _bound(say, bound)), "facts stand in another order: whose are they?"),
            (not set(self._deeds(said)) <= set(self._deeds(say)), "somebody else does what is done"),
        )
        return next((reason for wrong, reason in checks if wrong), None)

    def is_courtesy(self, sentence: str) -> bool:
        """Whether a closing sentence is short and states nothing: no number, no thing, no place, nothing done."""
        tokens = list(self.tokens(sentence))
        return 0 < len(tokens) <= CLOSING_WORDS and (self.social | self.courtesies).issuperset(tokens)

    def _negations(self, tokens: Sequence[str]) -> int:
        return sum(token in self.negations for token in tokens)

    def _holds(self, said: Sequence[str], fact: Sequence[str]) -> bool:
        """Whether `fact` stands in `said`, word after word."""
        return any(
            all(
                one == other or (one == "1" and other in self.ones) for one, other in zip(fact, said[at:], strict=False)
            )
            for at in range(len(said) - len(fact) + 1)
        )

    def _deeds(self, tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Who does what: each person with the word that follows."""
        plain = [token for token in tokens if token not in self.adverbs]
        return ((one, other) for one, other in itertools.pairwise(plain) if one in self.persons)


def _asks(text: str) -> bool:
    return re.search(f"[{QUESTION_MARKS}]", text) is not None


def _bound(tokens: Iterable[str], facts: set[str]) -> Iterator[str]:
    """Numbers and words of facts, in their order."""
    return (token for token in tokens if token in facts or token[0].isdigit())


def _follows(said: Iterable[str], say: Iterable[str]) -> bool:
    """Whether `said` is `say` with parts left out."""
    rest = iter(say)
    return all(token in rest for token in said)

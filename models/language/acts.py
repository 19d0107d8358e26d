"""What words do in a dialogue, apart from asking for something of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NOTHING = re.compile(r"(?!)")
"""Fits no text."""
_PLAIN = ("confirm", "deny", "nothing")
"""Kinds that nobody asks for in a request: "could you yes"."""
_WHOLE = (*_PLAIN, "cancel", "undo", "repeat", "stop", "retract")
_WITH = {"undo": ("retract",), "nothing": ("cancel", "deny", "retract", "stop")}
"""Kinds that stand together with others: "I changed my mind, give it back"."""
_NEEDED = ("polite", "asking", *(kind for kinds in _WITH.values() for kind in kinds))
_BEGUN = ("yes", "no", "correcting", "strong", "following")
_WITHIN = ("around", "before", "both", "chained")
LONGEST = 12
"""Words that an act may have. Longer texts are not matched as a whole: that may take long."""


@dataclass(frozen=True)
class Acts:
    """The words of one language that confirm, deny, cancel, undo, repeat, correct and continue.

    Patterns are matched with words in lower case without punctuation and fillers, as `Language.plain` gives them, those
    of `joints` and `retracting` with the text as it was said. The first eight fit only the whole, which has at most
    `LONGEST` words."""

    confirm: re.Pattern[str] = NOTHING
    deny: re.Pattern[str] = NOTHING
    cancel: re.Pattern[str] = NOTHING
    undo: re.Pattern[str] = NOTHING
    repeat: re.Pattern[str] = NOTHING
    stop: re.Pattern[str] = NOTHING
    """Be quiet."""
    retract: re.Pattern[str] = NOTHING
    """What was just asked for is not wanted any more: that drops a question, or takes a deed back."""
    nothing: re.Pattern[str] = NOTHING
    """Answers to a question that mean no answer."""
    yes: re.Pattern[str] = NOTHING
    """The beginning of words that first say yes."""
    no: re.Pattern[str] = NOTHING
    """The beginning of words that first say no."""
    correcting: re.Pattern[str] = NOTHING
    """The beginning of words that correct what was said before, up to what is right."""
    strong: re.Pattern[str] = NOTHING
    """Those that correct even where a whole request follows."""
    instead: re.Pattern[str] = NOTHING
    """The end of words that correct what was said before."""
    following: re.Pattern[str] = NOTHING
    """The beginning of words that ask the same of something else."""
    around: re.Pattern[str] = NOTHING
    """Words that may stand around an answer and are no part of it."""
    joints: re.Pattern[str] = NOTHING
    """What stands between two wishes of one sentence."""
    before: re.Pattern[str] = NOTHING
    """Words that stand before a name or an amount, and begin no wish."""
    both: re.Pattern[str] = NOTHING
    """Words for two things that were named."""
    chained: re.Pattern[str] = NOTHING
    """Words in a text after which a further verb may belong to the text: in "I need to buy a hat and take a book"."""
    retracting: re.Pattern[str] = NOTHING
    """What stands between words that the speaker takes back and the words that count."""

    @classmethod
    def read(cls, phrases: Mapping[str, Sequence[str]], *, spaced: bool) -> Acts:
        """The acts of a language by the phrases of each kind, which are regular expressions. `spaced` says whether
        spaces part its words."""
        gap = " ?" if spaced else ""
        edge = r"\b" if spaced else ""
        either = {kind: "(?:" + "|".join(phrases.get(kind, ())) + ")" for kind in (*phrases, *_NEEDED)}
        polite = rf"(?:{either['polite']}{edge}{gap})*"
        asking = rf"(?:{either['asking']}{edge}{gap})*"
        together = {kind: "|".join(either[each] for each in (kind, *_WITH.get(kind, ()))) for kind in either}
        whole = {
            kind: rf"{polite}(?:{'' if kind in _PLAIN else asking}(?:{together[kind]}){edge}{gap}{polite})+$"
            for kind in _WHOLE
            if kind in phrases
        }
        begun = {kind: rf"(?:{either[kind]}{edge}{gap})+" for kind in _BEGUN if kind in phrases}
        free = {kind: either[kind] for kind in ("joints", "retracting") if kind in phrases}
        within = {
            kind: f"{edge}{either[kind]}{edge}" for kind in ("around", "before", "both", "chained") if kind in phrases
        }
        if "instead" in phrases:
            free["instead"] = f"{gap}{either['instead']}$"
        return cls(**{kind: re.compile(pattern) for kind, pattern in (whole | begun | within | free).items()})

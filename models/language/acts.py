"""What words do in a dialogue, apart from asking for something of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True)
class Acts:
    """The words of one language that confirm, deny, cancel, undo, repeat, correct and continue.

    Patterns are matched with words in lower case without punctuation and fillers, as `Language.plain` gives them, those
    of `joints` and `retracting` with the text as it was said. The first five fit only the whole."""

    confirm: re.Pattern[str] = _NOTHING
    deny: re.Pattern[str] = _NOTHING
    cancel: re.Pattern[str] = _NOTHING
    undo: re.Pattern[str] = _NOTHING
    repeat: re.Pattern[str] = _NOTHING
    yes: re.Pattern[str] = _NOTHING
    """The beginning of words that first say yes."""
    no: re.Pattern[str] = _NOTHING
    """The beginning of words that first say no."""
    correcting: re.Pattern[str] = _NOTHING
    """The beginning of words that correct what was said before, up to what is right."""
    strong: re.Pattern[str] = _NOTHING
    """Those that correct even where a whole request follows."""
    instead: re.Pattern[str] = _NOTHING
    """The end of words that correct what was said before."""
    following: re.Pattern[str] = _NOTHING
    """The beginning of words that ask the same of something else."""
    around: re.Pattern[str] = _NOTHING
    """Words that may stand around an answer and are no part of it."""
    joints: re.Pattern[str] = _NOTHING
    """What stands between two wishes of one sentence."""
    retracting: re.Pattern[str] = _NOTHING
    """What stands between words that the speaker takes back and the words that count."""

    @classmethod
    def read(cls, phrases: Mapping[str, Sequence[str]], *, spaced: bool) -> Acts:
        """The acts of a language by the phrases of each kind, which are regular expressions. `spaced` says whether
        spaces part its words."""
        gap = " ?" if spaced else ""
        edge = r"\b" if spaced else ""
        either = {kind: "(?:" + "|".join(phrases.get(kind, ())) + ")" for kind in (*phrases, "polite", "asking")}
        polite = rf"(?:{either['polite']}{edge}{gap})*"
        asking = rf"(?:{either['asking']}{edge}{gap})*"
        whole = {
            kind: rf"{polite}(?:{lead}{either[kind]}{edge}{gap}{polite})+$"
            for kind, lead in (("confirm", ""), ("deny", ""), ("cancel", asking), ("undo", asking), ("repeat", asking))
            if kind in phrases
        }
        begun = {
            kind: rf"(?:{either[kind]}{edge}{gap})+"
            for kind in ("yes", "no", "correcting", "strong", "following")
            if kind in phrases
        }
        free = {kind: either[kind] for kind in ("joints", "retracting") if kind in phrases}
        if "around" in phrases:
            free["around"] = f"{edge}{either['around']}{edge}"
        if "instead" in phrases:
            free["instead"] = f"{gap}{either['instead']}$"
        return cls(**{kind: re.compile(pattern) for kind, pattern in (whole | begun | free).items()})

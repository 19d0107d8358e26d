"""Speakers who correct themselves within a sentence: what they take back is left out."""

from __future__ import annotations

import re

from models.language.acts import Acts

_NUMBER = re.compile(
    r"(?:\d+(?:\.\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|hundred|half|quarter|dozen)\b"
)
_LEAD = re.compile(r"(?:for|to|at|in|the|a|an|my|on|about|of)\b")
_DETERMINER = re.compile(r"\b(?:the|an?|my|some|that|this|your)\b(?!.*\b(?:the|an?|my|some|that|this|your)\b)")


def repaired(text: str, acts: Acts) -> str:
    """The text without what its speaker took back: of "two, no, three maps" it is "three maps".

    Only what stands between two parts of a sentence takes anything back."""
    for found in acts.retracting.finditer(text.lower()):
        before, after = text[: found.start()].rstrip(" ,"), text[found.end() :].lstrip(" ,")
        if not before or not after or re.search(r"[.!?]\s*$", before):
            continue
        kept = _kept(before, after.lower())
        if kept is not None:
            return repaired(f"{kept} {after}".strip(), acts)
    return text


def _kept(before: str, after: str) -> str | None:
    """What counts of the words before a correction; None where nothing in them is corrected."""
    low = before.lower()
    first = after.split(maxsplit=1)[0]
    if _LEAD.match(after) and (at := low.rfind(f" {first} ")) >= 0:  # "for five, no, for six"
        return before[:at]
    number = _NUMBER.match(after)
    tail = re.search(rf"(?:^|\s)({_NUMBER.pattern}(?:\s+\w+)?)$", low)
    if number and tail:  # "two, no, three maps"
        return before[: tail.start(1)].rstrip()
    if _LEAD.match(after) and (determiner := _DETERMINER.search(low)):  # "the market, no, the garden"
        return before[: determiner.start()].rstrip()
    return None

"""English for outcomes: lists, amounts, lengths of time, names, directions, and who is meant by "my"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from models.protocols import Position

_DIRECTIONS = (
    "straight ahead",
    "ahead, to the right",
    "to your right",
    "behind you, to the right",
    "behind you",
    "behind you, to the left",
    "to your left",
    "ahead, to the left",
)
"""Eighths of a circle around the user, clockwise."""
_NAMED = re.compile(r"[A-Z]|(?:the|an?|my|your|his|her|its|our|their|this|that) ")
"""The beginning of a name that takes no article."""

_UNITS = (("hour", 3600), ("minute", 60), ("second", 1))

# Longer phrases stand first, for the pattern takes the first that fits.
_OTHER_SIDE = {
    "i am": "you are",
    "i'm": "you are",
    "i was": "you were",
    "am i": "are you",
    "was i": "were you",
    "i've": "you have",
    "i'll": "you will",
    "i'd": "you would",
    "you are": "i am",
    "you're": "i am",
    "you were": "i was",
    "i": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "your": "my",
    "yours": "mine",
    "yourself": "myself",
    "you": "me",
}
_SIDES = re.compile(rf"\b({'|'.join(map(re.escape, _OTHER_SIDE))})\b(?!')", re.IGNORECASE)
_FIRST_WORDS = re.compile(
    r"^(the|an?|this|that|these|those|there|it|he|she|they|we|his|her|their|our|its)\b", re.IGNORECASE
)


def imperative(text: str) -> str:
    """``turn on a light`` for "Turns on a light"."""
    verb, _, rest = text.partition(" ")
    verb = verb.lower()
    if verb.endswith(("ches", "shes", "sses", "xes", "oes")):
        verb = verb[:-2]
    elif verb.endswith("ies"):
        verb = f"{verb[:-3]}y"
    elif verb.endswith("s") and not verb.endswith("ss"):
        verb = verb[:-1]
    return f"{verb} {rest}".strip()


def listed(parts: Sequence[str], joint: str = "and") -> str:
    """The parts, at least one, as a spoken list: ``a map, 2 apples and 94 coins``."""
    *rest, last = parts
    return f"{', '.join(rest)} {joint} {last}" if rest else last


def counted(number: int, unit: str, plural: str = "") -> str:
    """So many units: ``1 coin``, ``12 coins``; `plural` is for a unit that takes no s."""
    return f"{number} {unit}" if number == 1 else f"{number} {plural or f'{unit}s'}"


def one(name: str) -> str:
    """A thing of that name: ``an apple``, ``Anna``, ``the old oak``."""
    return name if _NAMED.match(name) else f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"


def the(name: str) -> str:
    """The thing of that name: ``the apple``, ``Anna``, ``the old oak``."""
    return name if _NAMED.match(name) else f"the {name}"


def bare(name: str) -> str:
    """A name in lower case, without its article."""
    word = name.casefold()
    for article in ("the ", "a ", "an ", "some "):
        word = word.removeprefix(article)
    return word


def whereabouts(position: Position) -> str:
    """Direction and distance on the ground, from the user's origin: ``to your left, 2 metres away``."""
    right, _, back = position
    metres = round(math.hypot(right, back))
    eighth = round(math.atan2(right, -back) / (math.pi / 4)) % 8
    return f"{_DIRECTIONS[eighth]}, {counted(metres, 'metre') if metres else 'less than a metre'} away"


def spoken_duration(seconds: int) -> str:
    """A length of time: ``1 hour and 30 minutes``."""
    parts = []
    for unit, length in _UNITS:
        number, seconds = divmod(seconds, length)
        if number:
            parts.append(counted(number, unit))
    return listed(parts)


def to_listener(text: str) -> str:
    """What the user said, said back to them inside a sentence: ``My sister knows you.`` is ``your sister knows me``.

    Word by word, so a rare sentence comes out odd: which "you" is the subject is only known at the beginning."""
    text = text.replace("\u2019", "'").strip().rstrip(".!?")
    turned = _SIDES.sub(lambda found: _OTHER_SIDE[found.group(1).casefold()], text)
    turned = re.sub(r"^me\b", "i", turned) if re.match(r"you\b", text, re.IGNORECASE) else turned
    turned = _FIRST_WORDS.sub(lambda found: found.group().casefold(), turned)
    return re.sub(r"\bi\b", "I", turned)

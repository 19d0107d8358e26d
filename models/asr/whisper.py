"""What both Whisper engines make of a context: which language to expect, which names, and which words were heard."""

from __future__ import annotations

from collections.abc import Container, Sequence

from models.context import Context

WINDOW = 30.0
"""Seconds that Whisper's encoder sees, always; only longer sound needs timestamps, to know where it goes on."""
NAMES = 32
"""Names of a prompt at most: half of Whisper's context is for what was said before, which is some 220 tokens."""


def expected(option: str | None, context: Context, known: Container[str]) -> str | None:
    """The language that the words are in: the option's, or the only one that the user may speak.

    None where it has to be detected: where the user may speak several, or nobody knows which, or the model does not
    know it."""
    if option is not None:
        return option
    return context.languages[0] if len(context.languages) == 1 and context.languages[0] in known else None


def nearest(detected: str, probabilities: Sequence[tuple[str, float]], context: Context) -> str:
    """The likeliest language among those that the user may speak; the detected one where nobody knows them."""
    allowed = [(probability, code) for code, probability in probabilities if code in context.languages]
    return max(allowed)[1] if allowed else detected


def prompt(context: Context) -> str | None:
    """The names that are likely to be said, as a text before the words; None where there are none.

    It ends like a sentence, because Whisper goes on as the text before it is written: without the full stop, the words
    lose their punctuation."""
    return f"{', '.join(context.hints[:NAMES])}." if context.hints else None

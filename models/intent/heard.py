"""Parts of an utterance: its sentences, and what follows the words with which it begins."""

from __future__ import annotations

import re

from models.language.clauses import clauses
from models.language.language import Language
from models.language.marks import ends_sentence


def after(pattern: re.Pattern[str], text: str, language: Language) -> str | None:
    """What follows the beginning of a text that fits a pattern, as it was said; None where it does not fit.

    The pattern is matched with the plain words of the text, without fillers. What follows may be empty."""
    told = [word for word in language.split_words(text) if word.text not in language.fillers]
    found = pattern.match(language.joint.join(word.text for word in told))
    if not found or not found.end():
        return None
    at = 0
    for word in told:
        if at >= found.end():
            return text[word.start :]
        at += len(word.text) + len(language.joint)
    return ""


def sentences(text: str, language: Language) -> list[str]:
    """The sentences of a text, as they were said; the text itself where it has no words."""
    found, sentence = list[str](), ""
    for clause in clauses([text], language):
        sentence += clause
        if ends_sentence(clause):
            found.append(sentence.strip())
            sentence = ""
    found.append(sentence.strip())
    return [each for each in found if each] or [text]

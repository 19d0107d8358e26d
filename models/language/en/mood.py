"""The mood of English sentences, clause by clause, by words and their order.

Every clause gets the mood of the first rule that fits it. One clause that orders makes an order of the utterance, and
clauses that forbid are left out of it. Where the rules leave doubt, nothing is ordered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.language.clauses import clauses
from models.language.en import mood_rules as rules
from models.language.finding import find_language
from models.language.marks import ends_sentence
from models.language.mood import Mood, Told

ANSWERS = {
    Mood.NEGATED: "Okay, I will not.",
    Mood.REPORTED: "I see.",
    Mood.DOUBTFUL: "I will do nothing until you ask me to.",
    Mood.ASKED: "I have no answer to that.",
    Mood.WHERE: "I have no answer to that.",
    Mood.UNDONE: "I cannot do that here.",
    Mood.REMIND: "I cannot remind you of that.",
    Mood.REMEMBER: "I cannot keep that in mind.",
    Mood.STRAY: "Sorry, I did not catch what you want.",
}
"""What is said where a deed was named and, for its mood, not done."""


@dataclass(slots=True)
class _Clause:
    """A clause, as it was said and in plain words."""

    said: str
    plain: str
    sentence: int
    mood: Mood | None


def mood(text: str) -> Told:
    """What English `text` does with the deed that it names, and the words that count."""
    text = text.strip()
    if all(word in rules.STRAY or len(word) == 1 or word.isdecimal() for word in _plain(text).split()):
        return Told(Mood.STRAY, text)
    told = _kept(text)
    if told is None:
        told = _resolve(text, _clauses(text))
    broken = told.mood in (Mood.ORDER, Mood.REMEMBER) and rules.OPEN.search(told.part)
    return Told(Mood.BROKEN_OFF, text) if broken else told


def _kept(text: str) -> Told | None:
    """What is to be remembered, where a sentence begins with such a wish."""
    for sentence in _sentences(text):
        plain = _strip(_plain(sentence))
        for pattern, kind in ((rules.REMIND, Mood.REMIND), (rules.REMEMBER, Mood.REMEMBER)):
            found = pattern.match(plain)
            if found and (fact := _fact(plain, found, sentence)) is not None:
                return Told(kind, fact)
    return None


def _sentences(text: str) -> Iterator[str]:
    sentence = ""
    for clause in clauses([text], find_language("en")):
        sentence += clause
        if ends_sentence(clause):
            yield sentence.strip()
            sentence = ""
    if sentence.strip():
        yield sentence.strip()


def _fact(plain: str, found: re.Match[str], sentence: str) -> str | None:
    """The last words of a sentence, as they were said, from where a pattern ends; None where it asks for no memory."""
    rest = plain[found.end() :].split()
    lead = found.group()
    if rest[:1] == ["to"] and (re.match(rf"{rules.YOU}not forget$", lead) or rules.COMPILED[0][0].match(plain)):
        return None
    if lead.endswith("know") and "you" not in lead:  # "let me know"
        return None
    if rest[:1] and re.match(rules.QUESTION_WORD, rest[0]) and "remind" not in lead:
        return None if not found.groupdict().get("that") else " ".join(rest)
    said = _tail(sentence, rest)
    if rest[:1] == ["to"]:
        return "I need " + said
    return said if len(rest) > 1 and not rules.VAGUE.issuperset(rest) else ""


def _tail(sentence: str, words: Sequence[str]) -> str:
    """The end of a sentence whose plain words are `words`, without the full stop and a last courtesy."""
    left, start = len(words), len(sentence)
    for chunk in reversed(list(re.finditer(r"\S+", sentence))):
        if left <= 0:
            break
        left, start = left - len(_plain(chunk.group()).split()), chunk.start()
    told = re.sub(r",\s*(?:please|thanks|thank you|okay|ok|will you|would you)\W*$", "", sentence[start:], flags=re.I)
    return told.rstrip(" .!?")


def _clauses(text: str) -> list[_Clause]:
    found: list[_Clause] = []
    start, sentence = 0, 0
    for end in [*(cut.end() for cut in rules.CUT.finditer(text)), len(text)]:
        said, start = text[start:end], end
        if not _plain(said):
            continue
        cuts = [0, *(cut.end() for cut in rules.SECOND_ORDER.finditer(said)), len(said)]
        negated = _classify(_plain(said)) is Mood.NEGATED  # without punctuation an order may follow at once
        negated = negated and re.search(rf"\b(?:{rules.DEED}|want|need|like)\b", _plain(said[: cuts[1]])) is not None
        pieces = [said[a:b] for a, b in pairwise(cuts)] if negated else [said]
        found += [
            _Clause(piece, _plain(piece), sentence, _classify(_plain(piece))) for piece in pieces if _plain(piece)
        ]
        sentence += bool(re.search(r"[.!?…]\s*$", said))
    return found


def _classify(plain: str) -> Mood | None:
    """The mood of one clause; None for one that has none of its own, such as a name."""
    words = _strip(rules.ASIDE.sub(" ", plain).strip() or plain)
    if rules.LEAD.fullmatch(f"{words} "):
        return None
    found = next((mood for pattern, mood in rules.COMPILED if pattern.match(words)), None)
    doubtful = found in (Mood.ORDER, None) and (rules.LATER.search(words) or rules.CONDITION.search(_polite(words)))
    return Mood.DOUBTFUL if doubtful else found


def _polite(words: str) -> str:
    """Words without the conditions that belong to a request: ``I was wondering if you could``, ``happy if you``."""
    return re.sub(r"\b(?:wondering|grateful|glad|happy|appreciate it|great|nice|lovely|mind) if\b", "", words)


def _resolve(text: str, parts: Sequence[_Clause]) -> Told:
    """The mood of an utterance from those of its clauses."""
    if not parts:
        return Told(Mood.STRAY, text)
    _inherit(parts)
    orders = [clause for clause in parts if clause.mood is Mood.ORDER]
    if rules.RETRACTED.match(parts[-1].plain) and not all(rules.RETRACTED.match(clause.plain) for clause in orders):
        return Told(Mood.NEGATED, text)
    if orders:
        refers = any(rules.REFERRING.search(clause.plain) for clause in orders)
        left = [
            clause.said
            for clause in parts
            if clause.mood is not Mood.NEGATED
            and (refers or clause.mood is not Mood.REPORTED or not rules.PAST.search(clause.plain))
        ]
        return Told(Mood.ORDER, text if len(left) == len(parts) else " ".join(map(str.strip, left)))
    moods = {clause.mood for clause in parts}
    ranked = (Mood.UNDONE, Mood.WHERE, Mood.NEGATED, Mood.ASKED, Mood.DOUBTFUL, Mood.REPORTED)
    return Told(next((mood for mood in ranked if mood in moods), Mood.ORDER), text)


def _inherit(parts: Sequence[_Clause]) -> None:
    """Moods that reach beyond their clause: of a report of speech, of a condition, and over lists of names."""
    for before, clause in pairwise(parts):
        if clause.sentence != before.sentence:
            continue
        says = (
            before.mood is Mood.REPORTED
            and rules.SAYS.search(before.plain)
            and not before.plain.startswith(("i ", "we "))
        )
        if says or (clause.mood is None and before.mood in (Mood.NEGATED, Mood.REPORTED, Mood.ASKED)):
            clause.mood = before.mood
    for clause in parts:
        if clause.mood is Mood.ORDER and any(
            other.sentence == clause.sentence and _is_condition(other) for other in parts if other is not clause
        ):
            clause.mood = Mood.DOUBTFUL
        if clause.mood is None and clause.said.rstrip().endswith("?"):
            clause.mood = Mood.ASKED


def _is_condition(clause: _Clause) -> bool:
    """Whether a clause is a condition, or a later time, of the other clauses of its sentence."""
    words = _strip(rules.ASIDE.sub(" ", clause.plain).strip())
    if clause.mood is Mood.DOUBTFUL and rules.LATER.match(words):
        return True
    return rules.CONDITIONAL.match(words) is not None and (clause.mood is not Mood.ASKED or words.startswith("when "))


def _strip(plain: str) -> str:
    """Plain words without fillers, address, and what only says that an opinion follows."""
    words = plain
    while (found := rules.LEAD.match(words) or rules.OPINION.match(words)) and words[found.end() :].strip():
        words = words[found.end() :]
    return words.strip()


def _plain(text: str) -> str:
    """The words of `text` in lower case, contractions in full."""
    words = text.lower()
    for pattern, full in rules.SHORT:
        words = re.sub(pattern, full, words)
    return words.strip()

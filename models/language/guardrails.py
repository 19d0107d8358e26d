"""What a language model may not say aloud when it talks freely, and where its talk ends.

Small models leak their instructions, write lists and stage directions, claim deeds that nobody did and lives that they
never had, and say the same again and again. Each of these is caught in the clause where it happens, before that clause
leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from models.language.courtesies import Courtesy
from models.language.marks import PAUSES, ends_sentence
from models.language.repetition import plain

Objection = Literal["", "unfit", "deed", "human", "maker"]
"""Why an answer was ended: it leaked or went wrong, claimed a deed, claimed to be human, or named another maker."""

_STAGE_DIRECTION = re.compile(r"(?<![\w*])\*[^*\n]{1,60}\*(?![\w*])")
_MARKUP = re.compile(r"[*_#`~|>\\]+|[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]+")
"""Markdown and emoji."""
_CODE = "```"
_LIST_MARK = re.compile(r"^\s*(?:[-•]|\d+[.)])\s+")
_QUOTED = re.compile(r"[\"“「][^\"”」]*[\"”」]?")
_PHRASES = 3
"""So many phrases of the prompt in a row are a leak of it."""
_REPEATS = 3
"""After so many sentences that were said before, an answer has nothing new to say."""
_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True)
class TalkRules:
    """What talk in one language may not hold, what a user's words ask for, and what is said in place of talk."""

    leaks: re.Pattern[str] = _NOTHING
    """Words with which a model speaks of its instructions."""
    claims: re.Pattern[str] = _NOTHING
    """Words with which the avatar says that it did something, or is about to; but only tasks do things."""
    stale: re.Pattern[str] = _NOTHING
    """The beginning of sentences that say nothing, such as offers of help at the end of every answer. They are left
    out."""
    human: re.Pattern[str] = _NOTHING
    """Words with which the avatar says that it is a human being, or tells of a life that it never had."""
    maker: re.Pattern[str] = _NOTHING
    """Words with which the avatar says that somebody made it who did not."""
    directions: re.Pattern[str] = _NOTHING
    """Stage directions, such as ``(smiles)``."""
    requests: re.Pattern[str] = _NOTHING
    """The beginning of words that ask for something to be done, rather than chat: ``could you book me a flight``."""
    wish: re.Pattern[str] = _NOTHING
    """Short words that ask for a deed; the group ``deed`` holds the deed, worded to follow "I cannot"."""
    about_user: re.Pattern[str] = _NOTHING
    """Words with which users tell something about themselves that is worth keeping in mind."""
    distress: re.Pattern[str] = _NOTHING
    """Words of a user who wants to die or to hurt themselves."""
    care: tuple[str, ...] = ()
    """What is said to such a user, with the places where help is. They take turns, as do the answers below."""
    honest: tuple[str, ...] = ()
    """What is said in place of a claim to be human."""
    made: tuple[str, ...] = ()
    """What is said in place of a wrong maker."""
    puzzled: tuple[str, ...] = ()
    """What is said to a question where nothing that the model wrote can be said."""
    blank: tuple[str, ...] = ()
    """What is said to other words where nothing that the model wrote can be said."""
    again: str = "{heard}"
    """What the model is asked for another try; ``{heard}`` stands for the user's words."""
    link: str = ""
    """What is said in place of the address of a page."""
    courtesies: tuple[Courtesy, ...] = ()
    """Small talk that phrases can answer, the most particular first; the last one may answer anything."""
    gap: str = " "
    """What stands between two sentences."""
    full_stop: str = "."
    """What closes a sentence that was cut off."""
    phrase: int = 3
    """The words of a phrase: a clause that says one of this length three times goes round in circles."""

    def asks_for_deed(self, text: str) -> bool:
        """Whether words ask for something to be done."""
        return self.requests.match(text + " ") is not None

    def deed(self, text: str) -> str:
        """The deed that words ask for, as in "I cannot {deed}"; empty where that cannot be told shortly."""
        found = self.wish.fullmatch(text.strip().replace("’", "'"))
        deed = found["deed"].strip() if found else ""
        return deed[:1].lower() + deed[1:]

    def tells_of_distress(self, text: str) -> bool:
        """Whether the user speaks of wanting to die, or of hurting themselves."""
        return self.distress.search(text.replace("’", "'")) is not None


@dataclass(slots=True)
class Guardrails:
    """Watches over one answer, clause by clause."""

    rules: TalkRules
    name: str
    """The avatar's, which small models like to write before what it says."""
    prompt: str
    sentences: int
    """The most that are spoken."""
    before: Iterable[str] = ()
    """The sentences that were said in earlier turns, as `models.language.repetition.plain` gives them."""
    personal: bool = True
    """Whether the avatar speaks of itself. In a story, what stands in quotes is said by somebody else."""
    spoken: str = ""
    """What was admitted so far."""
    over: bool = False
    """Nothing more of this answer is wanted."""
    objection: Objection = ""
    """Why the answer was ended before its end; empty where it was not."""
    _held: str = ""
    """The beginning of a sentence that may be one that was said before."""
    _sentence: str = ""
    """What was admitted, or is held, of the sentence that has not ended."""
    _line: bool = True
    """Whether the next clause begins a line."""
    _skipping: bool = False
    """Whether the sentence is left out up to its end."""
    _ended: int = 0
    _repeats: int = 0
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.before = frozenset(self.before)

    @property
    def dangling(self) -> bool:
        """Whether the last clause admitted left its sentence open."""
        return bool(self.spoken) and not ends_sentence(self.spoken)

    def admit(self, clause: str) -> str:
        """What may be spoken of `clause`, and of clauses that were held back before it; perhaps nothing."""
        text = self._undress(clause)
        words = plain(text)
        if self.over or not words:
            return ""
        if self._skipping:
            self._skipping = not ends_sentence(text)
            return ""
        sentence = self._sentence + text
        self.objection = "unfit" if _CODE in clause or self._is_unfit(text, words) else self._claim(sentence)
        if self.objection:
            self.over, self._held = True, ""
            return ""
        if self._held_back(sentence, text):
            return ""
        self._seen.add(words)
        text, self._held = self._held + text, ""
        if not self.spoken:
            text = text.lstrip()
        self.spoken += text
        ended = ends_sentence(text)
        self._sentence = "" if ended else sentence
        self._ended += ended
        self.over = self._ended >= self.sentences
        return text

    def finish(self, rest: str) -> str:
        """What may be spoken of the last words, in which the model may have been cut off; closes the sentence."""
        if self.over:
            return ""
        if rest.strip() and ends_sentence(rest):
            return self.admit(rest)
        if self.spoken and not self.dangling:
            return ""  # a new sentence was cut off, and nobody has heard its beginning
        body = rest.rstrip(f" \n-{PAUSES}")
        if not body.strip() and self._held:  # nothing more came of a sentence that might have been an earlier one
            body, self._held, self._sentence = self._held.rstrip(f" \n-{PAUSES}"), "", ""
        return self.admit(body + self.rules.full_stop) if body.strip() else ""

    def _held_back(self, sentence: str, text: str) -> bool:
        """Whether a sentence was said before, or may become one that was; then nothing of it is spoken yet."""
        words, ended = plain(sentence), ends_sentence(text)
        if self._sentence and not self._held:
            return False  # its beginning was spoken, so it is another one
        stale = self.rules.stale.match(sentence.strip().replace("’", "'")) is not None
        if stale or (ended and words in self.before):
            self._skipping = not ended
            self._held = self._sentence = ""
            self._repeats += 1
            self.over = self._repeats >= _REPEATS
            return True
        if not ended and any(said.startswith(words + " ") for said in self.before):
            self._held, self._sentence = self._held + text, sentence
            return True
        return False

    def _undress(self, clause: str) -> str:
        """The clause without what is written and never said."""
        text = self.rules.directions.sub("", _STAGE_DIRECTION.sub("", clause))
        text = _MARKUP.sub("", text)
        begins, self._line = self._line or not self._sentence, clause.endswith("\n")
        text = re.sub(r"\s+", " ", _LIST_MARK.sub(" ", text) if begins else text)
        if not self.spoken and not self._held:
            return text.lstrip().removeprefix(f"{self.name}:").lstrip()
        return text.lstrip() if (self._held or self.spoken).endswith(" ") else text

    def _claim(self, sentence: str) -> Objection:
        """What the sentence claims that is not so."""
        own = sentence.replace("’", "'").strip()
        if not self.personal:
            own = _QUOTED.sub("", own)
        if self.rules.maker.search(own):
            return "maker"
        if self.personal and self.rules.human.search(own):
            return "human"
        return "deed" if self.rules.claims.search(own) else ""

    def _is_unfit(self, text: str, words: str) -> bool:
        leaks = self.rules.leaks.search(text) is not None
        return leaks or words in self._seen or self._goes_round(words) or self._echoes(words)

    def _goes_round(self, words: str) -> bool:
        phrase = " ".join([r"\w+"] * self.rules.phrase)
        return re.search(rf"\b({phrase})\b(?:.*\b\1\b){{2}}", words) is not None

    def _echoes(self, words: str) -> bool:
        """Whether the words repeat the prompt."""
        row, prompt, size = words.split(), plain(self.prompt), _PHRASES * self.rules.phrase
        return any(" ".join(row[at : at + size]) in prompt for at in range(len(row) - size + 1))

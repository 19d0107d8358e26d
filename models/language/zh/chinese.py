"""Mandarin Chinese."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from models.language.backchannel import Listener
from models.language.language import Language
from models.language.words import HAN
from models.language.zh import sentences, vocabulary
from models.language.zh.listener import LISTENER

_OPEN_END = re.compile(rf"(?:{'|'.join(vocabulary.OPEN_ENDS.split())})$")
_WORDS = re.compile(r"[^\W_]+")


class Chinese(Language):
    """Mandarin, in simplified characters. A character is a word here, since words are not parted by spaces."""

    code: ClassVar[str] = "zh"
    script: ClassVar[re.Pattern[str] | None] = re.compile(f"[{HAN}]")
    joint: ClassVar[str] = ""
    fillers: ClassVar[frozenset[str]] = vocabulary.FILLERS
    stop_words: ClassVar[frozenset[str]] = vocabulary.STOP_WORDS
    demonstratives: ClassVar[frozenset[str]] = vocabulary.DEMONSTRATIVES
    places: ClassVar[frozenset[str]] = vocabulary.PLACES
    pronouns: ClassVar[frozenset[str]] = vocabulary.PRONOUNS
    shown: ClassVar[str] = "这个"
    confirm: ClassVar[frozenset[str]] = vocabulary.CONFIRM
    deny: ClassVar[frozenset[str]] = vocabulary.DENY
    cancel: ClassVar[frozenset[str]] = vocabulary.CANCEL
    determiners: ClassVar[frozenset[str]] = vocabulary.DETERMINERS
    leading: ClassVar[frozenset[str]] = vocabulary.LEADING
    anything: ClassVar[frozenset[str]] = vocabulary.ANYTHING
    vague: ClassVar[frozenset[str]] = vocabulary.VAGUE
    beside: ClassVar[frozenset[str]] = vocabulary.BESIDE
    around: ClassVar[frozenset[str]] = vocabulary.AROUND
    listener: ClassVar[Listener] = LISTENER

    def listed(self, parts: Sequence[str]) -> str:
        return sentences.listed(parts)

    def either(self, parts: Sequence[str]) -> str:
        return sentences.listed(parts, "或者")

    def counted(self, number: int, unit: str, plural: str = "") -> str:
        return sentences.counted(number, unit)

    def one(self, name: str) -> str:
        return f"一个{name}"

    def duration(self, seconds: int) -> str:
        return sentences.spoken_duration(seconds)

    def breaks_off(self, text: str) -> bool:
        words = _WORDS.findall(text)
        return not words or _OPEN_END.search(words[-1]) is not None

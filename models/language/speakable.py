"""Written text to words that a voice can say: markup and pictures go, numbers and signs become words.

`speakable` is for the voice only; captions keep what was written. Its result has nothing left to rewrite, so rewriting
twice changes nothing.
"""

from __future__ import annotations

import re
import unicodedata

from models.language.language import Language
from models.language.marks import PAUSES, SENTENCE_ENDS

# Markdown, as language models write it.
_FENCE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_RULE = re.compile(r"^[ \t]*(?:[-*_=][ \t]*){3,}$", re.MULTILINE)
_TABLE_RULE = re.compile(r"^\|?(?=[^\n]*-)(?=[^\n|]*\|)[ \t:|-]+\n", re.MULTILINE)
_LINE_MARK = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+)", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3}|~~|`+)(?=\S)(.+?)(?<=\S)\1(?!\w)", re.DOTALL)
_CELL = re.compile(r"[ \t]*\|[ \t]*")
_UNENDED = re.compile(rf"(?<=[^\s{re.escape(SENTENCE_ENDS + PAUSES)}])[ \t]*\n[ \t]*(?=\S)")
_LEFT_OVER = re.compile(r"[\\{}\[\]#*_|`~^©®™°]+")
_SPACES = re.compile(r"\s+")
_SPACE_BEFORE_MARK = re.compile(r"\s+(?=[,.;:!?…](?:\s|$))")


def speakable(text: str, language: Language) -> str:
    """The words of `text` as `language` says them; empty where there are none."""
    text = language.spoken(_without_pictures(_without_markup(text)))
    text = _LEFT_OVER.sub(" ", text)
    text = _SPACE_BEFORE_MARK.sub("", _SPACES.sub(" ", text)).strip()
    return text if any(char.isalnum() for char in text) else ""


def _without_markup(text: str) -> str:
    text = _FENCE.sub(" ", text)  # nobody wants to hear source code
    text = _LINK.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    text = _TABLE_RULE.sub("", _RULE.sub("", text))
    text = _LINE_MARK.sub("", text)
    for _ in range(3):  # bold inside italics inside quotes
        text = _EMPHASIS.sub(r"\2", text)
    text = "\n".join(_CELL.sub(", ", line.strip(" \t|")) if "|" in line else line for line in text.split("\n"))
    return _UNENDED.sub(". ", text.strip())  # a heading or a list item ends like a sentence


def _without_pictures(text: str) -> str:
    return "".join(" " if _is_picture(char) else char for char in unicodedata.normalize("NFC", text))


def _is_picture(char: str) -> bool:
    """Emoji, dingbats, skin tones and what joins them, and control characters."""
    if char in "°©®™№℃℉\n\t" or (char.isascii() and char.isprintable()):
        return False
    return unicodedata.category(char) in ("So", "Sk", "Cc", "Cf", "Co", "Cs", "Cn") or char in "\ufe0e\ufe0f\u20e3"

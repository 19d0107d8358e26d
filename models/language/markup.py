"""Cuts out of a language model's answer what is written and never said, while the answer is still being written.

Thoughts, tags, links and stage directions in brackets go; the words around them stay. What ends a model's turn in its
prompt's template ends the answer.
"""

from __future__ import annotations

import re

_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning|reflection|scratchpad)\b[^<>]*>", re.IGNORECASE)
_TEMPLATE = re.compile(r"<\||\[/?INST\]|</?s>")
"""Marks with which templates of prompts begin and end a turn."""
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>|<!--[^<>\n]{0,200}-->")
_BREAK = re.compile(r"</?(?:p|br|hr|div|li|ul|ol|tr|td|h[1-6])\b[^<>\n]{0,200}>", re.IGNORECASE)
"""Tags that part two words."""
_NAMED_LINK = re.compile(r"!?\[([^\]\n]{0,200})\]\([^)\s]{0,500}\)")
_BRACKETED = re.compile(r"\[[^\]\n]{0,60}\]|【[^】\n]{0,30}】")
_ADDRESS = re.compile(r"(?<![A-Za-z])(?:https?://|www\.)[^\s<>()，。！？；、）”\"']+")
_TRAILING = ".,;:!?"
_OPEN = re.compile(
    r"<(?:[/!|]?[A-Za-z|-][^<>\n]{0,200}|[/!|]?)?$"  # a tag
    r"|\[[^\]\n]{0,200}$|\[[^\]\n]{0,200}\](?:\([^)\s]{0,500})?$|【[^】\n]{0,30}$"  # a link, or a direction
    r"|(?<![A-Za-z])(?:h|ht|htt|https?|https?:/{0,2}[^\s<>()，。！？；、）”\"']*|w{1,3}|www\.[^\s<>()，。！？；、）”\"']*)$"
)
"""An end of the text that may become something to cut."""
_CUT_OFF = re.compile(r"<[/!|]?[A-Za-z|]|\[|【")


class Unmarked:
    """One answer without markup. What may still become markup waits for more of the text."""

    def __init__(self, link: str) -> None:
        """`link` is said in place of a bare address."""
        self._link, self._text, self._thought = link, "", ""
        self.over = False
        """Whether the model's turn ended; nothing that comes after it is given."""

    def add(self, piece: str) -> str:
        """What may be said, now that `piece` has come."""
        self._text += piece
        said = self._past_thoughts()
        if self._thought:
            return said
        open_end = _OPEN.search(self._text)
        cut = open_end.start() if open_end else len(self._text)
        ready, self._text = self._text[:cut], self._text[cut:]
        return said + self._clean(ready)

    def rest(self) -> str:
        """What is left when the text has ended; perhaps nothing. A thought, or a tag, that has no end is left out."""
        ready, self._text = ("" if self._thought else self._text), ""
        return "" if _CUT_OFF.match(ready) else self._clean(ready)

    def _past_thoughts(self) -> str:
        """What was said before the thoughts in the text, which are taken out of it."""
        said = ""
        while True:
            if self._thought:
                ends = re.search(f"</{self._thought}>", self._text, re.IGNORECASE)
                if ends is None:
                    return said
                self._text, self._thought = self._text[ends.end() :], ""
            begins = _THOUGHT.search(self._text)
            if begins is None:
                return said
            said += self._clean(self._text[: begins.start()])
            self._text, self._thought = self._text[begins.end() :], begins[1]

    def _clean(self, text: str) -> str:
        if self.over:
            return ""
        if ends := _TEMPLATE.search(text):
            self.over, text = True, text[: ends.start()]
        text = _BRACKETED.sub("", _NAMED_LINK.sub(r"\1", _TAG.sub("", _BREAK.sub(" ", text))))
        return _ADDRESS.sub(self._spoken_address, text)

    def _spoken_address(self, address: re.Match[str]) -> str:
        end = address[0][len(address[0].rstrip(_TRAILING)) :]
        return self._link + end

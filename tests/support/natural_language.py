"""Words of natural languages in code: what a second language would have to touch.

Three things count, in any literal of a module that is no docstring, error, log line or help:

- a Chinese or Japanese character;
- a collection or a pattern, most of whose words are function words (``the``, ``to``, ``it``, ``yes``): code with a
  list of what users say;
- where the avatar's words come from, a whole sentence.

Languages, packs of skills and roles are not searched, for words are theirs to hold, nor is the page of the browser.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.language.finding import find_language

ROOMS = ("models/language", "models/task/packs", "models/roles", "pipeline/web")
SPEAKING = ("models", "pipeline/stages", "pipeline/runtime")
"""Where a whole sentence is one that the avatar says, or asks a model."""
FEW = 3
"""Function words that make a list of what users say."""

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_WORDS = re.compile(r"[a-z']{2,}")
_SENTENCE = re.compile(r"\s*[A-Z][^\n]*[a-z][.?!](?:\s|$)")
_EXCLUDED_CALLS = re.compile(
    r"(?:.*(?:Error|Exception|Failed|Option|Argument|Field|Notice|Refused|Unavailable|Corrupt|Registered|Data|Unknown\w*)"
    r"|note|add|echo|print|warn|debug|info|warning|error|exception|log|fail|exit|abort)"
)
_EXCLUDED_KEYWORDS = frozenset({"help", "description", "title", "epilog", "about", "metavar"})


@dataclass(frozen=True, order=True)
class Trace:
    """A place where code holds words."""

    path: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.words}"


def find_words(root: Path, packages: tuple[str, ...] = ("models", "pipeline")) -> list[Trace]:
    """Every place in the packages, in order."""
    found = []
    for path in sorted(path for package in packages for path in (root / package).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith(ROOMS):
            tree = ast.parse(path.read_text("utf-8"))
            found += sorted({Trace(name, line, words) for line, words in _traces(tree, name.startswith(SPEAKING))})
    return found


@cache
def function_words() -> frozenset[str]:
    """English words that carry grammar and not matter, and those that answer a question."""
    english = find_language("en")
    lists = english.stop_words | english.open_words | english.referring | english.vague | english.determiners
    answers = {word for phrase in english.confirm | english.deny | english.cancel for word in phrase.split()}
    return frozenset(word for word in lists | english.fillers | answers if len(word) > 1)


def _traces(tree: ast.AST, speaking: bool) -> Iterator[tuple[int, str]]:
    for node in _literals(tree):
        if isinstance(node, ast.Constant):
            yield from _of_text(str(node.value), node.lineno, speaking)
        else:
            elements = node.keys if isinstance(node, ast.Dict) else node.elts
            texts = [each.value for each in elements if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if _lists_words([text.casefold() for text in texts]):
                yield node.lineno, ", ".join(texts)[:60]


def _of_text(text: str, line: int, speaking: bool) -> Iterator[tuple[int, str]]:
    words = _WORDS.findall(text.lower())
    pattern = "|" in text and _lists_words(words)
    words_alone = _listed(text) and _lists_words(words, 0.8)
    if _CJK.search(text) or pattern or words_alone or (speaking and _is_sentence(text, words)):
        yield line, text.strip()[:60]


def _is_sentence(text: str, words: list[str]) -> bool:
    return bool(_SENTENCE.match(text)) and len(words) > 3 and sum(word in function_words() for word in words) >= 2


def _listed(text: str) -> bool:
    """Whether a text is a list of words: lower case without punctuation."""
    return re.fullmatch(r"[a-z'\s]+", text) is not None and len(text.split()) >= 2 * FEW


def _lists_words(words: list[str], share: float = 0.5) -> bool:
    """Whether so much of some words are function words."""
    known = [word for word in words if word in function_words()]
    return len(known) >= FEW and len(known) >= share * len(words)


def _literals(tree: ast.AST) -> Iterator[ast.Constant | ast.Set | ast.List | ast.Tuple | ast.Dict]:
    """The literals of a module that are not excluded."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Raise | ast.Assert) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            continue
        if isinstance(node, ast.Call) and _EXCLUDED_CALLS.fullmatch(_name(node.func)):
            continue
        if isinstance(node, ast.keyword) and node.arg in _EXCLUDED_KEYWORDS:
            continue
        if isinstance(node, ast.Set | ast.List | ast.Tuple | ast.Dict):
            yield node
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node
        waiting += ast.iter_child_nodes(node)


def _name(function: ast.expr) -> str:
    """The last part of a called name."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""

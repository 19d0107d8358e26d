"""The tree holds words of natural languages in their rooms only."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.natural_language import find_words

ROOT = Path(__file__).parents[1]

WORDS = """
import re
FILLERS = {"the", "a", "to", "it", "lantern"}
NEGATED = re.compile(r"\\b(?:no|not|never|do)\\b")
OPEN = "the and of to with from at by".split()
CHINESE = "你好"
RETREAT = "I cannot do that here."
"""
NONE = """
\"\"\"A module of the house, which says what it is for. You may read this.\"\"\"
import logging
log = logging.getLogger(__name__)
STATES = {"idle", "listening", "speaking"}
KEYS = re.compile(r"session|turn|user|text")
def fail(name):
    \"\"\"Say 你好 to those who read.\"\"\"
    # It is not for them that 你好 stands here.
    log.warning("It was not there, and so we could not do it.")
    raise ValueError(f"{name}: There is nothing to do with it, and no way to go on.")
"""


def test_the_tree_holds_no_words_outside_their_rooms() -> None:
    assert [str(trace) for trace in find_words(ROOT)] == []


@pytest.mark.parametrize(("text", "count"), [(WORDS, 5), (NONE, 0)])
def test_lists_patterns_characters_and_sentences_are_found(tmp_path: Path, text: str, count: int) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "words.py").write_text(text, encoding="utf-8")
    found = find_words(tmp_path)
    assert len(found) == count, found


def test_the_rooms_may_hold_words(tmp_path: Path) -> None:
    (tmp_path / "models" / "language").mkdir(parents=True)
    (tmp_path / "models" / "language" / "words.py").write_text(WORDS, encoding="utf-8")
    assert find_words(tmp_path) == []

"""Chinese words that stand for what was named, shown or done before."""

from __future__ import annotations

import pytest

from models.language.finding import find_language
from models.language.references import Reference

ZH = find_language("zh")


@pytest.mark.parametrize(
    ("words", "reference"),
    [
        ("它", Reference("same")),
        ("这本", Reference("same")),
        ("同一个", Reference("same")),
        ("那里", Reference("place")),
        ("再来一个", Reference("another")),
        ("两个", Reference("another")),
        ("第二个", Reference("ordinal", 2)),
        ("第3个", Reference("ordinal", 3)),
        ("第三个地方", Reference("ordinal", 3)),
        ("最后那张", Reference("ordinal", -1)),
        ("便宜的那个", Reference("cheaper")),
        ("便宜点的", Reference("cheaper")),
        ("最贵的", Reference("dearer")),
        ("贵的那本", Reference("dearer")),
        ("另外一个", Reference("other")),
        ("我刚才买的那个", Reference("deed")),
        ("书", None),
        ("苹果", None),
        ("图书馆", None),
    ],
)
def test_what_words_refer_to(words: str, reference: Reference | None) -> None:
    assert ZH.reference(words) == reference


def test_no_name_of_the_plaza_is_a_reference() -> None:
    for name in ("一朵花", "红色的帽子", "便宜货", "第二书店", "买东西"):
        assert ZH.reference(name) is None

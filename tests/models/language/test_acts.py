"""The words that confirm, deny, cancel, undo and repeat, in each language."""

from __future__ import annotations

import pytest

from models.language.finding import find_language
from models.language.language import Language

SAID = {
    "en": {
        "confirm": ["Yes, please.", "go ahead", "sure, why not"],
        "deny": ["No thanks.", "not right now"],
        "cancel": ["Forget it.", "never mind"],
        "undo": ["Take it back.", "I changed my mind, give it back."],
        "repeat": ["Pardon?", "say that again"],
        "stop": ["Be quiet.", "stop talking"],
    },
    "zh": {
        "confirm": ["好的。", "可以", "嗯，行吧"],
        "deny": ["不用了。", "不要", "先不用"],
        "cancel": ["算了吧。", "取消", "当我没说"],
        "undo": ["撤销", "退掉它", "帮我退货"],
        "repeat": ["再说一遍。", "你刚才说什么？"],
        "stop": ["停。", "别说了"],
    },
}


@pytest.mark.parametrize(
    ("code", "act", "text"),
    [(code, act, text) for code, acts in SAID.items() for act, texts in acts.items() for text in texts],
)
def test_what_is_said_is_one_act(code: str, act: str, text: str) -> None:
    language = find_language(code)
    assert getattr(language.acts, act).match(language.plain(text))


@pytest.mark.parametrize(
    ("code", "text"), [("en", "Yes, buy a kite for my no good brother."), ("en", "sell it"), ("zh", "好的，去市场")]
)
def test_a_wish_is_no_act(code: str, text: str) -> None:
    language = find_language(code)
    plain = language.plain(text)
    assert not any(getattr(language.acts, act).match(plain) for act in SAID[code])


def test_a_language_without_acts_has_none() -> None:
    assert Language().acts.confirm.match("yes") is None

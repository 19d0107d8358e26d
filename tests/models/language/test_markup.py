"""What is written and never said is cut out of an answer; the words around it stay."""

from __future__ import annotations

import pytest

from models.language.markup import Unmarked


def read(text: str, step: int) -> str:
    unmarked = Unmarked("a page on the web")
    said = "".join(unmarked.add(text[at : at + step]) for at in range(0, len(text), step))
    return " ".join((said + unmarked.rest()).split())  # spaces are nobody's concern


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("<think>\nHe greets me.\n</think>\n\nHello there!", "Hello there!"),
        ("Well. <THINK>no</think> Hello! <thinking>x</thinking>Bye.", "Well. Hello! Bye."),
        ("Fine. <think>I never close this", "Fine."),
        ("<p>Hello <b>friend</b></p><br/>Bye", "Hello friend Bye"),
        ("Is 3 < 5, or 5 > 3?", "Is 3 < 5, or 5 > 3?"),
        ("It costs <5 coins.", "It costs <5 coins."),
        ("See [the map](https://a.b/c?d=e) now.", "See the map now."),
        ("Read www.example.com/help, or https://x.org.", "Read a page on the web, or a page on the web."),
        ("看https://x.org/a。好", "看a page on the web。好"),
        ("[laughs] How are you? 【笑】", "How are you?"),
        ("Hello<|im_end|><|im_start|>user hi", "Hello"),
        ("[INST] hi [/INST] Hello", ""),
        ("What, why, when: the white house.", "What, why, when: the white house."),
        ("I know h", "I know h"),
        ("Cut <b", "Cut"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_what_is_never_said_is_cut_out_however_the_text_comes(written: str, said: str, step: int) -> None:
    assert read(written, step) == said


def test_what_cannot_become_markup_is_not_held_back() -> None:
    unmarked = Unmarked("")
    assert unmarked.add("I am fine, and ") == "I am fine, and "
    assert unmarked.add("how <") == "how "
    assert unmarked.add("3") == "<3"

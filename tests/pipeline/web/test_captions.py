"""The captions of the page: words as they are heard, on the page and on the board of the headset."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright
from support.needs import needing
from support.pages import browsing
from support.sources import blank, developing

BEGIN = """async () => {
    const { Captions } = await import("/src/ui/captions.ts");
    document.body.innerHTML = `<section id="log"></section><p id="announcer"></p>`;
    const [log, announcer] = document.body.children;
    window.board = [];
    window.announced = [];
    new MutationObserver(() => announced.push(announcer.textContent)).observe(announcer, { childList: true });
    window.captions = new Captions(log, announcer, (...given) => board.push(given));
}"""


@pytest.fixture(scope="module")
@needing("browser")
def sources(playwright: Playwright) -> Iterator[Page]:
    with developing() as url, browsing(playwright, graphics=False) as browser, blank(browser, url) as page:
        yield page


@pytest.fixture
def page(sources: Page) -> Page:
    sources.evaluate(BEGIN)
    return sources


def say(page: Page, text: str, start: int, words: list[tuple[int, str]]) -> None:
    caption = {"turn": "t", "speaker": "avatar", "text": text, "final": True, "start": start, "words": words}
    page.evaluate("(caption) => captions.caption(caption)", caption)


def heard(page: Page, position: float) -> tuple[str, str]:
    """What is lit of the answer when so much of it was heard, and what stands there dimmed."""
    text, coming = page.evaluate(
        """(position) => {
            captions.heard({ turn: "t", position });
            const line = document.querySelector(".avatar");
            const coming = line.querySelector(".coming")?.textContent ?? "";
            return [line.textContent.slice(0, line.textContent.length - coming.length), coming];
        }""",
        position,
    )
    return text.removeprefix("Avatar: "), coming


def answered(page: Page, said: str, fate: str) -> None:
    over = {"turn": "t", "fate": fate, "heard": "A story", "said": said, "latency": None, "error": ""}
    page.evaluate("(over) => captions.answered(over)", over)


def test_words_are_lit_as_they_are_heard_and_cut_where_they_were(page: Page) -> None:
    say(page, "Go home, ", 0, [(100, "Go"), (400, " home,")])
    say(page, "it rains.", 800, [(900, " it"), (1000, " rains.")])
    assert heard(page, 0) == ("", "Go home,")
    assert heard(page, 100) == ("Go", " home,")
    assert heard(page, 799.9) == ("Go home,", "")
    assert heard(page, 800) == ("Go home,", " it rains.")
    assert heard(page, 950) == ("Go home, it", " rains.")
    assert heard(page, 899) == ("Go home, it", " rains."), "what is said again was heard"
    assert page.evaluate("board.at(-1)") == ["avatar", "Go home, it", " rains."]
    assert page.evaluate("announced") == [], "words that come one by one cannot be followed"
    answered(page, "Go home, it", "interrupted")
    assert page.text_content(".avatar") == "Avatar: Go home, it (interrupted)"
    assert page.evaluate("board.at(-1)") == ["avatar", "Go home, it", ""]
    page.wait_for_function("announced.length")
    assert page.evaluate("announced") == ["Avatar: Go home, it"]


def test_chinese_is_lit_character_by_character(page: Page) -> None:
    say(page, "你好，世界。", 0, [(0, "你"), (200, "好，"), (400, "世"), (600, "界。")])
    assert heard(page, 250) == ("你好，", "世界。")
    assert heard(page, 900) == ("你好，世界。", "")


def test_the_line_that_is_heard_is_in_sight(page: Page) -> None:
    page.evaluate(
        "document.getElementById('log').style = 'width: 200px; height: 70px; overflow: auto; line-height: 20px'"
    )
    words = [(100 * place, f" word{place}") for place in range(60)]
    say(page, "".join(word for _, word in words), 0, words)
    for position in range(0, 5900, 300):
        heard(page, position)
        page.evaluate(
            "() => captions.action({ turn: 't', kind: 'wave', args: {} })"
        )  # what comes below pulls nothing away
        above, below = page.evaluate(
            """() => {
                const [next] = document.querySelector(".coming").getClientRects();
                const log = document.getElementById("log").getBoundingClientRect();
                return [next.top - log.top, log.bottom - next.bottom];
            }"""
        )
        assert above >= 0, position
        assert below >= 0, position


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("|one two three", ["|one two", "|three"]),
        ("one| two three", ["one| two", "|three"]),
        ("one two| three", ["one two|", "|three"]),
        ("你好，世|界。你好，世界。", ["你好，世|界。你", "|好，世界。"]),
        ("a b| c d e f g h i j k l m n o p q r s t", ["a b| c d", "|e f g h", "|i j k l", "|m n o p"]),
        ("a b c d e f g h i| j k l m n o p q r s t", ["a b c d|", "e f g h|", "i| j k l", "|m n o p"]),
        ("a b c d e f g h i j k l m| n o p q r s t", ["e f g h|", "i j k l|", "m| n o p", "|q r s t"]),
        ("a b c d e f g h i j k l m n o p q r s t|", ["e f g h|", "i j k l|", "m n o p|", "q r s t|"]),
    ],
)
def test_the_board_has_room_for_what_is_said_and_the_line_behind(page: Page, text: str, lines: list[str]) -> None:
    shown = page.evaluate(
        """async ([said, coming]) => {
            const { parted, roomFor, wrapped } = await import("/src/avatar/board.ts");
            return roomFor(parted(wrapped(said + coming, (line) => line.length <= 7), said));
        }""",
        text.split("|"),
    )
    assert ["|".join(line) for line in shown] == lines

"""The page in a browser, against a real server: what a user sees, hears and does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, WebSocketRoute, expect
from support.pages import DESKTOP, NARROW, browsing, opened, recording, serving, write_microphone
from support.reading import read_speech, word_error_rate
from support.waves import silence

from pipeline.devices.files.decoding import read

SAMPLES = Path(__file__).parents[3] / "audio_samples"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Its microphone asks where the user is."""
    question = read(SAMPLES / "where.wav")
    path = tmp_path_factory.mktemp("microphone") / "where.wav"
    microphone = write_microphone(path, silence(1.0), question, silence(30.0))  # a cold browser misses its beginning
    with browsing(playwright, microphone=microphone, graphics=False) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    with opened(browser, url, viewport=DESKTOP, color_scheme="dark") as page:
        yield page


def state(page: Page, state: str) -> None:
    page.wait_for_selector(f"body[data-state={state}]")


def heard(page: Page, milliseconds: int) -> None:
    """Wait until so much of the answer was heard."""
    page.wait_for_function("(position) => parley.heard()?.position > position", arg=milliseconds)


LIT = """() => {
    window.lit = [];
    new MutationObserver(() => {
        const line = document.querySelector(".turn:last-child .avatar");
        const dimmed = line?.querySelector(".coming");
        if (dimmed) lit.push(line.textContent.slice(0, -dimmed.textContent.length));
    }).observe(document.getElementById("captions"), { childList: true, subtree: true });
}"""
"""Notes what is lit of the answer, as long as more is to come of it."""


@pytest.mark.model
def test_a_question_is_spoken_and_its_answer_heard(page: Page) -> None:
    page.evaluate(LIT)
    with recording(page) as recorded:
        page.locator("#talk").hover()
        page.mouse.down()
        state(page, "listening")
        expect(page.locator(".user")).to_contain_text("Where am I?")
        page.mouse.up()
        state(page, "speaking")
        expect(page.locator("#state")).to_have_text("Speaking")
        state(page, "idle")
    said = page.inner_text(".avatar").removeprefix("Avatar:")
    assert "plaza" in said
    assert word_error_rate(said, read_speech(recorded(), 16_000)) <= 0.05
    lit = [each.removeprefix("Avatar: ").strip() for each in page.evaluate("lit")]
    assert all(said.strip().startswith(each) for each in lit)
    assert [each for each in lit if not each.endswith(".")], "words come one by one, not by sentences"
    assert float(page.inner_text("#latency").removesuffix(" s")) < 10


def test_hands_free_needs_no_key(page: Page) -> None:
    page.keyboard.press("h")
    expect(page.locator("#hands-free")).to_have_attribute("aria-checked", "true")
    expect(page.locator(".user")).to_contain_text("Where am I?")
    state(page, "speaking")
    page.keyboard.press("h")
    expect(page.locator("#hands-free")).to_have_attribute("aria-checked", "false")


def test_sound_that_the_browser_holds_back_comes_with_a_key(page: Page) -> None:
    page.evaluate("() => parley.speaker.context.suspend()")
    page.evaluate("() => parley.say('Where am I?')")
    expect(page.locator("#notices")).to_contain_text("holds the sound back")
    page.keyboard.press("Shift")
    expect(page.locator("#notices")).not_to_contain_text("holds the sound back")
    heard(page, 0)


def test_what_is_typed_is_answered(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("Where am I?")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator(".user")).to_contain_text("Where am I?")
    heard(page, 500)  # milliseconds: of what nobody heard there is nothing to cut
    page.keyboard.press("Escape")  # an answer is stopped by it
    expect(page.locator(".cut")).to_be_visible()
    state(page, "idle")


def ask(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.press("#text", "Enter")


def test_the_keyboard_talks_and_reaches_everything(page: Page) -> None:
    page.keyboard.down("Space")
    state(page, "listening")
    expect(page.locator("#talk")).to_have_attribute("aria-pressed", "true")
    page.keyboard.up("Space")
    expect(page.locator("#talk")).to_have_attribute("aria-pressed", "false")
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert reached >= {"theme", "open-settings", "hands-free", "talk", "mute", "volume", "text"}
    page.focus("#talk")
    page.keyboard.down("Enter")
    state(page, "listening")
    page.keyboard.up("Enter")
    page.focus("#mute")
    page.keyboard.press("Space")  # a button's own key: it is not talk
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("parley.key") == "up"


def test_every_control_has_a_name(page: Page) -> None:
    page.click("#open-settings")
    for part in ("body", "#settings"):
        lines = page.locator(part).aria_snapshot().splitlines()
        controls = [
            line for line in lines if re.match(r"\s*- (button|textbox|slider|combobox|switch|img|dialog)", line)
        ]
        assert controls
        assert not [line for line in controls if '"' not in line]


def test_a_line_that_is_cut_in_mid_answer_comes_back_and_the_answer_goes_on(browser: Browser, url: str) -> None:
    page = browser.new_context().new_page()
    lines: list[WebSocketRoute] = []
    down = False

    def through(line: WebSocketRoute) -> None:
        if down:
            line.close()
        else:
            line.connect_to_server()
            lines.append(line)

    page.route_web_socket(re.compile("/parley$"), through)
    page.goto(url)
    page.wait_for_selector("body[data-line=open]")
    ask(page, "Where am I?")
    heard(page, 1500)
    down = True
    lines[0].close()
    expect(page.locator("#state")).to_have_text("No connection")
    expect(page.locator("#notices")).to_contain_text("The line is lost")
    page.wait_for_function("() => parley.heard() === null")
    page.wait_for_timeout(500)
    down = False
    page.wait_for_selector("body[data-line=open]")
    expect(page.locator("#notices")).to_contain_text("Connected again")
    heard(page, 1000)
    state(page, "idle")
    assert "garden" in page.inner_text(".avatar")
    page.reload()
    expect(page.locator(".avatar")).to_contain_text("garden")  # the session, and its history
    page.context.close()


def test_a_session_is_in_one_window_at_a_time(browser: Browser, url: str) -> None:
    with opened(browser, url) as first:
        ticket = json.dumps(first.evaluate("sessionStorage.getItem('parley.ticket')"))
        second = first.context.new_page()
        second.add_init_script(f"sessionStorage.setItem('parley.ticket', {ticket})")
        second.goto(url)
        expect(first.locator("#notices")).to_contain_text("goes on in another window")
        first.get_by_role("button", name="Continue here").click()
        expect(second.locator("#notices")).to_contain_text("goes on in another window")
        first.wait_for_selector("body[data-line=open]")


def test_a_session_that_is_over_gives_way_to_a_new_one(page: Page) -> None:
    page.add_init_script("""sessionStorage.setItem("parley.ticket", '{"session": "gone", "key": "gone"}')""")
    page.reload()
    page.wait_for_selector("body[data-line=open]")
    assert "gone" not in page.evaluate("sessionStorage.getItem('parley.ticket')")


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--use-fake-device-for-media-stream", "--deny-permission-prompts"], "is blocked"), ([], "was found")],
)
def test_without_a_microphone_the_page_says_what_to_do(
    playwright: Playwright, url: str, options: list[str], words: str
) -> None:
    with browsing(playwright, *options, graphics=False) as browser, opened(browser, url) as page:
        page.locator("#talk").click()
        expect(page.get_by_text(f"microphone {words}")).to_be_visible()
        assert page.evaluate("parley.key") == "up"
        ask(page, "Where am I?")
        expect(page.locator(".user")).to_contain_text("Where am I?")


def test_a_token_leaves_the_address_bar(browser: Browser, url: str) -> None:
    with opened(browser, f"{url}#token=abc.def") as page:
        assert page.url == url
        assert page.evaluate("sessionStorage.getItem('parley.token')") == "abc.def"


def test_the_page_asks_no_other_host(browser: Browser, url: str) -> None:
    page = browser.new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    page.wait_for_selector("body[data-line=open]")
    page.wait_for_load_state("networkidle")
    assert len(asked) > 3
    assert all(each.startswith((url, "blob:")) for each in asked)
    page.context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, NARROW, {"width": 740, "height": 360}])
def test_everything_fits(browser: Browser, url: str, viewport: Any) -> None:
    with opened(browser, url, viewport=viewport, locale="zh-CN") as page:
        ask(page, "Where am I?")
        expect(page.locator(".user")).to_contain_text("Where am I?")
        width, height = viewport["width"], viewport["height"]
        for control in page.locator("button:visible, input:visible").all():
            box = control.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["y"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
        assert page.evaluate("document.documentElement.lang") == "zh"

"""The interface, driven by keys in a simulated room: what a user sees and what the avatar gets."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from support.dialogues import exchanges
from textual.events import Key

from models.dialogue import Exchange
from models.protocols import Action, Intent, Outcome
from pipeline.cli.terminal.talk_app import TalkApp
from pipeline.devices.card.player import Player
from pipeline.errors import MediaError
from pipeline.runtime.session import Session
from pipeline.runtime.turn_taking.conversation import Conversation
from pipeline.runtime.turn_taking.floor import Floor
from pipeline.testing import (
    Room,
    ScriptedIntents,
    ScriptedRecogniser,
    ScriptedTasks,
    ScriptedVoice,
    run,
    scripted_graph,
)

PATIENCE = 40.0
CELL = 12.2
"""Width of a letter in the pictures that Textual exports."""
LONG = "We walk to the market and then along the river to the library."
PRICE = "A lantern costs five coins."


class Scene:
    """An app, a room in which it runs, and a hand on its keys."""

    def __init__(self, app: TalkApp, conversation: Conversation, room: Room) -> None:
        self.app, self.conversation, self.room = app, conversation, room

    @property
    def history(self) -> list[Exchange]:
        return exchanges(self.conversation.session.dialogue)

    def screen(self) -> str:
        """What a person reads, line by line."""
        found = re.findall(r'<text[^>]*x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', self.app.export_screenshot())
        lines: dict[float, str] = {}
        for x, y, text in sorted(found, key=lambda item: (float(item[1]), float(item[0]))):
            column = round(float(x) / CELL)
            lines[float(y)] = lines.get(float(y), "").ljust(column) + html.unescape(text).replace("\xa0", " ")
        return "\n".join(lines.values())

    async def until(self, pattern: str) -> str:
        """Wait until the screen shows that; the screen."""
        return await self.see(lambda screen: bool(re.search(pattern, screen, re.DOTALL)), pattern)

    async def see(self, expected: Callable[[str], bool], what: str) -> str:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not expected(screen := self.screen()):
            assert asyncio.get_running_loop().time() < deadline, f"no {what!r} on the screen:\n{screen}"
            await asyncio.sleep(0.1)  # a picture takes long, and the app needs the time
        return screen

    async def type(self, text: str) -> None:
        await self.press(*("space" if letter == " " else letter for letter in text), "enter")

    async def press(self, *keys: str) -> None:
        """Press keys as fast as somebody types; Textual's pilot waits for an idle process, and a room is never idle."""
        for key in keys:
            character = " " if key == "space" else key if len(key) == 1 else None
            self.app.post_message(Key(key, character))
            await asyncio.sleep(0.02)


@asynccontextmanager
async def scene(
    size: tuple[int, int] = (80, 24), hands_free: bool = False, recogniser: ScriptedRecogniser | None = None
) -> AsyncIterator[Scene]:
    outcomes = [
        Outcome("walk", "done", LONG, actions=(Action("navigate", {"place": "library"}),)),
        Outcome("price", "done", PRICE),
    ]
    graph = scripted_graph(
        "assistant",
        ["turns.filler=off", "turns.idle=off"],
        engines={
            "asr": recogniser or ScriptedRecogniser(),
            "intent": ScriptedIntents({"library": Intent("walk", {"place": "library"}), "lantern": Intent("price")}),
            "task": ScriptedTasks(outcomes, looks=["price"]),
            "tts": ScriptedVoice(),
        },
    )
    await graph.load()
    player = Player(48_000)
    conversation = Conversation(
        Session(graph, "test"), Floor(graph, "hands-free" if hands_free else "push-to-talk"), player
    )
    async with Room(player) as room:
        app = TalkApp(conversation, lambda: conversation.run(room.microphone()))
        async with app.run_test(size=size):
            yield Scene(app, conversation, room)
    await graph.close()


def test_the_first_screen_says_what_to_do() -> None:
    async def main() -> None:
        async with scene() as seen:
            await seen.until(
                "Parley assistant +○ idle +mic.*Hold space and speak.*space talk  tab type  esc interrupt  .q quit"
            )
        async with scene(hands_free=True) as seen:
            assert "Hold space" not in await seen.until("Just speak")

    run(main())


def test_a_typed_line_is_answered_word_by_word() -> None:
    async def main() -> None:
        async with scene() as seen:
            await seen.type("take me to the library")
            await seen.see(lambda screen: "▶ speaking" in screen and "Hold space" not in screen, "speaking, no hints")
            await seen.until("you +take me to the library.*walk place=library → done, navigate.*avatar +We walk")
            await seen.see(lambda _: 0 < len(seen.conversation.sink.heard()) < len(LONG), "some words heard")
            await seen.until("○ idle")
            assert [exchange.said for exchange in seen.history] == [LONG]

    run(main())


def test_space_talks_and_the_wait_is_drawn() -> None:
    async def main() -> None:
        async with scene() as seen:
            await seen.press("space")
            await seen.until("● listening")
            end = seen.room.say("how much is a lantern?")
            await seen.room.until(end)
            await seen.until("you +how much is a .*…")  # a caption, while the user still holds the floor
            await seen.press("space")
            await seen.until("you +how much is a lantern\\?.*price → done.*avatar +A lantern costs five coins")
            screen = await seen.until(r"\d+ ms to the first sound")
            for step in ("listening", "asr", "intent", "task", "response", "tts", "playback"):
                assert re.search(rf"{step} .*[━╸╺].* ms", screen), screen

    asyncio.run(main())  # what is drawn are real milliseconds


def test_hands_free_needs_no_key() -> None:
    async def main() -> None:
        async with scene(hands_free=True) as seen:
            seen.room.say("how much is a lantern?", at=0.3)
            await seen.until("avatar +A lantern costs five coins")

    run(main())


def test_escape_interrupts_and_history_holds_what_was_heard() -> None:
    async def main() -> None:
        async with scene() as seen:
            await seen.type("take me to the library")
            await seen.see(lambda _: "the" in seen.conversation.sink.heard(), "a few words")
            await seen.press("escape")
            screen = await seen.until("avatar +We walk.*— interrupted")
            assert "library." not in screen.partition("avatar")[2].partition("interrupted")[0]
            assert seen.history[0].interrupted
            assert LONG.startswith(seen.history[0].said)
            await seen.until("○ idle")

    run(main())


def test_a_turn_that_fails_is_one_line_and_the_next_is_answered() -> None:
    async def main() -> None:
        broken = ScriptedRecogniser(faults=[RuntimeError("the microphone\nhas a cold")] * 9)
        async with scene(recogniser=broken) as seen:
            await seen.press("space")
            end = seen.room.say("how much is a lantern?")
            await seen.room.until(end + 0.2)
            await seen.press("space")
            screen = await seen.until("✗ ")
            assert "has a cold" not in screen
            await seen.type("how much is a lantern?")
            await seen.until("avatar +A lantern costs five coins")

    run(main())


def test_escape_leaves_the_line_and_letters_enter_it() -> None:
    async def main() -> None:
        async with scene() as seen:
            await seen.press("a", "space", "b")
            await seen.until("› a b")
            await seen.press("escape")
            await seen.see(lambda _: not seen.app.line.has_focus, "line left")
            await seen.press("space")
            await seen.until("● listening")
            await seen.press("space", "tab")
            await seen.see(lambda _: seen.app.line.has_focus, "line entered")
            await seen.press("c")
            await seen.until("› a bc")

    run(main())


def test_notices_stay_until_they_are_over() -> None:
    async def main() -> None:
        async with scene() as seen:
            seen.app.show_notice("microphone", "waiting for the microphone [usb]")
            seen.app.show_notice("loudspeaker", "waiting for the loudspeaker")
            await seen.until(r"! waiting for the microphone \[usb\].*! waiting for the loudspeaker")
            seen.app.show_notice("microphone", None)
            await seen.see(lambda screen: "[usb]" not in screen and "! waiting for the loud" in screen, "one notice")

    run(main())


@pytest.mark.parametrize("size", [(40, 10), (60, 20), (80, 24), (160, 50)])
def test_every_size_shows_the_talk_and_the_keys(size: tuple[int, int]) -> None:
    async def main() -> None:
        async with scene(size) as seen:
            await seen.type("how much is a lantern?")
            screen = await seen.until("avatar +A lantern costs.*○ idle|○ idle.*avatar +A lantern costs")
            assert "interrupt" in screen or "send" in screen
            assert max(map(len, screen.splitlines())) <= size[0]
            assert ("ms to the first sound" in screen) is (size[1] >= 18)

    run(main())


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
def test_quitting_in_mid_answer_leaves_nothing_behind(key: str) -> None:
    async def main() -> None:
        async with scene() as seen:
            await seen.type("take me to the library")
            await seen.until("▶ speaking")
            await seen.press(key)

    run(main())


def test_what_ends_the_conversation_ends_the_app_and_is_told() -> None:
    async def main() -> None:
        graph = scripted_graph("captions")
        conversation = Conversation(Session(graph, "test"), Floor(graph), Player(48_000))

        async def fail() -> None:
            raise MediaError("the microphone is on fire")

        with pytest.raises(MediaError, match="on fire"):
            await TalkApp(conversation, fail).talk(headless=True)

    run(main())

"""Draws the picture of the README: ``PYTHONPATH=.:tests python tests/support/talk_picture.py docs/talk.svg``.

The real graph answers real recordings in a simulated room; the picture is taken in the middle of an answer."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from support.sessions import spoken

from pipeline.cli.terminal.talk_app import TalkApp
from pipeline.devices.card.player import Player
from pipeline.graph.build import open_graph
from pipeline.runtime.record import State
from pipeline.runtime.session import Session
from pipeline.runtime.turn_taking.conversation import Conversation
from pipeline.runtime.turn_taking.floor import Floor
from pipeline.testing import Room

AUDIBLE, TAIL = 0.02, 4000
"""Full scale is 1; samples behind the last word, in which a user lets the key go."""
SIZE = (112, 24)


async def until(happened: Callable[[], bool]) -> None:
    """Wait until it has happened."""
    while not happened():  # noqa: ASYNC110  nothing tells when a word is heard
        await asyncio.sleep(0.02)


async def picture() -> str:
    """As SVG."""
    graph = open_graph("assistant", ["stages.task.with.world=:memory:"])
    await graph.load()
    player = Player(48_000)
    session = Session(graph, "picture")
    conversation = Conversation(session, Floor(graph), player)
    async with Room(player) as room:
        app = TalkApp(conversation, lambda: conversation.run(room.microphone()))
        async with app.run_test(size=SIZE) as pilot:

            async def ask(name: str) -> None:
                sound = await spoken(name)
                words = np.flatnonzero(np.abs(sound) > AUDIBLE)
                await pilot.press("space")
                await room.until(room.say(sound[: words[-1] + TAIL]))
                await pilot.press("space")

            async def heard(words: int) -> None:
                await until(lambda: session.state is State.SPEAKING and len(player.heard().split()) >= words)

            await ask("price.flac")
            await heard(1)
            await until(lambda: session.state is State.IDLE)
            await ask("inventory.wav")
            await heard(3)
            await ask("story.m4a")
            await heard(9)
            await asyncio.sleep(0.2)
            drawn = app.export_screenshot()
    await graph.close()
    # Fonts are the reader's own: a picture asks no host for anything.
    return re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(asyncio.run(picture()), encoding="utf-8")

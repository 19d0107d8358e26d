"""Lets a language model read what the user has said so far, so that the answer need not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from pipeline.stages.stage import Turn


class ReadingAhead:
    """Reads the words of one turn ahead, one piece after another.

    Every piece is read, in its order, before the answer begins, however quickly the pieces come: reading a prompt in
    other pieces rounds differently, and a replay has to come to the same answer."""

    def __init__(
        self, read: Callable[[str, Turn], Coroutine[Any, Any, None]], is_wanted: Callable[[str, Turn], bool]
    ) -> None:
        """`read` reads words, and `is_wanted` tells whether they are worth it."""
        self._read, self._is_wanted, self._words = read, is_wanted, ""
        self._task: asyncio.Task[None] | None = None

    def hear(self, words: str, turn: Turn) -> None:
        """Let the words be read after those before, unless they are the same."""
        if words != self._words and self._is_wanted(words, turn):
            self._words = words
            self._task = asyncio.create_task(self._after(self._task, words, turn))

    async def end(self, *, wanted: bool) -> None:
        """Wait until all is read if it is `wanted`; otherwise stop reading."""
        task, self._task = self._task, None
        if task is None:
            return
        if not wanted:
            task.cancel()
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()

    async def _after(self, earlier: asyncio.Task[None] | None, words: str, turn: Turn) -> None:
        if earlier is not None:
            await earlier
        await self._read(words, turn)

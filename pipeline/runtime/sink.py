"""The sinks in which answers are heard and seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol


class Sink(Protocol):
    """A loudspeaker, a file or a client, which plays one answer at a time.

    All methods but `play` return at once, and may be called at any time; before the first answer they do nothing. A
    sink that cannot be paused while it plays, such as a file, subclasses this one and defines only `play` and
    `heard`."""

    async def play(self, packets: AsyncIterator[Any]) -> None:
        """Play the packets of the graph's outputs, and return when the last was heard. Packets of unknown types are
        ignored. Where it is cancelled, `heard` stays as it is."""
        ...

    def pause(self) -> None:
        """Fall silent at once, and keep the rest."""
        return

    def resume(self) -> None:
        """Go on at the beginning of the word that the pause cut."""
        return

    def hush(self) -> None:
        """Fall silent at once, and drop the rest."""
        return

    def heard(self) -> str:
        """Return the words of the latest answer that were heard, including the word that was cut."""
        ...

    def sounded(self) -> float | None:
        """Return the event loop's time at which the first audible sample of the latest answer was heard; None
        before."""
        return None

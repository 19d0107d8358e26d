"""Where answers are heard and seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol


class Sink(Protocol):
    """A loudspeaker, a file or a client; it plays one answer at a time.

    All but `play` return at once, and may be called at any time; before the first answer they do nothing. Subclass it
    for one that nobody listens to while it plays: then only `play` and `heard` are left to write."""

    async def play(self, packets: AsyncIterator[Any]) -> None:
        """Play the packets of the graph's outputs; returns when the last was heard. It passes over what it does not
        know. Cancelled, it keeps `heard` as it is."""
        ...

    def pause(self) -> None:
        """Be silent at once, and keep what is left."""
        return

    def resume(self) -> None:
        """Go on at the beginning of the word that the pause cut."""
        return

    def hush(self) -> None:
        """Be silent at once; what was not heard yet never is."""
        return

    def heard(self) -> str:
        """The words of the latest answer that were heard, to the one that was playing when it was cut."""
        ...

    def sounded(self) -> float | None:
        """When the first audible sample of the latest answer was heard, in the event loop's time; None before it."""
        return None

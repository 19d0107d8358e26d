"""Shows an avatar's face on displays during a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from random import Random
from typing import Any

from pipeline.devices.face.face import AT_REST, Face, Timeline
from pipeline.devices.face.osc import Display, open_display
from pipeline.runtime.record import Observer, Record, State
from pipeline.runtime.session import Session

RATE = 60
"""How many times a second the face is shown."""


class AvatarDisplay(Observer):
    """An observer that sets a face by a session's state and by the answer that is played."""

    def __init__(self, random: Random) -> None:
        self.face = Face(random)
        self._answers: dict[str, Timeline] = {}

    def state(self, state: State, at: float) -> None:
        self.face.state = state.value

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        self._answers.setdefault(turn, Timeline()).take(packet)

    def plays(self, turn: str, at: float) -> None:
        self.face.begin(self._answers.setdefault(turn, Timeline()))

    def ended(self, record: Record, at: float) -> None:
        self._answers.pop(record.turn, None)  # the face keeps the one that it shows


@asynccontextmanager
async def display_avatar(
    session: Session, position: Callable[[], float | None], displays: Sequence[Display], random: Random | None = None
) -> AsyncIterator[None]:
    """Show the face of the session's avatar on `displays` until the context is left. They are left with a face at rest.

    `position` gives the place in the answer that is heard now, such as `Player.position`."""
    avatar = AvatarDisplay(random or Random())  # noqa: S311  blinks are no secret
    session.observers.append(avatar)
    showing = asyncio.create_task(_show(avatar.face, position, displays))
    try:
        yield
    finally:
        session.observers.remove(avatar)
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing
        for display in displays:
            display.show(AT_REST, asyncio.get_running_loop().time())


@contextmanager
def open_displays(wanted: Iterable[str]) -> Iterator[Sequence[Display]]:
    """The displays that ``KIND[:HOST[:PORT]]`` name; leaving closes them. Raises PipelineError."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(open_display(each))) for each in wanted]


async def _show(face: Face, position: Callable[[], float | None], displays: Sequence[Display]) -> None:
    time = asyncio.get_running_loop().time
    due = time()
    while True:
        now = time()
        shown = face.at(now, position())
        for display in displays:
            display.show(shown, now)
        due = max(due + 1 / RATE, now)  # a picture that was missed is not shown later
        await asyncio.sleep(due - now)
